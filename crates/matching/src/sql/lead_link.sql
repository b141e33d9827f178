-- lead_link: one row a candidate lead of a CRM record; at most one is selected (spec 2.3).
-- A hub counts as null. Equi-joins on the keyed identifiers, one by email and one by phone, never OR.
WITH variant AS (
    SELECT
        i.client_id,
        i.record_key,
        i.last_version,
        i.is_latest,
        CASE WHEN e.identifier IS NULL THEN i.email_key END AS email_key,
        CASE WHEN p.identifier IS NULL THEN i.phone_key END AS phone_key
    FROM record_identity i
    LEFT JOIN hub_identifier e ON e.client_id = i.client_id AND e.identifier = i.email_key
    LEFT JOIN hub_identifier p ON p.client_id = i.client_id AND p.identifier = i.phone_key
),
lead AS (
    SELECT
        l.client_id,
        l.lead_key,
        l.lead_uuid,
        l.delivered_at,
        l.delivered_local,
        CASE WHEN e.identifier IS NULL THEN l.email_key END AS email_key,
        CASE WHEN p.identifier IS NULL THEN l.phone_key END AS phone_key
    FROM dim_lead l
    LEFT JOIN hub_identifier e ON e.client_id = l.client_id AND e.identifier = l.email_key
    LEFT JOIN hub_identifier p ON p.client_id = l.client_id AND p.identifier = l.phone_key
    WHERE l.in_scope
),
-- Tier 1: both equal; 2: one equal, the other null on at least one side; 3: one equal, the other differs.
by_email AS (
    SELECT
        v.client_id, v.record_key, v.last_version, v.is_latest,
        l.lead_key, l.lead_uuid, l.delivered_at, l.delivered_local,
        0 AS kind,
        CASE
            WHEN v.phone_key = l.phone_key THEN 1
            WHEN v.phone_key IS NULL OR l.phone_key IS NULL THEN 2
            ELSE 3
        END AS tier
    FROM variant v
    JOIN lead l ON l.client_id = v.client_id AND l.email_key = v.email_key
),
by_phone AS (
    SELECT
        v.client_id, v.record_key, v.last_version, v.is_latest,
        l.lead_key, l.lead_uuid, l.delivered_at, l.delivered_local,
        1 AS kind,
        CASE WHEN v.email_key IS NULL OR l.email_key IS NULL THEN 2 ELSE 3 END AS tier
    FROM variant v
    JOIN lead l ON l.client_id = v.client_id AND l.phone_key = v.phone_key
    -- what equals in both was found by email already
    WHERE v.email_key IS NULL OR l.email_key IS NULL OR v.email_key <> l.email_key
),
-- Of a record and a lead the best tier over the record's versions, as of the latest version at that tier.
candidate AS (
    SELECT *
    FROM (
        SELECT
            *,
            row_number() OVER (PARTITION BY record_key, lead_key ORDER BY tier, last_version DESC) AS place
        FROM (SELECT * FROM by_email UNION ALL SELECT * FROM by_phone)
    )
    WHERE place = 1
),
-- Leads delivered by the end of the record's entry date before the others: of those the latest, of the
-- others the earliest; leads without a time last. A record without entry date has no order by time.
timed AS (
    SELECT
        c.*,
        r.lead_number,
        CASE
            WHEN r.entry_date IS NULL THEN 0
            WHEN c.delivered_local IS NULL THEN 2
            WHEN CAST(c.delivered_local AS DATE) <= r.entry_date THEN 0
            ELSE 1
        END AS time_group,
        CASE
            WHEN r.entry_date IS NULL OR c.delivered_local IS NULL THEN 0
            WHEN CAST(c.delivered_local AS DATE) <= r.entry_date THEN -CAST(c.delivered_at AS BIGINT)
            ELSE CAST(c.delivered_at AS BIGINT)
        END AS time_order
    FROM candidate c
    JOIN crm_record r ON r.record_key = c.record_key
),
ranked AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY record_key
            ORDER BY tier, is_latest DESC, kind, time_group, time_order, lead_uuid
        ) AS "rank"
    FROM timed
)
SELECT
    record_key,
    client_id,
    lead_number,
    lead_key,
    lead_uuid,
    tier,
    CASE
        WHEN tier = 1 THEN 'email_and_phone'
        WHEN tier = 2 AND kind = 0 THEN 'email'
        WHEN tier = 2 THEN 'phone'
        WHEN kind = 0 THEN 'email_conflict'
        ELSE 'phone_conflict'
    END AS match_type,
    is_latest AS by_latest_version,
    "rank",
    "rank" = 1 AS selected
FROM ranked
-- the selected one and up to ten passed over
WHERE "rank" <= 11
