-- claim: one row a claim of a client against the seller: a linked CRM record whose disposition means that the
-- lead was not worth its price. The data say what they can to it (spec 2.7):
-- * A duplicate is borne out when somebody stands behind the claimed lead who was there before: another lead of
--   the client, delivered no later, or another CRM record of earlier entry. If neither is there, the data
--   speak against the claim.
-- * Out of area is spoken against by appointments that the client set in the same ZIP code from other leads.
--   If there are none, nothing is known.
-- * Anything else cannot be checked.
-- Equi-joins throughout, never OR. A hub counts as null, as in matching; since a link needs an identifier
-- that is none, no claim is without one.
WITH
-- Usable identifiers, one a row.
lead_identifier AS (
    SELECT l.client_id, l.lead_key, 'email' AS kind, l.email_key AS identifier
    FROM dim_lead l
    LEFT ANTI JOIN hub_identifier h ON h.client_id = l.client_id AND h.identifier = l.email_key
    WHERE l.in_scope AND l.email_key IS NOT NULL
    UNION ALL
    SELECT l.client_id, l.lead_key, 'phone', l.phone_key
    FROM dim_lead l
    LEFT ANTI JOIN hub_identifier h ON h.client_id = l.client_id AND h.identifier = l.phone_key
    WHERE l.in_scope AND l.phone_key IS NOT NULL
),
record_identifier AS (
    SELECT DISTINCT i.client_id, i.record_key, 'email' AS kind, i.email_key AS identifier
    FROM record_identity i
    LEFT ANTI JOIN hub_identifier h ON h.client_id = i.client_id AND h.identifier = i.email_key
    WHERE i.email_key IS NOT NULL
    UNION ALL
    SELECT DISTINCT i.client_id, i.record_key, 'phone', i.phone_key
    FROM record_identity i
    LEFT ANTI JOIN hub_identifier h ON h.client_id = i.client_id AND h.identifier = i.phone_key
    WHERE i.phone_key IS NOT NULL
),
-- The person that a duplicate is claimed of: what the lead carries, and what its record ever carried.
person AS (
    SELECT c.client_id, c.record_key, i.kind, i.identifier
    FROM claimed c
    JOIN lead_identifier i ON i.lead_key = c.lead_key
    WHERE c.claim = 'duplicate'
    UNION
    SELECT c.client_id, c.record_key, i.kind, i.identifier
    FROM claimed c
    JOIN record_identifier i ON i.record_key = c.record_key
    WHERE c.claim = 'duplicate'
),
-- Another lead of the person, delivered no later; one of the two without a time may have been earlier.
earlier_lead AS (
    SELECT p.record_key, o.lead_key AS evidence_key, min(p.kind) AS first_kind, max(p.kind) AS last_kind
    FROM person p
    JOIN lead_identifier o ON o.client_id = p.client_id AND o.kind = p.kind AND o.identifier = p.identifier
    JOIN claimed c ON c.record_key = p.record_key
    JOIN dim_lead l ON l.lead_key = o.lead_key
    WHERE o.lead_key <> c.lead_key
        AND coalesce(l.delivered_at <= c.delivered_at, true)
    GROUP BY p.record_key, o.lead_key
),
-- Another CRM record of the person, entered on an earlier day.
earlier_record AS (
    SELECT p.record_key, o.record_key AS evidence_key, min(p.kind) AS first_kind, max(p.kind) AS last_kind
    FROM person p
    JOIN record_identifier o ON o.client_id = p.client_id AND o.kind = p.kind AND o.identifier = p.identifier
    JOIN claimed c ON c.record_key = p.record_key
    JOIN crm_record r ON r.record_key = o.record_key
    WHERE o.record_key <> c.record_key
        AND r.entry_date < c.entry_date
    GROUP BY p.record_key, o.record_key
),
-- Appointments by ZIP code, the latest first. Two of them are kept: one of the two is of another lead.
appointment AS (
    SELECT *
    FROM (
        SELECT
            client_id,
            zip,
            lead_key,
            lead_uuid,
            first_set_snapshot,
            count(*) OVER (PARTITION BY client_id, zip) AS leads,
            row_number() OVER (PARTITION BY client_id, zip ORDER BY first_set_snapshot DESC, lead_uuid) AS place
        FROM fact_lead_outcome
        WHERE "set" AND zip IS NOT NULL
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
        l.lead_uuid AS evidence_lead_uuid,
        CAST(NULL AS VARCHAR) AS evidence_lead_number,
        l.delivered_local AS evidence_at,
        CASE WHEN e.first_kind <> e.last_kind THEN 'email_and_phone' ELSE e.first_kind END AS shared_by,
        row_number() OVER (
            PARTITION BY e.record_key ORDER BY l.delivered_at DESC NULLS LAST, l.lead_uuid
        ) AS place
    FROM earlier_lead e
    JOIN dim_lead l ON l.lead_key = e.evidence_key
    UNION ALL
    SELECT
        e.record_key,
        'record',
        2,
        count(*) OVER (PARTITION BY e.record_key),
        k.lead_uuid,
        r.lead_number,
        CAST(r.entry_date AS TIMESTAMP),
        CASE WHEN e.first_kind <> e.last_kind THEN 'email_and_phone' ELSE e.first_kind END,
        row_number() OVER (
            PARTITION BY e.record_key
            ORDER BY r.entry_date DESC, r.lead_number ASC NULLS LAST, r.first_snapshot_no, r.first_line, r.record_key
        )
    FROM earlier_record e
    JOIN crm_record r ON r.record_key = e.evidence_key
    LEFT JOIN lead_link k ON k.record_key = r.record_key AND k.selected
    UNION ALL
    SELECT
        c.record_key,
        'place',
        3,
        -- the claimed lead's own appointment is no evidence
        a.leads - CASE WHEN f."set" AND f.zip = c.zip THEN 1 ELSE 0 END,
        a.lead_uuid,
        NULL,
        a.first_set_snapshot,
        NULL,
        row_number() OVER (PARTITION BY c.record_key ORDER BY a.place)
    FROM claimed c
    JOIN appointment a ON a.client_id = c.client_id AND a.zip = c.zip
    JOIN fact_lead_outcome f ON f.lead_key = c.lead_key
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
