-- claimed: one row a claim of a client against the seller: a linked CRM record whose disposition means that the
-- lead was not worth its price (spec 2.7). A few of many records, and read often by claim.sql.
SELECT
    k.record_key,
    k.client_id,
    k.lead_number,
    k.lead_key,
    k.lead_uuid,
    d.dispo,
    d.claim,
    l.delivered_at,
    r.entry_date,
    coalesce(r.zip, l.zip) AS zip,
    l.price,
    l.email_key AS lead_email_key,
    l.phone_key AS lead_phone_key
FROM dim_disposition d
JOIN crm_record r ON r.client_id = d.client_id AND r.dispo = d.dispo
JOIN lead_link k ON k.record_key = r.record_key
JOIN dim_lead l ON l.lead_key = k.lead_key
WHERE d.claim IS NOT NULL AND k.selected
