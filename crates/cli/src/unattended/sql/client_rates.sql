-- How each client's leads in scope fared: all of them, and the recent ones.
--
-- Recent are those of a moving window: delivered in the 28 days before the client's latest snapshot. In counts over all
-- leads ever a new fault could hardly be seen. Where no lead says when it was delivered, all of them are.
WITH leads AS (
    SELECT
        f.client_id,
        f.matched,
        f."set",
        f.delivered_at IS NOT NULL AS timed,
        coalesce(
            f.delivered_at > c.last_snapshot_instant - INTERVAL '28 days'
            AND f.delivered_at <= c.last_snapshot_instant,
            false
        ) AS recent
    FROM fact_lead_outcome f
    LEFT JOIN dim_client c ON c.client_id = f.client_id
    WHERE f.in_scope
)

SELECT
    client_id,
    count(*) AS delivered,
    count(*) FILTER (WHERE matched) AS matched,
    count(*) FILTER (WHERE "set") AS "set",
    count(*) FILTER (WHERE timed) AS timed,
    count(*) FILTER (WHERE recent) AS recent_delivered,
    count(*) FILTER (WHERE recent AND matched) AS recent_matched,
    count(*) FILTER (WHERE recent AND "set") AS recent_set
FROM leads
GROUP BY client_id
ORDER BY client_id
