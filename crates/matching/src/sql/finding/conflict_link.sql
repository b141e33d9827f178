-- conflict_link: the selected lead agrees in one identifier and differs in the other (spec 2.6).
SELECT client_id, 'lead_uuid' AS "column", 1 AS n,
    coalesce('lead number ' || lead_number, 'record without number') || ': ' || lead_uuid || ' by ' || match_type AS sample
FROM lead_link
WHERE selected AND tier = 3
