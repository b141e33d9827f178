-- explain/version: the versions of CRM records in order, with the line that each came from (spec 2.2). Of the
-- identifiers only whether they are there, and whether they are others than before.
SELECT
    encode(r.record_key, 'hex') AS record,
    r.version,
    r.valid_from,
    r.valid_to,
    r.file,
    r.line,
    r.email_key IS NOT NULL AS has_email,
    r.phone_key IS NOT NULL AS has_phone,
    r.email_key IS DISTINCT FROM lag(r.email_key) OVER (PARTITION BY r.record_key ORDER BY r.version) AS new_email,
    r.phone_key IS DISTINCT FROM lag(r.phone_key) OVER (PARTITION BY r.record_key ORDER BY r.version) AS new_phone,
    r.entry_date,
    r.city,
    r.state,
    r.zip,
    r.appt_at,
    r."set",
    r.set_inferred,
    r.demo,
    r.dispo,
    r.job_status,
    r.unset
FROM record_version r
WHERE {which}
ORDER BY r.record_key, r.version
