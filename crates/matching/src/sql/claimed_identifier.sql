-- claimed_identifier: one row a usable identifier of the person that a duplicate is claimed of: what the lead
-- carries, and what its record ever carried (spec 2.7). A hub counts as null, as in matching; since a link needs
-- an identifier that is none, no claim is without one.
WITH carried AS (
    SELECT record_key, 'email' AS kind, lead_email_key AS identifier FROM claimed
    UNION ALL
    SELECT record_key, 'phone', lead_phone_key FROM claimed
    UNION ALL
    SELECT c.record_key, 'email', i.email_key FROM claimed c JOIN record_identity i ON i.record_key = c.record_key
    UNION ALL
    SELECT c.record_key, 'phone', i.phone_key FROM claimed c JOIN record_identity i ON i.record_key = c.record_key
)
SELECT DISTINCT c.client_id, c.record_key, c.lead_key, c.delivered_at, c.entry_date, p.kind, p.identifier
FROM carried p
JOIN claimed c ON c.record_key = p.record_key
LEFT ANTI JOIN hub_identifier h ON h.client_id = c.client_id AND h.identifier = p.identifier
WHERE c.claim = 'duplicate' AND p.identifier IS NOT NULL
