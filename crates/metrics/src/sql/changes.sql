-- changes: what became of the leads between two snapshots of their client (spec chapter 3).
-- `span` has for each client the two moments, the last snapshots at them, and the earliest entry date in the later one. Links are today's,
-- and so is the primary record, whose appointment is compared.
WITH lead AS (
    SELECT f.*, s.from_at, s.to_at, s.from_no, s.to_no, s.to_entry_from
    FROM (SELECT * FROM fact_lead_outcome WHERE in_scope AND matched AND {predicate}) f
    JOIN span s ON s.client_id = f.client_id
),
-- the versions of a lead's records that stood at the two moments
stood AS (
    SELECT
        l.lead_key,
        bool_or(v.valid_from <= l.from_at AND (v.valid_to IS NULL OR v.valid_to > l.from_at) AND v."set") AS set_from,
        bool_or(v.valid_from <= l.to_at AND (v.valid_to IS NULL OR v.valid_to > l.to_at) AND v."set") AS set_to,
        max(CASE
            WHEN v.record_key = l.primary_record_key
                AND v.valid_from <= l.from_at AND (v.valid_to IS NULL OR v.valid_to > l.from_at) THEN v.appt_at
        END) AS appt_from,
        max(CASE
            WHEN v.record_key = l.primary_record_key
                AND v.valid_from <= l.to_at AND (v.valid_to IS NULL OR v.valid_to > l.to_at) THEN v.appt_at
        END) AS appt_to
    FROM lead l
    JOIN lead_link k ON k.lead_key = l.lead_key AND k.selected
    JOIN record_version v ON v.record_key = k.record_key
    GROUP BY l.lead_key
),
-- a record is gone when its last snapshot is before the moment; aged out when it is older than the later one's window
seen AS (
    SELECT
        l.lead_key,
        bool_and(r.last_snapshot_no < l.from_no) FILTER (WHERE r.first_snapshot_no <= l.from_no) AS gone_from,
        bool_and(r.last_snapshot_no < l.to_no) FILTER (WHERE r.first_snapshot_no <= l.to_no) AS gone_to,
        bool_or(r.last_snapshot_no < l.to_no AND coalesce(r.entry_date >= l.to_entry_from, true)) AS vanished_to
    FROM lead l
    JOIN lead_link k ON k.lead_key = l.lead_key AND k.selected
    JOIN crm_record r ON r.record_key = k.record_key
    GROUP BY l.lead_key
),
compared AS (
    SELECT
        l.client_id,
        l.lead_uuid,
        l.first_matched_snapshot > l.from_at AND l.first_matched_snapshot <= l.to_at AS matched,
        coalesce(l.first_set_snapshot > l.from_at AND l.first_set_snapshot <= l.to_at, false) AS "set",
        coalesce(l.first_demo_snapshot > l.from_at AND l.first_demo_snapshot <= l.to_at, false) AS demoed,
        coalesce(l.sold AND l.first_sold_snapshot > l.from_at AND l.first_sold_snapshot <= l.to_at, false) AS sold,
        coalesce(s.set_from, false) AND NOT coalesce(s.set_to, false) AS unset,
        coalesce(s.appt_from <> s.appt_to, false) AS rescheduled,
        s.appt_from,
        s.appt_to,
        coalesce(e.gone_to, false) AND coalesce(e.vanished_to, false) AND NOT coalesce(e.gone_from, false) AS vanished
    FROM lead l
    JOIN stood s ON s.lead_key = l.lead_key
    JOIN seen e ON e.lead_key = l.lead_key
)
SELECT client_id, lead_uuid, change, "from", "to"
FROM (
    SELECT client_id, lead_uuid, 0 AS place, 'matched' AS change, 'false' AS "from", 'true' AS "to" FROM compared WHERE matched
    UNION ALL SELECT client_id, lead_uuid, 1, 'set', 'false', 'true' FROM compared WHERE "set"
    UNION ALL SELECT client_id, lead_uuid, 2, 'unset', 'true', 'false' FROM compared WHERE unset
    UNION ALL SELECT client_id, lead_uuid, 3, 'demoed', 'false', 'true' FROM compared WHERE demoed
    UNION ALL SELECT client_id, lead_uuid, 4, 'sold', 'false', 'true' FROM compared WHERE sold
    UNION ALL SELECT client_id, lead_uuid, 5, 'rescheduled',
        to_char(appt_from, '%Y-%m-%dT%H:%M:%S'), to_char(appt_to, '%Y-%m-%dT%H:%M:%S')
    FROM compared WHERE rescheduled
    UNION ALL SELECT client_id, lead_uuid, 6, 'vanished', 'false', 'true' FROM compared WHERE vanished
)
ORDER BY client_id, lead_uuid, place
