-- aged_out: the record left the rolling window of the client's export (spec 2.6).
SELECT client_id, 'lead_number' AS "column", 1 AS n,
    coalesce('lead number ' || lead_number, 'record without number') || ', ' || last_file || ' line ' || last_line AS sample
FROM crm_record
WHERE presence = 'aged_out'
