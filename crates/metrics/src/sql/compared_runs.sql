-- compared: every lead that differs between two runs, and why (spec chapter 3, changes). Tables of the earlier run
-- have the prefix `before_`; a lead out of scope, or not there, has reached nothing.
--
-- cause: new_lead (the earlier run did not have it), withdrawn_lead (the later one does not), came_into_scope (by
-- when it was delivered and the client's latest snapshot), relinked (a record that the earlier run had is linked otherwise), new_snapshot (it happened after the earlier
-- run's last snapshot of the client), correction (it is news of before: a late or corrected file, or other settings).
WITH link_change AS (
    SELECT
        coalesce(a.client_id, b.client_id) AS client_id,
        coalesce(a.lead_number, b.lead_number) AS lead_number,
        b.lead_key AS before_key,
        b.lead_uuid AS before_uuid,
        a.lead_key AS after_key,
        a.lead_uuid AS after_uuid
    FROM (SELECT * FROM before_lead_link WHERE selected) b
    FULL JOIN (SELECT * FROM lead_link WHERE selected) a ON a.record_key = b.record_key
    LEFT JOIN before_crm_record known ON known.record_key = a.record_key
    LEFT JOIN crm_record still ON still.record_key = b.record_key
    -- a record that both runs have, linked otherwise
    WHERE (b.lead_key IS NULL AND known.record_key IS NOT NULL)
        OR (a.lead_key IS NULL AND still.record_key IS NOT NULL)
        OR a.lead_key <> b.lead_key
),
relinked AS (
    SELECT DISTINCT lead_key
    FROM (SELECT before_key AS lead_key FROM link_change UNION ALL SELECT after_key FROM link_change)
    WHERE lead_key IS NOT NULL
),
both_runs AS (
    SELECT
        coalesce(a.lead_key, b.lead_key) AS lead_key,
        coalesce(a.client_id, b.client_id) AS client_id,
        coalesce(a.lead_uuid, b.lead_uuid) AS lead_uuid,
        b.lead_key IS NULL AS is_new,
        a.lead_key IS NULL AS is_withdrawn,
        coalesce(b.in_scope, false) AS was_delivered,
        coalesce(a.in_scope, false) AS now_delivered,
        coalesce(b.in_scope AND b.matched, false) AS was_matched,
        coalesce(a.in_scope AND a.matched, false) AS now_matched,
        coalesce(b.in_scope AND b."set", false) AS was_set,
        coalesce(a.in_scope AND a."set", false) AS now_set,
        coalesce(b.in_scope AND b.set_now, false) AS was_set_now,
        coalesce(a.in_scope AND a.set_now, false) AS now_set_now,
        coalesce(b.in_scope AND b.demo, false) AS was_demo,
        coalesce(a.in_scope AND a.demo, false) AS now_demo,
        coalesce(b.in_scope AND b.sold, false) AS was_sold,
        coalesce(a.in_scope AND a.sold, false) AS now_sold,
        -- another primary record is no other appointment
        CASE WHEN b.primary_record_key = a.primary_record_key THEN b.appt_at END AS was_appt,
        a.appt_at AS now_appt,
        -- the latest of what the later run newly says
        greatest(
            CASE WHEN a.matched AND NOT coalesce(b.matched, false) THEN a.first_matched_snapshot END,
            CASE WHEN a."set" AND NOT coalesce(b."set", false) THEN a.first_set_snapshot END,
            CASE WHEN a.demo AND NOT coalesce(b.demo, false) THEN a.first_demo_snapshot END,
            CASE WHEN a.sold AND NOT coalesce(b.sold, false) THEN a.first_sold_snapshot END
        ) AS news_at
    FROM before_fact_lead_outcome b
    FULL JOIN fact_lead_outcome a ON a.lead_key = b.lead_key
),
compared AS (
    SELECT
        c.*,
        CASE
            WHEN c.is_new THEN 'new_lead'
            WHEN c.is_withdrawn THEN 'withdrawn_lead'
            WHEN c.was_delivered <> c.now_delivered THEN 'came_into_scope'
            WHEN r.lead_key IS NOT NULL THEN 'relinked'
            WHEN c.news_at > d.last_snapshot_at OR d.last_snapshot_at IS NULL THEN 'new_snapshot'
            -- nothing newly reached and nothing lost: a later state of the same history
            WHEN c.news_at IS NULL AND NOT (
                (c.was_matched AND NOT c.now_matched) OR (c.was_set AND NOT c.now_set)
                OR (c.was_demo AND NOT c.now_demo)
            ) AND e.last_snapshot_at > d.last_snapshot_at THEN 'new_snapshot'
            ELSE 'correction'
        END AS cause
    FROM both_runs c
    LEFT JOIN relinked r ON r.lead_key = c.lead_key
    LEFT JOIN before_dim_client d ON d.client_id = c.client_id
    LEFT JOIN dim_client e ON e.client_id = c.client_id
    WHERE c.was_delivered <> c.now_delivered
        OR c.was_matched <> c.now_matched
        OR c.was_set <> c.now_set
        OR c.was_set_now <> c.now_set_now
        OR c.was_demo <> c.now_demo
        OR c.was_sold <> c.now_sold
        OR (c.now_delivered AND c.was_appt <> c.now_appt)
)
