-- duplicate_lead: the email and phone of an earlier lead of the client (spec 2.3).
SELECT client_id, 'lead_uuid' AS "column", 1 AS n, lead_uuid AS sample
FROM dim_lead
WHERE duplicate_lead
