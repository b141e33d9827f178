-- counts: sums over leads `f`, of what chapter 3 counts; a part of segment.sql.
    count(*) AS delivered,
    count(*) FILTER (WHERE f.matched) AS matched,
    count(*) FILTER (WHERE f."set") AS "set",
    count(*) FILTER (WHERE f.demo) AS demos,
    count(*) FILTER (WHERE f.sold) AS sold,
    CAST(sum(f.price) AS DOUBLE) AS "cost",
    -- told by the latest state alone: null where it was not reached yet
    CASE WHEN coalesce(bool_and(f.settled), {settled}) THEN count(*) FILTER (WHERE f.disqualified) END AS disqualified,
    CASE WHEN coalesce(bool_and(f.settled), {settled}) THEN count(*) FILTER (WHERE f.set_inferred) END AS set_inferred,
    CASE WHEN coalesce(bool_and(f.settled), {settled}) THEN count(*) FILTER (WHERE f.appointment) END AS appointments,
    CASE WHEN coalesce(bool_and(f.settled), {settled}) THEN count(*) FILTER (WHERE f.cancelled) END AS cancelled,
    CASE WHEN coalesce(bool_and(f.settled), {settled}) THEN count(*) FILTER (WHERE f.net_sold) END AS net_sold
