-- entry_after_snapshot: entered after the snapshot that shows it (spec 2.6).
SELECT client_id, 'entry_date' AS "column", 1 AS n,
    coalesce('lead number ' || lead_number, 'record without number') || ', ' || last_file || ' line ' || last_line AS sample
FROM crm_record
WHERE entry_date > CAST(last_seen_at AS DATE)
