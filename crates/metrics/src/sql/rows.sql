-- rows: kept rows of all snapshots, and those whose own cells say set, and set and demo. For
-- reconciliation with the old report only: a lead that appears in 22 snapshots is counted 22 times.
SELECT
    CAST(coalesce(sum(kept), 0) AS BIGINT) AS delivered,
    CAST(coalesce(sum(rows_set), 0) AS BIGINT) AS "set",
    CAST(coalesce(sum(rows_set_and_demo), 0) AS BIGINT) AS demos
FROM dim_snapshot
