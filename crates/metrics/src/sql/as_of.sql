-- as_of: the leads in scope that had been delivered by a moment, with what had been reached by then, by today's
-- links (spec chapter 3). A lead without a delivery time always counts as delivered.
SELECT
    f.* REPLACE (
        f.matched AND f.first_matched_snapshot <= m.at AS matched,
        f."set" AND f.first_set_snapshot <= m.at AS "set",
        f.demo AND f.first_demo_snapshot <= m.at AS demo,
        f.sold AND f.first_sold_snapshot <= m.at AS sold
    ),
    m.settled
FROM (SELECT * FROM fact_lead_outcome WHERE in_scope AND {predicate}) f
JOIN moment m ON m.client_id = f.client_id
WHERE f.delivered_at IS NULL OR f.delivered_at <= m.instant
