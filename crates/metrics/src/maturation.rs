//! Maturation: which share of the leads is set by which age (Kaplan-Meier with delayed entry).

use std::collections::BTreeMap;

use arrow::record_batch::RecordBatch;

use crate::kaplan_meier::{Followed, curve};
use crate::read;

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

/// Where fewer leads than this are at risk, single leads make steps.
pub const LEAST_AT_RISK: u64 = 10;

/// The part of a curve that enough leads stand behind from its beginning on: what comes after an age at which few were
/// at risk rests on those few.
#[must_use]
pub fn supported(curve: &[CurvePoint]) -> &[CurvePoint] {
    let end = curve.iter().position(|point| point.at_risk < LEAST_AT_RISK).unwrap_or(curve.len());
    &curve[..end]
}

impl Maturation {
    /// The months whose leads were followed from their beginning, oldest first, each as far as it is supported: those
    /// can be compared with one another and with all. Of a month that began before the client's first snapshot nobody
    /// knows what had been set by then, and its shares are of the others only.
    pub fn followed_months(&self) -> impl DoubleEndedIterator<Item = (&str, &[CurvePoint])> {
        let months = self.by_month.iter().map(|(month, points)| (month.as_str(), supported(points)));
        months.filter(|(_, points)| !points.is_empty())
    }

    /// The other months.
    pub fn other_months(&self) -> impl Iterator<Item = &str> {
        let months = self.by_month.iter().filter(|(_, points)| supported(points).is_empty());
        months.map(|(month, _)| month.as_str())
    }
}

/// The leads of one client, or of all, as they were followed.
#[derive(Debug, Default)]
struct Observed {
    overall: Vec<Followed>,
    by_month: BTreeMap<String, Vec<Followed>>,
}

impl Observed {
    fn add(&mut self, month: &str, followed: Followed) {
        self.overall.push(followed);
        match self.by_month.get_mut(month) {
            Some(all) => all.push(followed),
            None => drop(self.by_month.insert(month.to_owned(), vec![followed])),
        }
    }

    fn maturation(&self, client_id: Option<String>) -> Maturation {
        let by_month = self.by_month.iter().map(|(month, followed)| (month.clone(), curve(followed)));
        Maturation { client_id, overall: curve(&self.overall), by_month: by_month.collect() }
    }
}

/// Reads what [`Leads::ages`](crate::Leads::ages) gives: of several clients the curves of all leads together, then
/// those of each client.
#[must_use]
pub fn read(batches: &[RecordBatch]) -> Vec<Maturation> {
    let mut all = Observed::default();
    let mut clients: BTreeMap<String, Observed> = BTreeMap::new();
    for batch in batches {
        let [ids, months] = ["client_id", "month"].map(|name| read::texts(batch, name));
        let [entered, left, leads] = ["entered_at", "left_at", "leads"].map(|name| read::counts(batch, name));
        let set = read::flags(batch, "set");
        let days = |age: Option<u64>| age.and_then(|age| u32::try_from(age).ok());
        for row in 0..batch.num_rows() {
            let (Some(id), Some(month), Some(leads)) = (&ids[row], &months[row], leads[row]) else {
                continue;
            };
            let (Some(entry_age), Some(exit_age)) = (days(entered[row]), days(left[row])) else { continue };
            let followed = Followed { entry_age, exit_age, set: set[row], leads };
            all.add(month, followed);
            clients.entry(id.clone()).or_default().add(month, followed);
        }
    }
    let together = (clients.len() > 1).then(|| all.maturation(None));
    let each = clients.iter().map(|(id, observed)| observed.maturation(Some(id.clone())));
    together.into_iter().chain(each).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, BooleanArray, Int64Array, StringArray};

    use super::*;

    #[test]
    fn curves_of_all_then_of_each_client_and_month() {
        let numbers = |values: &[i64]| -> ArrayRef { Arc::new(Int64Array::from(values.to_vec())) };
        let texts = |values: &[&str]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
        let batch = RecordBatch::try_from_iter([
            ("client_id", texts(&["b", "a", "a"])),
            ("month", texts(&["2023-01", "2023-01", "2023-02"])),
            ("entered_at", numbers(&[0, 0, 0])),
            ("left_at", numbers(&[1, 2, 0])),
            ("set", Arc::new(BooleanArray::from(vec![true, false, false])) as ArrayRef),
            ("leads", numbers(&[1, 2, 3])),
        ])
        .unwrap();
        let all = read(&[batch]);
        let told: Vec<_> = all
            .iter()
            .map(|one| {
                let months: Vec<_> =
                    one.by_month.iter().map(|(month, points)| (month.as_str(), points.len())).collect();
                (one.client_id.as_deref(), one.overall[0].at_risk, months)
            })
            .collect();
        assert_eq!(
            told,
            [
                (None, 6, vec![("2023-01", 3), ("2023-02", 1)]),
                (Some("a"), 5, vec![("2023-01", 3), ("2023-02", 1)]),
                (Some("b"), 1, vec![("2023-01", 2)]),
            ]
        );
        assert!(read(&[]).is_empty());
    }

    #[test]
    fn months_that_were_not_followed_from_their_beginning() {
        let point =
            |at_risk| CurvePoint { age_days: 0, at_risk, events: 0, share_set: 0.0, low: None, high: None };
        // A boundary month: one lead from its last day, then those that were older at the first snapshot.
        let boundary = vec![point(1), point(1), point(200)];
        let by_month = [
            ("2023-01", boundary),
            ("2023-02", vec![point(10), point(12), point(9), point(20)]),
            ("2023-03", vec![]),
        ];
        let by_month = by_month.into_iter().map(|(month, points)| (month.to_owned(), points)).collect();
        let maturation = Maturation { by_month, ..Maturation::default() };
        let followed: Vec<_> =
            maturation.followed_months().map(|(month, points)| (month, points.len())).collect();
        assert_eq!(followed, [("2023-02", 2)]);
        assert_eq!(maturation.other_months().collect::<Vec<_>>(), ["2023-01", "2023-03"]);
    }
}
