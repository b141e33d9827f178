-- hub_identifier: one row an identifier that is not used for matching (spec 2.3).
-- Carried by too many leads or records (an office line, a dummy), or standing both in an email and in a
-- phone column (a placeholder that was hashed; rows that no version came from count here too). Counted over leads
-- in scope and all records.
WITH carried AS (
    SELECT client_id, email_key AS identifier, 1 AS lead_emails, 0 AS lead_phones, 0 AS record_emails, 0 AS record_phones,
        0 AS row_emails, 0 AS row_phones
    FROM dim_lead WHERE in_scope AND email_key IS NOT NULL
    UNION ALL
    SELECT client_id, phone_key, 0, 1, 0, 0, 0, 0
    FROM dim_lead WHERE in_scope AND phone_key IS NOT NULL
    UNION ALL
    SELECT client_id, email_key, 0, 0, 1, 0, 0, 0
    FROM (SELECT DISTINCT client_id, record_key, email_key FROM record_identity WHERE email_key IS NOT NULL)
    UNION ALL
    SELECT client_id, phone_key, 0, 0, 0, 1, 0, 0
    FROM (SELECT DISTINCT client_id, record_key, phone_key FROM record_identity WHERE phone_key IS NOT NULL)
    UNION ALL
    SELECT client_id, email_key, 0, 0, 0, 0, 1, 0 FROM row_identity WHERE email_key IS NOT NULL
    UNION ALL
    SELECT client_id, phone_key, 0, 0, 0, 0, 0, 1 FROM row_identity WHERE phone_key IS NOT NULL
),
counted AS (
    SELECT
        client_id,
        identifier,
        sum(lead_emails) AS lead_emails,
        sum(lead_phones) AS lead_phones,
        sum(record_emails) AS record_emails,
        sum(record_phones) AS record_phones,
        sum(row_emails) AS row_emails,
        sum(row_phones) AS row_phones
    FROM carried
    GROUP BY client_id, identifier
)
SELECT k.*
FROM counted k
JOIN dim_client c ON c.client_id = k.client_id
WHERE k.lead_emails > c.max_leads_per_key
    OR k.lead_phones > c.max_leads_per_key
    OR k.record_emails > c.max_records_per_key
    OR k.record_phones > c.max_records_per_key
    OR (
        k.lead_emails + k.record_emails + k.row_emails > 0
        AND k.lead_phones + k.record_phones + k.row_phones > 0
    )
