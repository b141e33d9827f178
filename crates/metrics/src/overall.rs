//! The metrics of a set of leads, from their counts.

use arrow::array::{Array, AsArray};
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
    /// Nobody knows how many of the leads had been delivered by then: there are no rates of delivered leads.
    pub undated: bool,
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
    /// The counts of no lead, all of them known.
    pub const NOTHING: Self = Self {
        delivered: 0,
        disqualified: Some(0),
        set_inferred: Some(0),
        matched: Some(0),
        set: 0,
        appointments: Some(0),
        demos: 0,
        sold: Some(0),
        cancelled: Some(0),
        net_sold: Some(0),
        cost: None,
        undated: false,
    };

    /// Reads counts by name, one a row.
    #[must_use]
    pub fn read(rows: &RecordBatch) -> Vec<Self> {
        let column = |name: &str| rows.column_by_name(name)?.as_primitive_opt::<Int64Type>();
        let count = |name: &str, row: usize| {
            let column = column(name).filter(|column| column.is_valid(row))?;
            u64::try_from(column.value(row)).ok()
        };
        let costs = rows.column_by_name("cost").and_then(|column| column.as_primitive_opt::<Float64Type>());
        let of = |row: usize| Self {
            delivered: count("delivered", row).unwrap_or_default(),
            disqualified: count("disqualified", row),
            set_inferred: count("set_inferred", row),
            matched: count("matched", row),
            set: count("set", row).unwrap_or_default(),
            appointments: count("appointments", row),
            demos: count("demos", row).unwrap_or_default(),
            sold: count("sold", row),
            cancelled: count("cancelled", row),
            net_sold: count("net_sold", row),
            cost: costs.filter(|costs| costs.is_valid(row)).map(|costs| costs.value(row)),
            undated: false,
        };
        (0..rows.num_rows()).map(of).collect()
    }

    /// Every metric of chapter 3, in its order.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        let count = |name, value| Metric { name, value: Value::Count(value) };
        let rate = |name, events: Option<u64>, trials: Option<u64>| Metric {
            name,
            value: Value::Rate(events.zip(trials).and_then(|(events, trials)| Rate::of(events, trials))),
        };
        let (set, demos) = (Some(self.set), Some(self.demos));
        let delivered = (!self.undated).then_some(self.delivered);
        let valid = delivered
            .zip(self.disqualified)
            .and_then(|(delivered, disqualified)| delivered.checked_sub(disqualified));
        vec![
            count("delivered", Some(self.delivered)),
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
            undated: false,
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
    fn without_delivery_times_there_are_no_rates_of_delivered() {
        let counts =
            Counts { delivered: 1000, matched: Some(100), set: 20, undated: true, ..Counts::default() };
        for name in ["conversion_rate", "match_rate", "valid_conversion_rate"] {
            assert_eq!(rate(&counts, name), None, "{name}");
        }
        assert_eq!(rate(&counts, "set_of_matched_rate"), Some(0.2));
    }

    /// A figure and a dimension of one name would be two columns of one name.
    #[test]
    fn no_dimension_has_the_name_of_a_figure() {
        let figures = Counts::default().metrics().into_iter().flat_map(|metric| {
            let limits = matches!(metric.value, Value::Rate(_)).then_some(["_low", "_high"]);
            let limits = limits.into_iter().flatten().map(move |limit| format!("{}{limit}", metric.name));
            std::iter::once(metric.name.to_owned()).chain(limits)
        });
        let beside =
            ["segment", "base", "basis", "shrunken_rate", "p_value", "q_value", "settled", "at", "d0"];
        for name in figures.chain(beside.map(str::to_owned)) {
            let config = leadq_contract::config::Config::parse(&format!("dimensions = [\"{name}\"]"));
            assert!(config.is_err(), "{name}");
        }
        assert!(leadq_contract::config::Config::parse("dimensions = [\"source\"]").is_ok());
    }

    #[test]
    fn rows_tell_no_matches() {
        let rows = Counts { delivered: 82_287, set: 12_260, demos: 8_313, ..Counts::default() };
        assert_eq!(rate(&rows, "match_rate"), None);
        assert!((rate(&rows, "conversion_rate").unwrap() - 0.149).abs() < 5e-4);
        assert!((rate(&rows, "demo_rate").unwrap() - 0.6781).abs() < 5e-5);
    }
}
