//! What changed between two snapshots of each client, or between two runs.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array};
use arrow::record_batch::RecordBatch;
use chrono::NaiveDateTime;
use leadq_metrics::changes::{self, BEFORE, BridgeStep, Change, SPAN, TABLES_BEFORE};
use leadq_metrics::{Leads, read};

use super::{texts, wall_times};
use crate::ports::{Lake, PortError};
use crate::tables::once;
use crate::view::View;

/// Two snapshots of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The client.
    pub client_id: String,
    /// Time of the earlier one, wall time of the client's zone.
    pub from: NaiveDateTime,
    /// Time of the later one.
    pub to: NaiveDateTime,
}

/// What changed between two runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BetweenRuns {
    /// Leads, links and files, one change a row.
    pub changes: Vec<Change>,
    /// By how much each cause moved the counts.
    pub bridge: Vec<BridgeStep>,
}

const TIMES: &str = "SELECT client_id, snapshot_at, snapshot_no, CAST(entry_from AS INT) AS entry_from \
     FROM dim_snapshot ORDER BY client_id, snapshot_no";

/// The last snapshot of a client at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Moment {
    client_id: String,
    at: NaiveDateTime,
    /// Its number in snapshot order.
    number: u64,
    /// Its earliest entry date, in days since 1970.
    entry_from: Option<i32>,
}

impl View<'_> {
    /// What changed for each client between its latest snapshot not after `from` and its latest not after
    /// `to`; the last snapshot, and the one before the later, where they are not given. Clients that have no two
    /// such snapshots have no changes.
    ///
    /// # Errors
    /// If the tables cannot be read, or the predicate does not fit the fact.
    pub async fn changes(
        &self,
        leads: &Leads,
        from: Option<NaiveDateTime>,
        to: Option<NaiveDateTime>,
    ) -> Result<(Vec<Span>, Vec<Change>), PortError> {
        let spans = self.spans(from, to).await?;
        Ok((spans, Change::read(&self.rows(&leads.changes()).await?)))
    }

    /// How many leads changed in which way between each client's last two snapshots.
    ///
    /// # Errors
    /// If the tables cannot be read, or the predicate does not fit the fact.
    pub async fn change_counts(&self, leads: &Leads) -> Result<(Vec<Span>, HashMap<String, u64>), PortError> {
        let spans = self.spans(None, None).await?;
        let mut counts = HashMap::new();
        for batch in self.rows(&changes::counted_sql(&leads.changes())).await? {
            let kinds = read::texts(&batch, "change").into_iter().flatten();
            counts.extend(kinds.zip(read::counts(&batch, "leads").into_iter().flatten()));
        }
        Ok((spans, counts))
    }

    /// The snapshots to compare, also as the table that the query joins.
    async fn spans(
        &self,
        from: Option<NaiveDateTime>,
        to: Option<NaiveDateTime>,
    ) -> Result<Vec<Span>, PortError> {
        let spans = spans(&self.times().await?, from, to);
        let dates = spans.iter().map(|(_, to)| to.entry_from).collect::<Date32Array>();
        let numbers = |of: fn(&(Moment, Moment)) -> u64| -> ArrayRef {
            Arc::new(spans.iter().map(|span| i64::try_from(of(span)).ok()).collect::<Int64Array>())
        };
        let rows = RecordBatch::try_from_iter([
            ("client_id", texts(spans.iter().map(|(from, _)| from.client_id.as_str()))),
            ("from_at", wall_times(spans.iter().map(|(from, _)| from.at))),
            ("to_at", wall_times(spans.iter().map(|(_, to)| to.at))),
            ("from_no", numbers(|(from, _)| from.number)),
            ("to_no", numbers(|(_, to)| to.number)),
            ("to_entry_from", Arc::new(dates)),
        ])
        .map_err(|error| PortError::permanent("make", SPAN, error))?;
        self.engine().scratch(SPAN, rows.schema(), once(rows)).await?;
        let span =
            |(from, to): (Moment, Moment)| Span { client_id: from.client_id, from: from.at, to: to.at };
        Ok(spans.into_iter().map(span).collect())
    }

    /// What changed since an earlier run, and why; of one client, if one is named.
    ///
    /// # Errors
    /// If there is no such run, or its tables cannot be read.
    pub async fn changes_since(
        &self,
        lake: &dyn Lake,
        earlier: u64,
        client: Option<&str>,
    ) -> Result<BetweenRuns, PortError> {
        let bridge = self.bridge_since(lake, earlier, client).await?;
        let mut all = Change::read(&self.rows(&changes::of_runs_sql()).await?);
        all.retain(|change| client.is_none_or(|client| change.client_id == client));
        Ok(BetweenRuns { changes: all, bridge })
    }

    /// By how much each cause moved the counts since an earlier run; of one client, if one is named.
    ///
    /// # Errors
    /// If there is no such run, or its tables cannot be read.
    pub async fn bridge_since(
        &self,
        lake: &dyn Lake,
        earlier: u64,
        client: Option<&str>,
    ) -> Result<Vec<BridgeStep>, PortError> {
        let run = lake.run(earlier).await?;
        for table in TABLES_BEFORE {
            let mut files = lake.pinned(&run, table).await?;
            files.name = format!("{BEFORE}{}", table.name());
            self.engine().register(&files)?;
        }
        Ok(changes::read_bridge(&self.rows(&changes::bridge_sql()).await?, client))
    }

    /// The moments at which clients have snapshots, in order.
    async fn times(&self) -> Result<Vec<Moment>, PortError> {
        let mut times: Vec<Moment> = Vec::new();
        for batch in self.rows(TIMES).await? {
            let ids = read::texts(&batch, "client_id");
            let at = read::wall_times(&batch, "snapshot_at");
            let [numbers, entries] = ["snapshot_no", "entry_from"].map(|name| read::counts(&batch, name));
            for row in 0..batch.num_rows() {
                let (Some(client_id), Some(at), Some(number)) = (ids[row].clone(), at[row], numbers[row])
                else {
                    continue;
                };
                let entry_from = entries[row].and_then(|day| i32::try_from(day).ok());
                // Of several snapshots at one time the last stands.
                times.pop_if(|last| last.client_id == client_id && last.at == at);
                times.push(Moment { client_id, at, number, entry_from });
            }
        }
        Ok(times)
    }
}

/// The two moments of each client. `times` are in order.
fn spans(times: &[Moment], from: Option<NaiveDateTime>, to: Option<NaiveDateTime>) -> Vec<(Moment, Moment)> {
    let of_client = |times: &[Moment]| {
        let by =
            |end: Option<NaiveDateTime>| times.iter().rposition(|time| end.is_none_or(|end| time.at <= end));
        let to = by(to)?;
        let from = match from {
            Some(_) => by(from)?,
            None => to.checked_sub(1)?,
        };
        (from < to).then(|| (times[from].clone(), times[to].clone()))
    };
    times.chunk_by(|a, b| a.client_id == b.client_id).filter_map(of_client).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDateTime {
        chrono::NaiveDate::from_ymd_opt(2023, 1, day).unwrap().and_hms_opt(12, 0, 0).unwrap()
    }

    #[test]
    fn the_two_snapshots_of_each_client() {
        let times: Vec<_> = [("a", 1), ("a", 3), ("a", 5), ("b", 4), ("c", 2), ("c", 9)]
            .map(|(client, on)| Moment {
                client_id: client.to_owned(),
                at: day(on),
                number: u64::from(on),
                entry_from: i32::try_from(on).ok(),
            })
            .to_vec();
        let of = |from: Option<u32>, to: Option<u32>| -> Vec<_> {
            let spans = spans(&times, from.map(day), to.map(day));
            spans
                .iter()
                .map(|(from, to)| format!("{} {} {}", from.client_id, from.number, to.number))
                .collect()
        };
        let told = |client: &str, from: u32, to: u32| format!("{client} {from} {to}");
        assert_eq!(of(None, None), [told("a", 3, 5), told("c", 2, 9)]);
        assert_eq!(of(Some(2), None), [told("a", 1, 5), told("c", 2, 9)]);
        assert_eq!(of(Some(3), Some(4)), Vec::<String>::new(), "no snapshot between them");
        assert_eq!(of(None, Some(4)), [told("a", 1, 3)]);
    }
}
