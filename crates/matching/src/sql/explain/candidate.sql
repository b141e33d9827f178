-- explain/candidate: the candidate leads of CRM records, with what decides among them (spec 2.3). Groups and
-- order by time are those of lead_link.sql.
SELECT
    encode(k.record_key, 'hex') AS record,
    k.client_id,
    k.lead_number,
    k.lead_uuid,
    k.tier,
    k.match_type,
    k.by_latest_version,
    k."rank",
    k.selected,
    l.delivered_at,
    r.entry_date,
    CASE
        WHEN r.entry_date IS NULL THEN 0
        WHEN l.delivered_local IS NULL THEN 2
        WHEN CAST(l.delivered_local AS DATE) <= r.entry_date THEN 0
        ELSE 1
    END AS time_group,
    CASE
        WHEN r.entry_date IS NULL OR l.delivered_local IS NULL THEN 0
        WHEN CAST(l.delivered_local AS DATE) <= r.entry_date THEN -CAST(l.delivered_at AS BIGINT)
        ELSE CAST(l.delivered_at AS BIGINT)
    END AS time_order
FROM lead_link k
JOIN crm_record r ON r.record_key = k.record_key
JOIN dim_lead l ON l.lead_key = k.lead_key
WHERE {which}
ORDER BY k.client_id, k.lead_number, k.record_key, k."rank"
