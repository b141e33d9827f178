-- reached: the leads in scope by when they were delivered and by which snapshot they had reached what.
SELECT
    client_id,
    delivered_at,
    first_matched_snapshot,
    first_set_snapshot,
    first_demo_snapshot,
    first_sold_snapshot,
    count(*) AS leads,
    CAST(sum(price) AS DOUBLE) AS "cost"
FROM fact_lead_outcome
WHERE in_scope AND {predicate}
GROUP BY
    client_id, delivered_at, first_matched_snapshot, first_set_snapshot, first_demo_snapshot, first_sold_snapshot
