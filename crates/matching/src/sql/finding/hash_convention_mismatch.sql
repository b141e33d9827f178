-- hash_convention_mismatch: the two sides hash otherwise, once a client and kind (spec 2.6): the commonest
-- length differs, or leads find a record by this kind under a tenth as often as by the other. The sample says
-- which, and what likely differs: another length is another algorithm (whose hashes never meet, so that the
-- share says no more); the same length is another normalisation.
WITH commonest AS (
    SELECT client_id, side, kind, digits,
        CASE digits WHEN 64 THEN 'SHA-256' WHEN 40 THEN 'SHA-1' ELSE 'MD5' END AS algorithm
    FROM (
        SELECT *, row_number() OVER (PARTITION BY client_id, side, kind ORDER BY cells DESC, digits DESC) AS place
        FROM hash_digits
        WHERE cells > 0
    )
    WHERE place = 1
),
by_length AS (
    SELECT l.client_id, l.kind,
        'leads ' || l.algorithm || ' (' || l.digits || ' hex digits), reports ' || r.algorithm || ' (' || r.digits
            || '): hash both by one algorithm' AS sample
    FROM commonest l
    JOIN commonest r ON r.client_id = l.client_id AND r.kind = l.kind AND r.side = 'reports'
    WHERE l.side = 'leads' AND l.digits <> r.digits
),
reported AS (
    SELECT DISTINCT i.client_id, 'email_hash' AS kind, i.email_key AS identifier
    FROM record_identity i
    LEFT ANTI JOIN hub_identifier h ON h.client_id = i.client_id AND h.identifier = i.email_key
    WHERE i.email_key IS NOT NULL
    UNION ALL
    SELECT DISTINCT i.client_id, 'phone_hash', i.phone_key
    FROM record_identity i
    LEFT ANTI JOIN hub_identifier h ON h.client_id = i.client_id AND h.identifier = i.phone_key
    WHERE i.phone_key IS NOT NULL
),
lead AS (
    SELECT client_id, 'email_hash' AS kind, email_key AS identifier
    FROM dim_lead WHERE in_scope AND email_key IS NOT NULL
    UNION ALL
    SELECT client_id, 'phone_hash', phone_key
    FROM dim_lead WHERE in_scope AND phone_key IS NOT NULL
),
found AS (
    SELECT l.client_id, l.kind, CAST(count(r.identifier) AS DOUBLE) / count(*) AS share
    FROM lead l
    LEFT JOIN reported r ON r.client_id = l.client_id AND r.kind = l.kind AND r.identifier = l.identifier
    GROUP BY l.client_id, l.kind
),
by_share AS (
    SELECT a.client_id, a.kind,
        round(100 * a.share, 1) || ' % of leads find a record by it, ' || round(100 * b.share, 1)
            || ' % by ' || b.kind || ': likely '
            || CASE a.kind
                WHEN 'phone_hash' THEN 'hashed without the + or the country code on one side'
                ELSE 'not trimmed or lower-cased before hashing, or without the dots of Gmail addresses'
            END AS sample
    FROM found a
    JOIN found b ON b.client_id = a.client_id AND b.kind <> a.kind
    -- a kind that the client does not send at all is a missing column, not another convention
    LEFT SEMI JOIN reported r ON r.client_id = a.client_id AND r.kind = a.kind
    LEFT ANTI JOIN by_length t ON t.client_id = a.client_id AND t.kind = a.kind
    WHERE a.share < b.share / 10
)
SELECT client_id, kind AS "column", 1 AS n, sample
FROM (SELECT * FROM by_length UNION ALL SELECT * FROM by_share)
