-- sale_without_demo: the disposition means a sale but the latest state has no demo (spec 2.6).
SELECT r.client_id, 'dispo' AS "column", 1 AS n,
    coalesce('lead number ' || r.lead_number, 'record without number') || ', ' || r.last_file || ' line ' || r.last_line AS sample
FROM crm_record r
JOIN dim_disposition d ON d.client_id = r.client_id AND d.dispo = r.dispo
WHERE d.outcome = 'sale' AND NOT r.state_demo
