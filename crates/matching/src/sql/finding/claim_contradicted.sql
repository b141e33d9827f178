-- claim_contradicted: a claim against the seller that the data speak against (spec 2.7).
SELECT client_id, 'dispo' AS "column", 1 AS n,
    coalesce('lead number ' || lead_number, 'record without number') || ', lead ' || lead_uuid || ': ' || claim
        || CASE evidence
            WHEN 'place' THEN ', though appointments from other leads were set in ZIP ' || zip || ' (' || evidence_count || ')'
            ELSE ', though no other lead and no earlier record is of this person'
        END AS sample
FROM claim
WHERE verdict = 'contradicted'
