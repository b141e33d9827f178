-- appt_without_set: the latest state has an appointment without being set (spec 2.6).
SELECT client_id, 'set' AS "column", 1 AS n,
    coalesce('lead number ' || lead_number, 'record without number') || ', ' || last_file || ' line ' || last_line AS sample
FROM crm_record
WHERE appt_at IS NOT NULL AND NOT set_now
