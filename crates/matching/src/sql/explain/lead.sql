-- explain/lead: a lead, what it came to, and of which lead it is a duplicate (spec 2.3, 2.5).
WITH asked AS (
    SELECT * FROM dim_lead WHERE {which}
),
original AS (
    SELECT
        a.lead_key,
        o.lead_uuid AS duplicate_of,
        row_number() OVER (PARTITION BY a.lead_key ORDER BY o.delivered_at ASC NULLS LAST, o.lead_uuid) AS place
    FROM asked a
    JOIN dim_lead o ON o.client_id = a.client_id AND o.email_key = a.email_key AND o.phone_key = a.phone_key
    WHERE a.duplicate_lead
)
SELECT
    f.lead_uuid,
    f.client_id,
    f.delivered_at,
    f.matchable,
    f.in_scope,
    f.duplicate_lead,
    o.duplicate_of,
    f.matched,
    f.match_type,
    f.records,
    f.stage,
    f.quality,
    f.outcome,
    f.disqualified,
    f."set",
    f.set_inferred,
    f.set_now,
    f.appointment,
    f.appt_at,
    f.demo,
    f.demo_now,
    f.sold,
    f.cancelled,
    f.net_sold,
    f.entry_date,
    f.city,
    f.state,
    f.zip,
    f.dispo,
    f.job_status,
    f.first_matched_snapshot,
    f.first_set_snapshot,
    f.first_demo_snapshot,
    f.first_sold_snapshot,
    encode(f.primary_record_key, 'hex') AS primary_record,
    c.timezone,
    c.last_snapshot_at
FROM asked a
JOIN fact_lead_outcome f ON f.lead_key = a.lead_key
JOIN dim_client c ON c.client_id = a.client_id
LEFT JOIN original o ON o.lead_key = a.lead_key AND o.place = 1
ORDER BY f.client_id, f.lead_uuid
