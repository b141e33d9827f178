-- finding/CODE: occurrences of one rule, one row each, counted by client, file and column with up to
-- {max_samples} samples in the order of their text, cut to {sample_length} characters: a sample is to be read. The rule's own file stands in for the innermost query.
SELECT
    '{code}' AS code,
    '{severity}' AS severity,
    client_id,
    CAST(NULL AS VARCHAR) AS file,
    CAST(NULL AS BIGINT) AS line,
    "column",
    CAST(sum(n) AS BIGINT) AS "count",
    array_agg(left(sample, {sample_length}) ORDER BY place) FILTER (WHERE place <= {max_samples}) AS samples
FROM (
    SELECT *, row_number() OVER (PARTITION BY client_id, "column" ORDER BY sample) AS place
    FROM (
{occurrences}
    )
)
GROUP BY client_id, "column"
