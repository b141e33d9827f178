-- claims/listed: claims of some kind, with the evidence, those that need a look first (spec 2.7).
SELECT
    encode(record_key, 'hex') AS record_key,
    client_id,
    lead_number,
    lead_uuid,
    dispo,
    claim,
    verdict,
    evidence,
    evidence_count,
    evidence_lead_uuid,
    evidence_lead_number,
    evidence_at,
    shared_by,
    delivered_at,
    entry_date,
    zip,
    CAST(price AS VARCHAR) AS price
FROM claim
WHERE {which}
ORDER BY
    CASE verdict WHEN 'contradicted' THEN 0 WHEN 'supported' THEN 1 ELSE 2 END,
    claim,
    client_id,
    lead_number NULLS LAST,
    lead_uuid,
    record_key
{limit}
