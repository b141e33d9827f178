-- record_identity: one row a pair of identifiers that a CRM record ever carried.
-- People correct their contact details in a CRM, so each version is held against the leads (spec 2.3).
SELECT
    client_id,
    record_key,
    lead_number,
    email_key,
    phone_key,
    max(version) AS last_version,
    bool_or(valid_to IS NULL) AS is_latest
FROM record_version
WHERE email_key IS NOT NULL OR phone_key IS NOT NULL
GROUP BY client_id, record_key, lead_number, email_key, phone_key
