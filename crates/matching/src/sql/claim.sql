-- claim: one row a claim of a client against the seller: a linked CRM record whose disposition means that the
-- lead was not worth its price. The data say what they can to it (spec 2.7):
-- * A duplicate is borne out when somebody stands behind the claimed lead who was there before: another lead of
--   the client, delivered no later, or another CRM record of earlier entry. If neither is there, the data
--   speak against the claim.
-- * Out of area is spoken against by appointments that the client set in the same ZIP code from other leads.
--   If there are none, nothing is known.
-- * Anything else cannot be checked.
-- Equi-joins throughout, one by email and one by phone, never OR.
WITH
-- Another lead of the person, delivered no later; one of the two without a time may have been earlier.
earlier_lead AS (
    SELECT record_key, lead_uuid, delivered_at, delivered_local, min(kind) AS first_kind, max(kind) AS last_kind
    FROM (
        SELECT p.record_key, p.kind, p.delivered_at AS claimed_at, l.lead_uuid, l.delivered_at, l.delivered_local
        FROM claimed_identifier p
        JOIN dim_lead l ON l.client_id = p.client_id AND l.email_key = p.identifier
        WHERE p.kind = 'email' AND l.in_scope AND l.lead_key <> p.lead_key
        UNION ALL
        SELECT p.record_key, p.kind, p.delivered_at, l.lead_uuid, l.delivered_at, l.delivered_local
        FROM claimed_identifier p
        JOIN dim_lead l ON l.client_id = p.client_id AND l.phone_key = p.identifier
        WHERE p.kind = 'phone' AND l.in_scope AND l.lead_key <> p.lead_key
    )
    WHERE coalesce(delivered_at <= claimed_at, true)
    GROUP BY record_key, lead_uuid, delivered_at, delivered_local
),
-- Another CRM record of the person, entered on an earlier day.
same_person AS (
    SELECT record_key, entry_date, other_key, min(kind) AS first_kind, max(kind) AS last_kind
    FROM (
        SELECT p.record_key, p.entry_date, p.kind, i.record_key AS other_key
        FROM claimed_identifier p
        JOIN record_identity i ON i.client_id = p.client_id AND i.email_key = p.identifier
        WHERE p.kind = 'email' AND i.record_key <> p.record_key
        UNION ALL
        SELECT p.record_key, p.entry_date, p.kind, i.record_key
        FROM claimed_identifier p
        JOIN record_identity i ON i.client_id = p.client_id AND i.phone_key = p.identifier
        WHERE p.kind = 'phone' AND i.record_key <> p.record_key
    )
    GROUP BY record_key, entry_date, other_key
),
earlier_record AS (
    SELECT
        s.record_key,
        r.record_key AS other_key,
        r.lead_number,
        r.entry_date,
        r.first_snapshot_no,
        r.first_line,
        s.first_kind,
        s.last_kind
    FROM same_person s
    JOIN crm_record r ON r.record_key = s.other_key
    WHERE r.entry_date < s.entry_date
),
-- Leads by the ZIP codes in which any of their records has an appointment.
set_in_zip AS (
    SELECT k.client_id, r.zip, k.lead_key, k.lead_uuid, min(r.first_set_snapshot) AS first_set_snapshot
    FROM lead_link k
    JOIN crm_record r ON r.record_key = k.record_key
    WHERE k.selected AND r."set" AND r.zip IS NOT NULL
    GROUP BY k.client_id, r.zip, k.lead_key, k.lead_uuid
),
-- Those appointments by ZIP code, the latest first. Two of them are kept: one of the two is of another lead.
appointment AS (
    SELECT *
    FROM (
        SELECT
            *,
            count(*) OVER (PARTITION BY client_id, zip) AS leads,
            row_number() OVER (PARTITION BY client_id, zip ORDER BY first_set_snapshot DESC, lead_uuid) AS place
        FROM set_in_zip
    )
    WHERE place <= 2
),
-- Whatever speaks for or against a claim, the best first: leads, which are ours to know, before records.
-- Of each the nearest in time, those without one last, then the smallest id.
evidence AS (
    SELECT
        e.record_key,
        'lead' AS evidence,
        1 AS strength,
        count(*) OVER (PARTITION BY e.record_key) AS evidence_count,
        e.lead_uuid AS evidence_lead_uuid,
        CAST(NULL AS VARCHAR) AS evidence_lead_number,
        e.delivered_local AS evidence_at,
        CASE WHEN e.first_kind <> e.last_kind THEN 'email_and_phone' ELSE e.first_kind END AS shared_by,
        row_number() OVER (
            PARTITION BY e.record_key ORDER BY e.delivered_at DESC NULLS LAST, e.lead_uuid
        ) AS place
    FROM earlier_lead e
    UNION ALL
    SELECT
        e.record_key,
        'record',
        2,
        count(*) OVER (PARTITION BY e.record_key),
        k.lead_uuid,
        e.lead_number,
        CAST(e.entry_date AS TIMESTAMP),
        CASE WHEN e.first_kind <> e.last_kind THEN 'email_and_phone' ELSE e.first_kind END,
        row_number() OVER (
            PARTITION BY e.record_key
            ORDER BY e.entry_date DESC, e.lead_number ASC NULLS LAST, e.first_snapshot_no, e.first_line
        )
    FROM earlier_record e
    LEFT JOIN lead_link k ON k.record_key = e.other_key AND k.selected
    UNION ALL
    SELECT
        c.record_key,
        'place',
        3,
        -- the claimed lead's own appointment is no evidence
        a.leads - CASE WHEN own.lead_key IS NOT NULL THEN 1 ELSE 0 END,
        a.lead_uuid,
        NULL,
        a.first_set_snapshot,
        NULL,
        row_number() OVER (PARTITION BY c.record_key ORDER BY a.place)
    FROM claimed c
    JOIN appointment a ON a.client_id = c.client_id AND a.zip = c.zip
    LEFT JOIN set_in_zip own ON own.lead_key = c.lead_key AND own.zip = c.zip
    WHERE c.claim = 'out_of_area' AND a.lead_key <> c.lead_key
),
best AS (
    SELECT *
    FROM (
        SELECT *, row_number() OVER (PARTITION BY record_key ORDER BY strength) AS choice
        FROM evidence
        WHERE place = 1
    )
    WHERE choice = 1
)
SELECT
    c.record_key,
    c.client_id,
    c.lead_number,
    c.lead_key,
    c.lead_uuid,
    c.dispo,
    c.claim,
    CASE
        WHEN c.claim = 'duplicate' AND e.evidence IS NOT NULL THEN 'supported'
        WHEN c.claim = 'duplicate' THEN 'contradicted'
        WHEN c.claim = 'out_of_area' AND e.evidence IS NOT NULL THEN 'contradicted'
        ELSE 'unchecked'
    END AS verdict,
    e.evidence,
    coalesce(e.evidence_count, 0) AS evidence_count,
    e.evidence_lead_uuid,
    e.evidence_lead_number,
    e.evidence_at,
    e.shared_by,
    c.delivered_at,
    c.entry_date,
    c.zip,
    c.price
FROM claimed c
LEFT JOIN best e ON e.record_key = c.record_key
