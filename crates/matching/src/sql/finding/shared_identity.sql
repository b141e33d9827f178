-- shared_identity: one pair of email and phone on several lead numbers, over all versions (spec 2.6).
SELECT client_id, 'lead_number' AS "column", 1 AS n,
    'lead numbers ' || string_agg(lead_number, ', ' ORDER BY lead_number) AS sample
FROM (
    SELECT DISTINCT client_id, email_key, phone_key, lead_number
    FROM record_identity
    WHERE email_key IS NOT NULL AND phone_key IS NOT NULL AND lead_number IS NOT NULL
)
GROUP BY client_id, email_key, phone_key
HAVING count(*) > 1
