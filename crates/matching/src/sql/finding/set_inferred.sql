-- set_inferred: set by inference only: no cell of any version says so (spec 2.6).
SELECT client_id, 'set' AS "column", 1 AS n,
    coalesce('lead number ' || lead_number, 'record without number') || ', ' || last_file || ' line ' || last_line AS sample
FROM crm_record
WHERE set_inferred
