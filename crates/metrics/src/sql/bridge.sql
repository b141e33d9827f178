-- bridge: by how much each cause moved the counts between two runs.
{compared}
SELECT
    client_id,
    cause,
    sum(CAST(now_delivered AS BIGINT) - CAST(was_delivered AS BIGINT)) AS delivered,
    sum(CAST(now_matched AS BIGINT) - CAST(was_matched AS BIGINT)) AS matched,
    sum(CAST(now_set AS BIGINT) - CAST(was_set AS BIGINT)) AS "set",
    sum(CAST(now_demo AS BIGINT) - CAST(was_demo AS BIGINT)) AS demos,
    sum(CAST(now_sold AS BIGINT) - CAST(was_sold AS BIGINT)) AS sold
FROM compared
GROUP BY client_id, cause
ORDER BY client_id, cause
