//! A question as SQL: which leads, as of when, cut by what.

use crate::{Basis, Dimension, Predicate};

/// Name of the table of moments that `as_of` questions read: `client_id`, `at` (wall time of the client's
/// zone), `instant`, and `settled`, whether the client's latest snapshot is not after it.
pub const MOMENT: &str = "moment";

/// Which leads, and as of when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leads {
    /// Only leads whose outcome fulfils this.
    pub predicate: Option<Predicate>,
    /// As of the moments of [`MOMENT`]; as of each client's latest snapshot otherwise.
    pub as_of: bool,
}

impl Leads {
    /// The leads with what they had reached, as a query.
    fn sql(&self) -> String {
        let template =
            if self.as_of { include_str!("sql/as_of.sql") } else { include_str!("sql/latest.sql") };
        with_predicate(template, self.predicate.as_ref())
    }

    /// The query that counts these leads by segment: `d0` to `d2` and the counts, by delivered descending,
    /// then by the segment's values. Without a dimension it has one row.
    #[must_use]
    pub fn by_segment(&self, by: &[Dimension], matched_only: bool) -> String {
        let columns: String =
            by.iter().enumerate().map(|(n, one)| format!("    {} AS d{n},\n", one.expression())).collect();
        let mut joins: Vec<String> = Vec::new();
        for join in by.iter().filter_map(Dimension::join) {
            if !joins.contains(&join) {
                joins.push(join);
            }
        }
        let mut sql = self.counted(&columns, &joins.join("\n"), matched_only);
        if !by.is_empty() {
            let list =
                |text: &dyn Fn(usize) -> String| (0..by.len()).map(text).collect::<Vec<_>>().join(", ");
            let names = list(&|n| format!("coalesce(d{n}, '{NONE}')"));
            sql.push_str(&format!(
                "GROUP BY {}\nORDER BY delivered DESC, {names}\n",
                list(&|n| format!("d{n}"))
            ));
        }
        sql
    }

    /// The query that counts these leads by when they reached what: `client_id`, `delivered_at`, the milestones, `leads`
    /// and `cost`. What the trend adds up.
    #[must_use]
    pub fn reached(&self) -> String {
        with_predicate(include_str!("sql/reached.sql"), self.predicate.as_ref())
    }

    /// The query behind the maturation curves: `client_id`, `month`, `entered_at`, `left_at`, `set`, `leads`.
    #[must_use]
    pub fn ages(&self) -> String {
        with_predicate(include_str!("sql/maturation.sql"), self.predicate.as_ref())
    }

    fn counted(&self, columns: &str, joins: &str, matched_only: bool) -> String {
        include_str!("sql/segment.sql")
            .replace("{dimensions}\n", columns)
            .replace("{counts}\n", include_str!("sql/counts.sql"))
            // Of no lead at all everything is known, unless it is of the past.
            .replace("{settled}", if self.as_of { "false" } else { "true" })
            .replace("{joins}\n", &(if joins.is_empty() { String::new() } else { format!("{joins}\n") }))
            .replace("{base}", if matched_only { "f.matched" } else { "true" })
            .replace("{leads}\n", &self.sql())
    }
}

/// What a segment's value shows where there is none.
pub const NONE: &str = "(none)";

/// The predicate goes in last: what a person writes may hold braces.
fn with_predicate(template: &str, predicate: Option<&Predicate>) -> String {
    template.replace("{predicate}", &Predicate::sql(predicate))
}

impl Basis {
    /// The query that counts all rows of all snapshots, or all leads; one row.
    #[must_use]
    pub fn sql(self) -> String {
        match self {
            Self::Leads => Leads::default().by_segment(&[], false),
            Self::Rows => include_str!("sql/rows.sql").to_owned(),
        }
    }
}

/// Which leads have a place of their own: whether any has a state, a city, a ZIP code.
pub const PLACES_OF_LEADS: &str = "SELECT count(state) > 0 AS state, count(city) > 0 AS city, \
     count(zip) > 0 AS zip FROM dim_lead";

/// Of each client whether any lead in scope has a delivery time.
pub const DATED: &str = "SELECT client_id, count(delivered_at) > 0 AS dated FROM fact_lead_outcome \
     WHERE in_scope GROUP BY client_id";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_fill_in() {
        let leads = Leads { predicate: Some(Predicate::parse("city = '{counts}'").unwrap()), as_of: true };
        let by: Vec<_> =
            ["city", "dispo", "delivered_week"].map(|n| Dimension::parse(n, &[]).unwrap()).to_vec();
        for sql in [leads.by_segment(&by, true), leads.reached(), leads.ages()] {
            assert_eq!(sql.matches('{').count(), 1, "only what was asked for: {sql}");
            assert!(sql.contains("'{counts}'"));
        }
    }

    #[test]
    fn what_is_joined_is_joined_once() {
        let by: Vec<_> = ["delivered_week", "dispo", "delivered_month"]
            .map(|n| Dimension::parse(n, &[]).unwrap())
            .to_vec();
        assert_eq!(Leads::default().by_segment(&by, false).matches("JOIN dim_lead").count(), 1);
    }
}
