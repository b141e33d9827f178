-- dim_place: one row a city, state and ZIP code that a lead's outcome has.
SELECT place_key, city, state, zip
FROM fact_lead_outcome
WHERE place_key IS NOT NULL
GROUP BY place_key, city, state, zip
