-- overall: sums over the fact, at the grain of a lead, over the leads in scope (spec chapter 3).
SELECT
    count(*) AS delivered,
    count(*) FILTER (WHERE disqualified) AS disqualified,
    count(*) FILTER (WHERE set_inferred) AS set_inferred,
    count(*) FILTER (WHERE matched) AS matched,
    count(*) FILTER (WHERE "set") AS "set",
    count(*) FILTER (WHERE appointment) AS appointments,
    count(*) FILTER (WHERE demo) AS demos,
    count(*) FILTER (WHERE sold) AS sold,
    count(*) FILTER (WHERE cancelled) AS cancelled,
    count(*) FILTER (WHERE net_sold) AS net_sold,
    CAST(sum(price) AS DOUBLE) AS "cost"
FROM fact_lead_outcome
WHERE in_scope
