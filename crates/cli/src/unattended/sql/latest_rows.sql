-- Rows kept of each client's latest snapshot, and of the one before.
SELECT client_id, file, kept, before
FROM (
    SELECT
        client_id,
        file,
        kept,
        lag(kept) OVER (PARTITION BY client_id ORDER BY snapshot_no) AS before,
        row_number() OVER (PARTITION BY client_id ORDER BY snapshot_no DESC) AS place
    FROM dim_snapshot
) AS numbered
WHERE place = 1 AND before IS NOT NULL
ORDER BY client_id
