-- ambiguous_link: a second candidate in the tier of the selected one (spec 2.6).
SELECT b.client_id, 'lead_uuid' AS "column", 1 AS n,
    coalesce('lead number ' || a.lead_number, 'record without number') || ': ' || a.lead_uuid || ' before ' || b.lead_uuid AS sample
FROM lead_link a
JOIN lead_link b ON b.record_key = a.record_key AND b.tier = a.tier
WHERE a."rank" = 1 AND b."rank" = 2
