-- explain/record: CRM records with their latest state and what they reached (spec 2.2).
SELECT
    encode(r.record_key, 'hex') AS record,
    r.client_id,
    r.lead_number,
    r.versions,
    r.first_seen_at,
    r.first_line,
    s.file AS first_file,
    r.last_seen_at,
    r.last_file,
    r.last_line,
    r.presence,
    r.email_key IS NOT NULL AS has_email,
    r.phone_key IS NOT NULL AS has_phone,
    r.entry_date,
    r.city,
    r.state,
    r.zip,
    r.appt_at,
    r.dispo,
    r.job_status,
    r."set",
    r.set_inferred,
    r.set_now,
    r.demo,
    r.demo_now,
    r.sold,
    r.first_set_snapshot,
    r.first_demo_snapshot,
    r.first_sold_snapshot
FROM crm_record r
LEFT JOIN dim_snapshot s ON s.client_id = r.client_id AND s.snapshot_no = r.first_snapshot_no
WHERE {which}
ORDER BY r.client_id, r.entry_date, r.lead_number, r.record_key
