-- claims/summary: how many claims of each kind and verdict, of how many leads, and what those cost. A lead
-- that two records make the same claim of was paid for once.
SELECT
    claim,
    verdict,
    CAST(sum(claims) AS BIGINT) AS claims,
    count(*) AS leads,
    CAST(sum(price) AS VARCHAR) AS price
FROM (
    SELECT claim, verdict, lead_key, count(*) AS claims, max(price) AS price
    FROM claim
    WHERE {which}
    GROUP BY claim, verdict, lead_key
)
GROUP BY claim, verdict
ORDER BY claim, verdict
