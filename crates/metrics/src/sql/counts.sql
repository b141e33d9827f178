    count(*) AS delivered,
    count(*) FILTER (WHERE matched) AS matched,
    count(*) FILTER (WHERE "set") AS "set",
    count(*) FILTER (WHERE demo) AS demos,
    count(*) FILTER (WHERE sold) AS sold,
    CAST(sum(price) AS DOUBLE) AS "cost",
    -- told by the latest state alone: null where it was not reached yet
    CASE WHEN coalesce(bool_and(settled), true) THEN count(*) FILTER (WHERE disqualified) END AS disqualified,
    CASE WHEN coalesce(bool_and(settled), true) THEN count(*) FILTER (WHERE set_inferred) END AS set_inferred,
    CASE WHEN coalesce(bool_and(settled), true) THEN count(*) FILTER (WHERE appointment) END AS appointments,
    CASE WHEN coalesce(bool_and(settled), true) THEN count(*) FILTER (WHERE cancelled) END AS cancelled,
    CASE WHEN coalesce(bool_and(settled), true) THEN count(*) FILTER (WHERE net_sold) END AS net_sold
