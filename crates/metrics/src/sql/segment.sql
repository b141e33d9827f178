-- segment: sums at the grain of a lead, one row a segment; one row of all where no dimension is asked for.
SELECT
{dimensions}
{counts}
FROM (
{leads}
) f
{joins}
WHERE {base}
