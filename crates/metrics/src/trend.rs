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
    /// What broke in this snapshot, in words: `column set went dead`.
    pub breaks: Vec<String>,
}

/// Counts by client and moment; by moment alone over all clients.
pub type CountsByMoment = HashMap<(Option<String>, NaiveDateTime), Counts>;

/// Reads what [`Leads::by_moment`](crate::Leads::by_moment) gives.
#[must_use]
pub fn read(batches: &[RecordBatch], by_client: bool) -> CountsByMoment {
    let mut all = CountsByMoment::new();
    for batch in batches {
        let (clients, moments) = (read::texts(batch, "client_id"), read::wall_times(batch, "at"));
        let rows = clients.into_iter().zip(moments).zip(Counts::read(batch));
        all.extend(rows.filter_map(|((client, at), counts)| {
            let client = if by_client { Some(client?) } else { None };
            Some(((client, at?), counts))
        }));
    }
    all
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

/// Puts the points together: each client's, a point a snapshot time, then, of several clients, those of all.
///
/// `snapshots` are in order. `dated` says of each client whether any of its leads has a delivery time.
#[must_use]
pub fn points(
    snapshots: &[Snapshot],
    dated: &HashMap<String, bool>,
    counts: &CountsByMoment,
) -> Vec<TrendPoint> {
    let mut by_client: BTreeMap<&str, Vec<&Snapshot>> = BTreeMap::new();
    for snapshot in snapshots {
        by_client.entry(&snapshot.client_id).or_default().push(snapshot);
    }
    let is_dated = |client: &str| dated.get(client).copied().unwrap_or_default();
    let mut points = Vec::new();
    for (client, snapshots) in &by_client {
        let breaks = breaks(snapshots);
        let client_id = Some((*client).to_owned());
        points.extend(
            breaks.into_iter().map(|(at, breaks)| point(&client_id, at, is_dated(client), breaks, counts)),
        );
    }
    if by_client.len() > 1 {
        let mut times: Vec<_> = snapshots.iter().map(|snapshot| snapshot.at).collect();
        times.sort_unstable();
        times.dedup();
        let all_dated = by_client.keys().all(|client| is_dated(client));
        points.extend(times.into_iter().map(|at| point(&None, at, all_dated, Vec::new(), counts)));
    }
    points
}

fn point(
    client_id: &Option<String>,
    snapshot_at: NaiveDateTime,
    dated: bool,
    breaks: Vec<String>,
    counts: &CountsByMoment,
) -> TrendPoint {
    let none = Counts { matched: Some(0), sold: Some(0), ..Counts::default() };
    let mut counts = counts.get(&(client_id.clone(), snapshot_at)).copied().unwrap_or(none);
    counts.undated = !dated;
    let base = if dated { Base::Delivered } else { Base::Matched };
    TrendPoint { client_id: client_id.clone(), snapshot_at, base, counts, breaks }
}

/// What broke, or came back, in each snapshot of one client, by its time.
fn breaks(snapshots: &[&Snapshot]) -> Vec<(NaiveDateTime, Vec<String>)> {
    let mut all: Vec<(NaiveDateTime, Vec<String>)> = Vec::new();
    let mut dead_before: &[String] = &[];
    for snapshot in snapshots {
        if all.last().is_none_or(|(at, _)| *at != snapshot.at) {
            all.push((snapshot.at, Vec::new()));
        }
        let Some((_, told)) = all.last_mut() else { continue };
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

    #[test]
    fn breaks_are_told_where_they_happen() {
        let snapshots = [
            snapshot("a", 1, &[], false),
            snapshot("a", 2, &["set"], false),
            snapshot("a", 3, &["set"], false),
            snapshot("a", 4, &["state"], true),
        ];
        let points = points(&snapshots, &HashMap::new(), &CountsByMoment::new());
        let told: Vec<_> = points.iter().map(|point| point.breaks.join(", ")).collect();
        assert_eq!(told, ["", "set went dead", "", "state went dead, set is back, under half of the rows"]);
    }

    #[test]
    fn two_snapshots_of_one_time_are_one_point() {
        let snapshots = [snapshot("a", 1, &[], false), snapshot("a", 1, &["set"], false)];
        let points = points(&snapshots, &HashMap::new(), &CountsByMoment::new());
        assert_eq!(points.len(), 1);
        assert_eq!(points[0].breaks, ["set went dead"]);
    }

    #[test]
    fn several_clients_have_points_of_all_at_every_time() {
        let snapshots =
            [snapshot("a", 1, &[], false), snapshot("a", 3, &[], false), snapshot("b", 2, &[], false)];
        let dated = HashMap::from([("a".to_owned(), true), ("b".to_owned(), false)]);
        let counts = Counts { delivered: 7, matched: Some(5), set: 2, ..Counts::default() };
        let counts = CountsByMoment::from([((Some("a".to_owned()), day(3)), counts)]);
        let points = points(&snapshots, &dated, &counts);
        let of: Vec<_> = points.iter().map(|p| (p.client_id.as_deref(), p.snapshot_at, p.base)).collect();
        let (delivered, matched) = (Base::Delivered, Base::Matched);
        assert_eq!(
            of,
            [
                (Some("a"), day(1), delivered),
                (Some("a"), day(3), delivered),
                (Some("b"), day(2), matched),
                (None, day(1), matched),
                (None, day(2), matched),
                (None, day(3), matched),
            ]
        );
        assert_eq!(points[1].counts.delivered, 7);
        assert_eq!(points[0].counts.matched, Some(0), "nothing yet");
    }
}
