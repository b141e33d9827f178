-- demo_before_appt: demo is true while the appointment lies after the snapshot (spec 2.6).
SELECT client_id, 'demo' AS "column", 1 AS n,
    coalesce('lead number ' || lead_number, 'record without number') || ', ' || last_file || ' line ' || last_line AS sample
FROM crm_record
WHERE state_demo AND appt_at > last_seen_at
