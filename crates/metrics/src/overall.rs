//! The metrics of a set of leads, from their counts.

use arrow::array::AsArray;
use arrow::datatypes::{Float64Type, Int64Type};
use arrow::record_batch::RecordBatch;

use crate::wilson::Rate;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Each lead once.
    Leads,
    /// Each kept row of each snapshot: the old report's way, for reconciliation only.
    Rows,
}

impl Basis {
    /// Name on the command line and in output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leads => "leads",
            Self::Rows => "rows",
        }
    }

    /// The query that counts; one row.
    #[must_use]
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Leads => include_str!("sql/overall.sql"),
            Self::Rows => include_str!("sql/rows.sql"),
        }
    }
}

/// Sums over a set of leads (spec chapter 3); by rows, what rows cannot tell is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counts {
    /// Leads delivered.
    pub delivered: u64,
    /// Claimed against the seller or out of the client's scope.
    pub disqualified: Option<u64>,
    /// Set by inference only.
    pub set_inferred: Option<u64>,
    /// With a linked CRM record.
    pub matched: Option<u64>,
    /// With an appointment ever set.
    pub set: u64,
    /// Set with an appointment date.
    pub appointments: Option<u64>,
    /// Set and demoed.
    pub demos: u64,
    /// Sold.
    pub sold: Option<u64>,
    /// Sold and cancelled.
    pub cancelled: Option<u64>,
    /// Sold and not cancelled.
    pub net_sold: Option<u64>,
    /// Sum of the leads' prices, if they have any.
    pub cost: Option<f64>,
}

/// A metric's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A number of leads.
    Count(Option<u64>),
    /// A fraction with its interval.
    Rate(Option<Rate>),
    /// An amount of money.
    Money(Option<f64>),
}

/// A metric by the name that chapter 3 gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: Value,
}

impl Counts {
    /// Reads the row that [`Basis::sql`] gives.
    #[must_use]
    pub fn read(row: &RecordBatch) -> Self {
        let count = |name: &str| {
            let column = row.column_by_name(name)?.as_primitive_opt::<Int64Type>()?;
            u64::try_from(column.iter().next()??).ok()
        };
        let cost = || row.column_by_name("cost")?.as_primitive_opt::<Float64Type>()?.iter().next()?;
        Self {
            delivered: count("delivered").unwrap_or_default(),
            disqualified: count("disqualified"),
            set_inferred: count("set_inferred"),
            matched: count("matched"),
            set: count("set").unwrap_or_default(),
            appointments: count("appointments"),
            demos: count("demos").unwrap_or_default(),
            sold: count("sold"),
            cancelled: count("cancelled"),
            net_sold: count("net_sold"),
            cost: cost(),
        }
    }

    /// Every metric of chapter 3, in its order.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        let count = |name, value| Metric { name, value: Value::Count(value) };
        let rate = |name, events: Option<u64>, trials: Option<u64>| Metric {
            name,
            value: Value::Rate(events.zip(trials).and_then(|(events, trials)| Rate::of(events, trials))),
        };
        let (delivered, set, demos) = (Some(self.delivered), Some(self.set), Some(self.demos));
        let valid = self.disqualified.map(|disqualified| self.delivered - disqualified);
        vec![
            count("delivered", delivered),
            count("disqualified", self.disqualified),
            rate("valid_conversion_rate", set, valid),
            count("set_inferred", self.set_inferred),
            count("matched", self.matched),
            rate("match_rate", self.matched, delivered),
            count("set", set),
            rate("conversion_rate", set, delivered),
            rate("set_of_matched_rate", set, self.matched),
            count("appointments", self.appointments),
            count("demos", demos),
            rate("demo_rate", demos, set),
            count("sold", self.sold),
            rate("close_rate", self.sold, demos),
            count("net_sold", self.net_sold),
            count("cancelled", self.cancelled),
            rate("cancel_rate", self.cancelled, self.sold),
            Metric { name: "cost", value: Value::Money(self.cost) },
            Metric { name: "cost_per_set", value: Value::Money(self.cost_per(set)) },
            Metric { name: "cost_per_demo", value: Value::Money(self.cost_per(demos)) },
            Metric { name: "cost_per_sale", value: Value::Money(self.cost_per(self.net_sold)) },
        ]
    }

    /// One metric by name.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<Value> {
        self.metrics().into_iter().find(|metric| metric.name == name).map(|metric| metric.value)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of leads stay far under 2^53")]
    fn cost_per(&self, count: Option<u64>) -> Option<f64> {
        let count = count.filter(|count| *count > 0)?;
        Some(self.cost? / count as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(counts: &Counts, name: &str) -> Option<f64> {
        match counts.metric(name) {
            Some(Value::Rate(rate)) => rate.map(|rate| rate.value),
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn definitions_of_chapter_3() {
        let counts = Counts {
            delivered: 1000,
            disqualified: Some(200),
            set_inferred: Some(5),
            matched: Some(900),
            set: 250,
            appointments: Some(240),
            demos: 100,
            sold: Some(40),
            cancelled: Some(10),
            net_sold: Some(30),
            cost: Some(60_000.0),
        };
        let expected = [
            ("valid_conversion_rate", 250.0 / 800.0),
            ("match_rate", 0.9),
            ("conversion_rate", 0.25),
            ("set_of_matched_rate", 250.0 / 900.0),
            ("demo_rate", 0.4),
            ("close_rate", 0.4),
            ("cancel_rate", 0.25),
        ];
        for (name, value) in expected {
            assert_eq!(rate(&counts, name), Some(value), "{name}");
        }
        for (name, value) in [("cost_per_set", 240.0), ("cost_per_demo", 600.0), ("cost_per_sale", 2000.0)] {
            assert_eq!(counts.metric(name), Some(Value::Money(Some(value))), "{name}");
        }
    }

    #[test]
    fn a_rate_of_nothing_is_null() {
        let none = Counts::default();
        assert_eq!(rate(&none, "conversion_rate"), None);
        assert_eq!(rate(&none, "close_rate"), None);
        assert_eq!(none.metric("cost_per_set"), Some(Value::Money(None)));
    }

    #[test]
    fn rows_tell_no_matches() {
        let rows = Counts { delivered: 82_287, set: 12_260, demos: 8_313, ..Counts::default() };
        assert_eq!(rate(&rows, "match_rate"), None);
        assert!((rate(&rows, "conversion_rate").unwrap() - 0.149).abs() < 5e-4);
        assert!((rate(&rows, "demo_rate").unwrap() - 0.6781).abs() < 5e-5);
    }
}
