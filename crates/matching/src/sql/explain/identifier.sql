-- explain/identifier: the identifiers of a lead, how many leads and records carry each, and how many records of
-- the client carry one of its kind at all: what was looked for (spec 2.3). Counted as hub_identifier.sql
-- counts; rows that no version came from are not kept, so a hub that only they tell is not seen here.
WITH asked AS (
    SELECT * FROM dim_lead WHERE {which}
),
identifier AS (
    SELECT client_id, lead_key, lead_uuid, 'email' AS kind, email_key AS identifier FROM asked
    UNION ALL
    SELECT client_id, lead_key, lead_uuid, 'phone', phone_key FROM asked
),
carried AS (
    SELECT l.client_id, 'email' AS kind, 'lead' AS side, l.lead_key AS carrier, l.email_key AS identifier
    FROM dim_lead l WHERE l.in_scope AND l.email_key IS NOT NULL
    UNION ALL
    SELECT l.client_id, 'phone', 'lead', l.lead_key, l.phone_key
    FROM dim_lead l WHERE l.in_scope AND l.phone_key IS NOT NULL
    UNION ALL
    SELECT v.client_id, 'email', 'record', v.record_key, v.email_key
    FROM (SELECT DISTINCT client_id, record_key, email_key FROM record_version WHERE email_key IS NOT NULL) v
    UNION ALL
    SELECT v.client_id, 'phone', 'record', v.record_key, v.phone_key
    FROM (SELECT DISTINCT client_id, record_key, phone_key FROM record_version WHERE phone_key IS NOT NULL) v
),
counted AS (
    SELECT
        i.lead_key,
        i.kind,
        count(*) FILTER (WHERE c.kind = i.kind AND c.side = 'lead') AS leads,
        count(*) FILTER (WHERE c.kind = i.kind AND c.side = 'record') AS records,
        count(*) FILTER (WHERE c.kind <> i.kind AND c.side = 'lead') AS other_leads,
        count(*) FILTER (WHERE c.kind <> i.kind AND c.side = 'record') AS other_records
    FROM identifier i
    JOIN carried c ON c.client_id = i.client_id AND c.identifier = i.identifier
    GROUP BY i.lead_key, i.kind
),
of_kind AS (
    SELECT client_id, kind, count(DISTINCT carrier) AS records
    FROM carried
    WHERE side = 'record'
    GROUP BY client_id, kind
),
of_client AS (
    SELECT client_id, count(*) AS records FROM crm_record GROUP BY client_id
)
SELECT
    i.client_id,
    i.lead_uuid,
    i.kind,
    i.identifier IS NOT NULL AS usable,
    coalesce(n.leads, 0) AS leads,
    coalesce(n.records, 0) AS records,
    coalesce(n.other_leads, 0) AS other_leads,
    coalesce(n.other_records, 0) AS other_records,
    coalesce(k.records, 0) AS records_of_kind,
    coalesce(r.records, 0) AS records_of_client,
    c.max_leads_per_key,
    c.max_records_per_key
FROM identifier i
JOIN dim_client c ON c.client_id = i.client_id
LEFT JOIN counted n ON n.lead_key = i.lead_key AND n.kind = i.kind
LEFT JOIN of_kind k ON k.client_id = i.client_id AND k.kind = i.kind
LEFT JOIN of_client r ON r.client_id = i.client_id
ORDER BY i.client_id, i.lead_uuid, i.kind
