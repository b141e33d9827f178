-- city_in_many_states: a city that stands with several states in the latest states (spec 2.6).
SELECT client_id, 'city' AS "column", 1 AS n,
    city || ': ' || string_agg(state || ' ' || records, ', ' ORDER BY state) AS sample
FROM (
    SELECT client_id, city, state, count(*) AS records
    FROM crm_record
    WHERE city IS NOT NULL AND state IS NOT NULL
    GROUP BY client_id, city, state
)
GROUP BY client_id, city
HAVING count(*) > 1
