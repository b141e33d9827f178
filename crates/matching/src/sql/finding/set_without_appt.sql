-- set_without_appt: the latest state is set without an appointment (spec 2.6).
SELECT client_id, 'appt_at' AS "column", 1 AS n,
    coalesce('lead number ' || lead_number, 'record without number') || ', ' || last_file || ' line ' || last_line AS sample
FROM crm_record
WHERE set_now AND appt_at IS NULL
