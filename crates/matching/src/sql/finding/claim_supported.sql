-- claim_supported: a claim against the seller that the data bear out (spec 2.7).
SELECT client_id, 'dispo' AS "column", 1 AS n,
    coalesce('lead number ' || lead_number, 'record without number') || ', lead ' || lead_uuid || ': ' || claim
        || ' by another ' || evidence || CASE WHEN evidence_count > 1 THEN ' (' || evidence_count || ')' ELSE '' END
        AS sample
FROM claim
WHERE verdict = 'supported'
