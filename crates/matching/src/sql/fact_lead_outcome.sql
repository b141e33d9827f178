-- fact_lead_outcome: one row a lead delivered, with what became of it (spec 2.5).
-- A lead has the outcome of all records linked to it; what a record has one value of comes from the
-- primary record: furthest stage, then latest entry, then smallest lead number, then first seen.
WITH linked AS (
    SELECT
        k.lead_key,
        k.tier,
        k.match_type,
        r.*,
        coalesce(s.stage = 'cancelled', false) AS cancelled,
        row_number() OVER (
            PARTITION BY k.lead_key
            ORDER BY
                CASE WHEN r.sold THEN 0 WHEN r.demo THEN 1 WHEN r."set" THEN 2 ELSE 3 END,
                r.entry_date DESC NULLS LAST,
                r.lead_number ASC NULLS LAST,
                r.first_snapshot_no,
                r.first_line,
                r.record_key
        ) AS place,
        row_number() OVER (
            PARTITION BY k.lead_key
            ORDER BY k.tier, CASE WHEN k.match_type LIKE 'email%' THEN 0 ELSE 1 END
        ) AS match_place
    FROM lead_link k
    JOIN crm_record r ON r.record_key = k.record_key
    LEFT JOIN dim_status s ON s.client_id = r.client_id AND s.job_status = r.job_status
    WHERE k.selected
),
reached AS (
    SELECT
        lead_key,
        count(*) AS records,
        min(CASE WHEN match_place = 1 THEN match_type END) AS match_type,
        bool_or("set") AS "set",
        bool_or(set_said) AS set_said,
        bool_or(set_now) AS set_now,
        bool_or("set" AND appt_at IS NOT NULL) AS appointment,
        bool_or(demo) AS demo,
        bool_or(demo_now) AS demo_now,
        bool_or(sold) AS sold,
        bool_and(cancelled OR NOT sold) AS all_sales_cancelled,
        min(first_seen_at) AS first_matched_snapshot,
        min(first_set_snapshot) AS first_set_snapshot,
        min(first_demo_snapshot) AS first_demo_snapshot,
        min(first_sold_snapshot) AS first_sold_snapshot
    FROM linked
    GROUP BY lead_key
),
outcome AS (
    SELECT
        l.lead_key,
        l.lead_uuid,
        l.client_id,
        l.delivered_at,
        l.duplicate_lead,
        l.matchable,
        l.in_scope,
        {dimensions}
        l.price,
        r.lead_key IS NOT NULL AS matched,
        r.match_type,
        coalesce(r.records, 0) AS records,
        coalesce(r."set", false) AS "set",
        coalesce(r."set" AND NOT r.set_said, false) AS set_inferred,
        coalesce(r.set_now, false) AS set_now,
        coalesce(r.appointment, false) AS appointment,
        coalesce(r.demo, false) AS demo,
        coalesce(r.demo_now, false) AS demo_now,
        coalesce(r.sold, false) AS sold,
        coalesce(r.sold AND r.all_sales_cancelled, false) AS cancelled,
        r.first_matched_snapshot,
        r.first_set_snapshot,
        r.first_demo_snapshot,
        r.first_sold_snapshot,
        p.record_key AS primary_record_key,
        p.appt_at,
        p.entry_date,
        CASE WHEN r.lead_key IS NULL THEN l.city ELSE p.city END AS city,
        CASE WHEN r.lead_key IS NULL THEN l.state ELSE p.state END AS state,
        CASE WHEN r.lead_key IS NULL THEN l.zip ELSE p.zip END AS zip,
        p.dispo,
        p.job_status,
        d.outcome
    FROM dim_lead l
    LEFT JOIN reached r ON r.lead_key = l.lead_key
    LEFT JOIN linked p ON p.lead_key = l.lead_key AND p.place = 1
    LEFT JOIN dim_disposition d ON d.client_id = p.client_id AND d.dispo = p.dispo
)
SELECT
    *,
    sold AND NOT cancelled AS net_sold,
    matched AND NOT "set" AND coalesce(outcome IN ('dq_seller', 'dq_scope'), false) AS disqualified,
    CASE
        WHEN sold THEN 'sold'
        WHEN demo THEN 'demo'
        WHEN "set" THEN 'set'
        WHEN matched THEN 'matched'
        ELSE 'delivered'
    END AS stage,
    CASE WHEN demo THEN 'high' WHEN "set" THEN 'medium' WHEN matched THEN 'low' ELSE 'unmatched' END AS quality,
    surrogate_key('client', client_id) AS client_key,
    CASE
        WHEN city IS NOT NULL OR state IS NOT NULL OR zip IS NOT NULL THEN surrogate_key('place', city, state, zip)
    END AS place_key,
    CASE WHEN job_status IS NOT NULL THEN surrogate_key('status', client_id, job_status) END AS status_key,
    CASE WHEN dispo IS NOT NULL THEN surrogate_key('disposition', client_id, dispo) END AS disposition_key
FROM outcome
