-- unmapped_disposition: dispositions that the vocabulary does not know, in the latest states (spec 2.7).
SELECT r.client_id, 'dispo' AS "column", count(*) AS n, r.dispo || ' (' || count(*) || ')' AS sample
FROM crm_record r
JOIN dim_disposition d ON d.client_id = r.client_id AND d.dispo = r.dispo
WHERE d.outcome = 'unmapped'
GROUP BY r.client_id, r.dispo
