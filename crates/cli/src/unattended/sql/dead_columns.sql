-- Columns that are dead in their client's latest snapshot, the file since which they are, and what they held before.
--
-- Snapshots of under 50 rows are not judged (spec 1.9) and neither open nor close anything.
WITH judged AS (
    SELECT client_id, snapshot_no, file, "column", kept, informative, dead
    FROM column_health
    WHERE kept >= 50 AND present
),

latest AS (
    SELECT client_id, max(snapshot_no) AS snapshot_no
    FROM column_health
    WHERE kept >= 50
    GROUP BY client_id
),

alive AS (
    SELECT client_id, "column", max(snapshot_no) AS snapshot_no
    FROM judged
    WHERE NOT dead
    GROUP BY client_id, "column"
),

since AS (
    SELECT j.client_id, j."column", min(j.snapshot_no) AS snapshot_no
    FROM judged j
    JOIN alive a ON a.client_id = j.client_id AND a."column" = j."column"
    WHERE j.dead AND j.snapshot_no > a.snapshot_no
    GROUP BY j.client_id, j."column"
)

SELECT n.client_id, n."column", first_dead.file, before.kept, before.informative
FROM judged n
JOIN latest l ON l.client_id = n.client_id AND l.snapshot_no = n.snapshot_no
JOIN since s ON s.client_id = n.client_id AND s."column" = n."column"
JOIN judged first_dead
    ON first_dead.client_id = s.client_id
    AND first_dead."column" = s."column"
    AND first_dead.snapshot_no = s.snapshot_no
JOIN alive a ON a.client_id = n.client_id AND a."column" = n."column"
JOIN judged before
    ON before.client_id = a.client_id
    AND before."column" = a."column"
    AND before.snapshot_no = a.snapshot_no
WHERE n.dead
ORDER BY n.client_id, n."column"
