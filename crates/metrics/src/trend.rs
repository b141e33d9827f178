//! The trend: what had been reached by each snapshot of a client, and over all clients.

use std::collections::{BTreeMap, HashMap};

use arrow::record_batch::RecordBatch;
use chrono::NaiveDateTime;

use crate::{Base, Counts, read};

/// What had been reached by one snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendPoint {
    /// The client; `None` over all clients.
    pub client_id: Option<String>,
    /// The snapshot's time, wall time of the client's zone.
    pub snapshot_at: NaiveDateTime,
    /// What `delivered` counts, and what the rates are of.
    pub base: Base,
    /// What had been reached.
    pub counts: Counts,
    /// What broke in this snapshot, in words: `set went dead`.
    pub breaks: Vec<String>,
}

/// A snapshot as the trend needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The client.
    pub client_id: String,
    /// Its time, wall time of the client's zone.
    pub at: NaiveDateTime,
    /// Columns that were dead in it.
    pub dead: Vec<String>,
    /// It has under half of the rows of the one before.
    pub dropped: bool,
}

/// What is added up from moment to moment: what only grows.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    delivered: u64,
    /// Matched, set, demos, sold.
    reached: [u64; 4],
    cost: Option<f64>,
}

/// The moments of one client, or of all.
#[derive(Debug)]
struct Line {
    client_id: Option<String>,
    /// Wall times, in order.
    at: Vec<NaiveDateTime>,
    /// The same moments as instants in each client's zone, in microseconds since the epoch.
    instants: HashMap<String, Vec<i64>>,
    steps: Vec<Step>,
}

impl Line {
    fn new(
        client_id: Option<String>,
        mut at: Vec<NaiveDateTime>,
        clients: &[String],
        instant: InstantOf<'_>,
    ) -> Self {
        at.sort_unstable();
        at.dedup();
        let instants = |client: &String| {
            let mut latest = i64::MIN;
            // In order also where the clocks go back.
            let ordered = |at: &NaiveDateTime| {
                latest = latest.max(instant(client, *at));
                latest
            };
            (client.clone(), at.iter().map(ordered).collect())
        };
        let instants = clients.iter().map(instants).collect();
        Self { client_id, steps: vec![Step::default(); at.len()], at, instants }
    }

    /// Adds leads of a client that reached the same at the same times.
    fn add(
        &mut self,
        client: &str,
        delivered: Option<i64>,
        reached: [Option<NaiveDateTime>; 4],
        leads: u64,
        cost: Option<f64>,
    ) {
        let Some(instants) = self.instants.get(client) else { return };
        let first = delivered.map_or(0, |at| instants.partition_point(|instant| *instant < at));
        let Some(step) = self.steps.get_mut(first) else { return };
        step.delivered += leads;
        step.cost = cost.map(|cost| step.cost.unwrap_or_default() + cost).or(step.cost);
        for (milestone, at) in reached.into_iter().enumerate() {
            let Some(at) = at else { continue };
            let moment = first.max(self.at.partition_point(|moment| *moment < at));
            if let Some(step) = self.steps.get_mut(moment) {
                step.reached[milestone] += leads;
            }
        }
    }

    /// What had been reached by each moment.
    fn counts(&self) -> impl Iterator<Item = (NaiveDateTime, Counts)> {
        let mut sum = Step::default();
        self.at.iter().zip(&self.steps).map(move |(at, step)| {
            sum.delivered += step.delivered;
            sum.reached.iter_mut().zip(step.reached).for_each(|(sum, step)| *sum += step);
            sum.cost = step.cost.map(|cost| sum.cost.unwrap_or_default() + cost).or(sum.cost);
            let [matched, set, demos, sold] = sum.reached;
            let (matched, sold) = (Some(matched), Some(sold));
            (
                *at,
                Counts {
                    delivered: sum.delivered,
                    matched,
                    set,
                    demos,
                    sold,
                    cost: sum.cost,
                    ..Counts::default()
                },
            )
        })
    }
}

/// The instant of a wall time of a client, in microseconds since the epoch.
pub type InstantOf<'a> = &'a dyn Fn(&str, NaiveDateTime) -> i64;

/// What had been reached by each moment, added up from what [`Leads::reached`](crate::Leads::reached) gives.
#[derive(Debug)]
pub struct Trend<'s> {
    snapshots: &'s [Snapshot],
    /// Each client's, then, of several clients, that of all.
    lines: Vec<Line>,
}

impl<'s> Trend<'s> {
    /// Of one client, if one is named; else of each, and over all of them where there are several. `snapshots` are in
    /// order, by client.
    #[must_use]
    pub fn new(
        snapshots: &'s [Snapshot],
        clients: &[String],
        only: Option<&str>,
        instant: InstantOf<'_>,
    ) -> Self {
        let of_client = |client: &String| {
            let own = snapshots.iter().filter(|snapshot| snapshot.client_id == *client);
            let at = own.map(|snapshot| snapshot.at).collect();
            Line::new(Some(client.clone()), at, std::slice::from_ref(client), instant)
        };
        let asked = clients.iter().filter(|client| only.is_none_or(|only| only == client.as_str()));
        let mut lines: Vec<_> = asked.map(of_client).collect();
        if only.is_none() && clients.len() > 1 {
            let at = snapshots.iter().map(|snapshot| snapshot.at).collect();
            lines.push(Line::new(None, at, clients, instant));
        }
        Self { snapshots, lines }
    }

    /// Adds rows.
    pub fn add(&mut self, rows: &RecordBatch) {
        let clients = read::texts(rows, "client_id");
        let delivered = read::wall_times(rows, "delivered_at");
        let milestones =
            ["first_matched_snapshot", "first_set_snapshot", "first_demo_snapshot", "first_sold_snapshot"]
                .map(|name| read::wall_times(rows, name));
        let (leads, costs) = (read::counts(rows, "leads"), read::numbers(rows, "cost"));
        for row in 0..rows.num_rows() {
            let (Some(client), Some(leads)) = (clients[row].as_deref(), leads[row]) else { continue };
            let delivered = delivered[row].map(|at| at.and_utc().timestamp_micros());
            let reached = std::array::from_fn(|milestone| milestones[milestone][row]);
            for line in &mut self.lines {
                line.add(client, delivered, reached, leads, costs[row]);
            }
        }
    }

    /// The points. `latest` has what is known as of each client's latest snapshot, under no client over all; `dated` says of
    /// each client with leads whether any of them has a delivery time.
    #[must_use]
    pub fn points(
        self,
        latest: &HashMap<Option<String>, Counts>,
        dated: &HashMap<String, bool>,
    ) -> Vec<TrendPoint> {
        let mut points = Vec::new();
        for line in &self.lines {
            let is_dated = match &line.client_id {
                Some(client) => dated.get(client).copied().unwrap_or(true),
                None => dated.values().all(|dated| *dated),
            };
            let base = if is_dated { Base::Delivered } else { Base::Matched };
            let own: Vec<_> =
                self.snapshots.iter().filter(|one| Some(&one.client_id) == line.client_id.as_ref()).collect();
            let mut breaks = breaks(&own);
            let last = line.at.last();
            for (at, reached) in line.counts() {
                // By the last moment everything is known.
                let known = latest.get(&line.client_id).filter(|_| Some(&at) == last).copied();
                let counts = Counts { undated: !is_dated, ..known.unwrap_or(reached) };
                let breaks = breaks.remove(&at).unwrap_or_default();
                points.push(TrendPoint {
                    client_id: line.client_id.clone(),
                    snapshot_at: at,
                    base,
                    counts,
                    breaks,
                });
            }
        }
        points
    }
}

/// What broke, or came back, in each snapshot of one client, by its time.
fn breaks(snapshots: &[&Snapshot]) -> BTreeMap<NaiveDateTime, Vec<String>> {
    let mut all: BTreeMap<NaiveDateTime, Vec<String>> = BTreeMap::new();
    let mut dead_before: &[String] = &[];
    for snapshot in snapshots {
        let told = all.entry(snapshot.at).or_default();
        let died = snapshot.dead.iter().filter(|column| !dead_before.contains(column));
        told.extend(died.map(|column| format!("{column} went dead")));
        let back = dead_before.iter().filter(|column| !snapshot.dead.contains(column));
        told.extend(back.map(|column| format!("{column} is back")));
        if snapshot.dropped {
            told.push("under half of the rows".to_owned());
        }
        dead_before = &snapshot.dead;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDateTime {
        chrono::NaiveDate::from_ymd_opt(2023, 1, day).unwrap().and_hms_opt(23, 59, 59).unwrap()
    }

    fn snapshot(client: &str, at: u32, dead: &[&str], dropped: bool) -> Snapshot {
        let dead = dead.iter().map(|column| (*column).to_owned()).collect();
        Snapshot { client_id: client.to_owned(), at: day(at), dead, dropped }
    }

    /// The points of snapshots without leads.
    fn bare(snapshots: &[Snapshot]) -> Vec<TrendPoint> {
        let mut clients: Vec<_> = snapshots.iter().map(|snapshot| snapshot.client_id.clone()).collect();
        clients.dedup();
        Trend::new(snapshots, &clients, None, &utc).points(&HashMap::new(), &HashMap::new())
    }

    fn utc(_: &str, at: NaiveDateTime) -> i64 {
        at.and_utc().timestamp_micros()
    }

    #[test]
    fn breaks_are_told_where_they_happen() {
        let snapshots = [
            snapshot("a", 1, &[], false),
            snapshot("a", 2, &["set"], false),
            snapshot("a", 3, &["set"], false),
            snapshot("a", 4, &["state"], true),
        ];
        let told: Vec<_> = bare(&snapshots).iter().map(|point| point.breaks.join(", ")).collect();
        assert_eq!(told, ["", "set went dead", "", "state went dead, set is back, under half of the rows"]);
    }

    #[test]
    fn two_snapshots_of_one_time_are_one_point() {
        let points = bare(&[snapshot("a", 1, &[], false), snapshot("a", 1, &["set"], false)]);
        assert_eq!(points.len(), 1);
        assert_eq!(points[0].breaks, ["set went dead"]);
    }

    #[test]
    fn what_was_reached_adds_up_from_moment_to_moment() {
        let snapshots =
            [snapshot("a", 1, &[], false), snapshot("a", 3, &[], false), snapshot("b", 2, &[], false)];
        let clients = ["a".to_owned(), "b".to_owned(), "without snapshots".to_owned()];
        // In b's zone the clocks are a day behind.
        let instant = |client: &str, at| utc(client, at) + if client == "b" { 86_400_000_000 } else { 0 };
        let mut trend = Trend::new(&snapshots, &clients, None, &instant);
        let noon = |on: u32| Some(utc("", day(on)) - 43_200_000_000);
        for line in &mut trend.lines {
            // Delivered on the first, set by the third; delivered on the second though matched by the first.
            line.add("a", noon(1), [Some(day(1)), Some(day(3)), None, None], 5, Some(10.0));
            line.add("a", noon(2), [Some(day(1)), None, None, None], 1, None);
            line.add("b", noon(3), [Some(day(2)), Some(day(2)), Some(day(2)), Some(day(2))], 2, Some(1.0));
            line.add("without snapshots", None, [None; 4], 7, None);
        }
        let all = HashMap::from([(Some("a".to_owned()), Counts { delivered: 6, ..Counts::default() })]);
        let dated = HashMap::from([("a".to_owned(), true), ("b".to_owned(), true)]);
        let told: Vec<_> = trend
            .points(&all, &dated)
            .iter()
            .map(|point| {
                let Counts { delivered, matched, set, demos, sold, cost, .. } = point.counts;
                let client = point.client_id.as_deref().unwrap_or("all");
                format!(
                    "{client} {} {delivered} {matched:?} {set} {demos} {sold:?} {cost:?}",
                    point.snapshot_at.format("%d")
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "a 01 5 Some(5) 0 0 Some(0) Some(10.0)",
                "a 03 6 None 0 0 None None",
                "b 02 2 Some(2) 2 2 Some(2) Some(1.0)",
                "all 01 12 Some(5) 0 0 Some(0) Some(10.0)",
                "all 02 15 Some(8) 2 2 Some(2) Some(11.0)",
                "all 03 15 Some(8) 7 2 Some(2) Some(11.0)",
            ]
        );
    }

    #[test]
    fn one_client_without_delivery_times_makes_all_undated() {
        let snapshots = [snapshot("a", 1, &[], false), snapshot("b", 2, &[], false)];
        let clients = ["a".to_owned(), "b".to_owned()];
        let bases = |dated: &[(&str, bool)]| -> Vec<Base> {
            let dated = dated.iter().map(|(client, dated)| ((*client).to_owned(), *dated)).collect();
            let points = Trend::new(&snapshots, &clients, None, &utc).points(&HashMap::new(), &dated);
            points.iter().map(|point| point.base).collect()
        };
        let (delivered, matched) = (Base::Delivered, Base::Matched);
        assert_eq!(bases(&[("a", true), ("b", false)]), [delivered, matched, matched, matched]);
        // A client without leads is none that has undated ones.
        assert_eq!(bases(&[("a", true)]), [delivered; 4]);
        assert_eq!(Trend::new(&snapshots, &clients, Some("b"), &utc).lines.len(), 1);
    }
}
