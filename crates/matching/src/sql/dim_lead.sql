-- dim_lead: one row a lead delivered (spec 1.2, 2.3).
-- The same lead again: its last row stands, whole. A lead with the email and phone of an earlier one is a
-- duplicate; both count as delivered. A lead delivered after the client's latest snapshot is out of scope:
-- the client cannot have reported on it.
-- Where a row stands is told by its file's place among all leads files, and its own place in the file.
WITH ordered AS (
    SELECT l.*, f.place * 1099511627776 + l.leads_row AS ordinal
    FROM lead_clean l
    JOIN leads_file f ON f.leads_file = l.leads_file
),
repeated AS (
    SELECT lead_key, max(ordinal) AS last_ordinal
    FROM ordered
    GROUP BY lead_key
    HAVING count(*) > 1
),
delivered AS (
    SELECT l.*
    FROM ordered l
    LEFT JOIN repeated r ON r.lead_key = l.lead_key
    WHERE r.lead_key IS NULL OR l.ordinal = r.last_ordinal
),
shared_pair AS (
    SELECT client_id, email_key, phone_key
    FROM delivered
    WHERE email_key IS NOT NULL AND phone_key IS NOT NULL
    GROUP BY client_id, email_key, phone_key
    HAVING count(*) > 1
),
place_in_pair AS (
    SELECT
        d.lead_key,
        row_number() OVER (
            PARTITION BY d.client_id, d.email_key, d.phone_key
            ORDER BY d.delivered_at ASC NULLS LAST, d.lead_uuid
        ) AS place
    FROM delivered d
    JOIN shared_pair p
        ON p.client_id = d.client_id AND p.email_key = d.email_key AND p.phone_key = d.phone_key
)
SELECT
    d.lead_key,
    d.client_id,
    d.lead_uuid,
    d.delivered_at,
    d.delivered_local,
    d.email_key,
    d.phone_key,
    d.city,
    d.state,
    d.zip,
    {dimensions}
    d.price,
    d.email_key IS NOT NULL OR d.phone_key IS NOT NULL AS matchable,
    p.lead_key IS NOT NULL AS duplicate_lead,
    d.delivered_at IS NULL
        OR c.last_snapshot_instant IS NULL
        OR d.delivered_at <= c.last_snapshot_instant AS in_scope,
    d.leads_file,
    d.leads_row
FROM delivered d
JOIN dim_client c ON c.client_id = d.client_id
LEFT JOIN place_in_pair p ON p.lead_key = d.lead_key AND p.place > 1
