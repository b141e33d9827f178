-- unset: a version without set directly after one with it (spec 2.2).
SELECT client_id, 'set' AS "column", 1 AS n,
    coalesce('lead number ' || lead_number, 'record without number') || ', ' || file || ' line ' || line AS sample
FROM unset_version
