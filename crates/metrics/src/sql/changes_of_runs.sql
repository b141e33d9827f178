-- changes_of_runs: a row a lead and change between two runs, then the links and files that made the difference.
-- `cause` says why; `lead_number` and `file` name the link and the file.
{compared},
lead_change AS (
    SELECT client_id, lead_uuid, cause, 0 AS place, 'delivered' AS change, was_delivered AS was, now_delivered AS now FROM compared
    UNION ALL SELECT client_id, lead_uuid, cause, 1, 'matched', was_matched, now_matched FROM compared
    UNION ALL SELECT client_id, lead_uuid, cause, 2, 'set', was_set, now_set FROM compared
    UNION ALL SELECT client_id, lead_uuid, cause, 3, 'unset', true, false FROM compared WHERE was_set_now AND NOT now_set_now AND now_delivered
    UNION ALL SELECT client_id, lead_uuid, cause, 4, 'demoed', was_demo, now_demo FROM compared
    UNION ALL SELECT client_id, lead_uuid, cause, 5, 'sold', was_sold, now_sold FROM compared
),
change AS (
    SELECT client_id, lead_uuid, change, CAST(was AS VARCHAR) AS "from", CAST(now AS VARCHAR) AS "to", cause,
        CAST(NULL AS VARCHAR) AS lead_number, CAST(NULL AS VARCHAR) AS file, place
    FROM lead_change
    WHERE was <> now
    UNION ALL
    SELECT client_id, lead_uuid, 'rescheduled',
        to_char(was_appt, '%Y-%m-%dT%H:%M:%S'), to_char(now_appt, '%Y-%m-%dT%H:%M:%S'), cause, NULL, NULL, 6
    FROM compared
    WHERE now_delivered AND was_delivered AND was_appt <> now_appt
    UNION ALL
    -- all records of a lead gone by the later run's last snapshot, and not yet by the earlier run's
    SELECT g.client_id, g.lead_uuid, 'vanished', 'false', 'true',
        CASE WHEN e.last_snapshot_at > d.last_snapshot_at OR d.last_snapshot_at IS NULL THEN 'new_snapshot' ELSE 'correction' END,
        NULL, NULL, 7
    FROM (
        SELECT f.client_id, f.lead_uuid,
            bool_and(r.presence <> 'present') AS gone, bool_or(r.presence = 'vanished') AS vanished,
            bool_and(coalesce(b.presence <> 'present', false)) AS gone_before
        FROM fact_lead_outcome f
        JOIN lead_link k ON k.lead_key = f.lead_key AND k.selected
        JOIN crm_record r ON r.record_key = k.record_key
        LEFT JOIN before_crm_record b ON b.record_key = r.record_key
        WHERE f.in_scope
        GROUP BY f.client_id, f.lead_uuid
    ) g
    LEFT JOIN before_dim_client d ON d.client_id = g.client_id
    LEFT JOIN dim_client e ON e.client_id = g.client_id
    WHERE g.gone AND g.vanished AND NOT g.gone_before
    UNION ALL
    SELECT client_id, coalesce(after_uuid, before_uuid), 'relinked', before_uuid, after_uuid, 'relinked', lead_number, NULL, 8
    FROM link_change
    UNION ALL
    -- files: by name, time and content; `from` and `to` are what became of them. Another content under the same name
    -- and time is a correction, and the one that it replaces is not told beside it.
    SELECT coalesce(a.client_id, b.client_id), NULL, 'file', b.status, a.status,
        CASE
            WHEN b.status IS NULL AND had.file IS NULL THEN 'new_file'
            WHEN a.status IS NULL THEN 'withdrawn_file'
            ELSE 'correction'
        END,
        NULL, coalesce(a.file, b.file), 9
    FROM before_report_file b
    FULL JOIN report_file a
        ON a.client_id = b.client_id AND a.file = b.file AND a.snapshot_at = b.snapshot_at
        AND a.content_key = b.content_key
    LEFT JOIN (SELECT DISTINCT client_id, file, snapshot_at FROM before_report_file) had
        ON had.client_id = a.client_id AND had.file = a.file AND had.snapshot_at = a.snapshot_at
    LEFT JOIN (SELECT DISTINCT client_id, file, snapshot_at FROM report_file) has
        ON has.client_id = b.client_id AND has.file = b.file AND has.snapshot_at = b.snapshot_at
    WHERE (a.status IS DISTINCT FROM b.status) AND NOT (a.status IS NULL AND has.file IS NOT NULL)
)
SELECT client_id, lead_uuid, change, "from", "to", cause, lead_number, file
FROM change
ORDER BY client_id, lead_uuid NULLS LAST, place, lead_number, file
