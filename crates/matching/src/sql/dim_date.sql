-- dim_date: one row a day, from the first to the last that any table speaks of.
WITH span AS (
    SELECT min(first_day) AS first_day, max(last_day) AS last_day FROM client_days
),
calendar AS (
    SELECT CAST(unnest(generate_series(first_day, last_day, INTERVAL '1 day')) AS DATE) AS "date"
    FROM span
    WHERE first_day IS NOT NULL
)
SELECT
    "date",
    date_part('year', "date") AS year,
    date_part('quarter', "date") AS quarter,
    date_part('month', "date") AS month,
    to_char("date", '%B') AS month_name,
    CAST(to_char("date", '%G') AS BIGINT) AS iso_year,
    CAST(to_char("date", '%V') AS BIGINT) AS iso_week,
    date_part('day', "date") AS day,
    to_char("date", '%A') AS weekday
FROM calendar
