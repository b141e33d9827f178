//! Maturation: which share of the leads is set by which age (Kaplan-Meier with delayed entry).

use std::collections::BTreeMap;

/// A curve at one age.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// Calendar days since the lead began.
    pub age_days: u32,
    /// Leads under observation at that age and not set before.
    pub at_risk: u64,
    /// Leads set at that age.
    pub events: u64,
    /// Estimated share of leads set by that age, 0 to 1.
    pub share_set: f64,
    /// Lower 95 % limit, where there is one.
    pub low: Option<f64>,
    /// Upper 95 % limit, where there is one.
    pub high: Option<f64>,
}

/// Maturation of the leads of one client, or of all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Maturation {
    /// The client; `None` over several clients.
    pub client_id: Option<String>,
    /// All leads, a point a day of age.
    pub overall: Vec<CurvePoint>,
    /// Leads by the month in which they began, `2023-01`.
    pub by_month: BTreeMap<String, Vec<CurvePoint>>,
}
