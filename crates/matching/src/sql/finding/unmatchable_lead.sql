-- unmatchable_lead: neither a usable email nor a usable phone hash (spec 1.2).
SELECT client_id, 'lead_uuid' AS "column", 1 AS n, lead_uuid AS sample
FROM dim_lead
WHERE NOT matchable
