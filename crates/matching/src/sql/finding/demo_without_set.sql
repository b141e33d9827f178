-- demo_without_set: the latest state says demo but not set (spec 2.6).
SELECT client_id, 'demo' AS "column", 1 AS n,
    coalesce('lead number ' || lead_number, 'record without number') || ', ' || last_file || ' line ' || last_line AS sample
FROM crm_record
WHERE state_demo AND NOT set_now
