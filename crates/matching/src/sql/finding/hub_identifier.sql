-- hub_identifier: once an identifier and column, with who carries it (spec 2.3, 2.6).
SELECT client_id, 'email_hash' AS "column", 1 AS n,
    'email of ' || lead_emails || ' leads and ' || record_emails || ' records, phone of '
        || lead_phones || ' leads and ' || record_phones || ' records' AS sample
FROM hub_identifier
WHERE lead_emails + record_emails + row_emails > 0
UNION ALL
SELECT client_id, 'phone_hash', 1,
    'phone of ' || lead_phones || ' leads and ' || record_phones || ' records, email of '
        || lead_emails || ' leads and ' || record_emails || ' records'
FROM hub_identifier
WHERE lead_phones + record_phones + row_phones > 0
