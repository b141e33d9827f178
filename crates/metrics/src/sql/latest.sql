-- latest: the leads in scope with what has become of them by their client's latest snapshot.
SELECT *, true AS settled
FROM fact_lead_outcome
WHERE in_scope AND {predicate}
