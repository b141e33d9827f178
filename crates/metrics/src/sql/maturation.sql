-- maturation: how many leads were followed from which age to which, and whether they were set (spec chapter 3).
-- Age is in calendar days of the client's zone since the lead was delivered, else entered. A lead begun on or
-- before the client's first snapshot enters at its age then, and is left out if it was set in that snapshot
-- already: its age at setting is not known.
WITH begun AS (
    SELECT
        f.client_id,
        coalesce(CAST(l.delivered_local AS DATE), f.entry_date) AS begun,
        f."set",
        f.first_set_snapshot,
        c.first_snapshot_at,
        CAST(c.first_snapshot_at AS DATE) AS first_day,
        CAST(CASE WHEN f."set" THEN f.first_set_snapshot ELSE c.last_snapshot_at END AS DATE) AS left_on
    FROM (SELECT * FROM fact_lead_outcome WHERE in_scope AND {predicate}) f
    JOIN dim_lead l ON l.lead_key = f.lead_key
    JOIN dim_client c ON c.client_id = f.client_id
    WHERE c.last_snapshot_at IS NOT NULL
),
observed AS (
    SELECT
        client_id,
        to_char(begun, '%Y-%m') AS month,
        CASE WHEN begun <= first_day THEN CAST(first_day AS INT) - CAST(begun AS INT) ELSE 0 END AS entered_at,
        greatest(CAST(left_on AS INT) - CAST(begun AS INT), 0) AS left_at,
        "set"
    FROM begun
    WHERE begun IS NOT NULL AND NOT (begun <= first_day AND "set" AND first_set_snapshot <= first_snapshot_at)
)
SELECT client_id, month, entered_at, left_at, "set", count(*) AS leads
FROM observed
GROUP BY client_id, month, entered_at, left_at, "set"
