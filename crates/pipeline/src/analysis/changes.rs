//! What changed between two snapshots of each client, or between two runs.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::Date32Array;
use arrow::record_batch::RecordBatch;
use chrono::NaiveDateTime;
use leadq_metrics::changes::{self, BEFORE, BridgeStep, Change, SPAN, TABLES_BEFORE};
use leadq_metrics::{Leads, read};

use super::{texts, wall_times};
use crate::model::once;
use crate::ports::{Lake, PortError};
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

const TIMES: &str = "SELECT client_id, snapshot_at, min(CAST(entry_from AS INT)) AS entry_from \
     FROM dim_snapshot GROUP BY client_id, snapshot_at ORDER BY client_id, snapshot_at";

/// A snapshot's client, time and earliest entry date in days since 1970.
type Time = (String, NaiveDateTime, Option<i32>);

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
        let dates = spans.iter().map(|(_, entry_from)| *entry_from).collect::<Date32Array>();
        let rows = RecordBatch::try_from_iter([
            ("client_id", texts(spans.iter().map(|(span, _)| span.client_id.as_str()))),
            ("from_at", wall_times(spans.iter().map(|(span, _)| span.from))),
            ("to_at", wall_times(spans.iter().map(|(span, _)| span.to))),
            ("to_entry_from", Arc::new(dates)),
        ])
        .map_err(|error| PortError::permanent("make", SPAN, error))?;
        self.engine().scratch(SPAN, rows.schema(), once(rows)).await?;
        Ok(spans.into_iter().map(|(span, _)| span).collect())
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

    async fn times(&self) -> Result<Vec<Time>, PortError> {
        let mut times = Vec::new();
        for batch in self.rows(TIMES).await? {
            let ids = read::texts(&batch, "client_id");
            let (at, entries) = (read::wall_times(&batch, "snapshot_at"), read::counts(&batch, "entry_from"));
            times.extend((0..batch.num_rows()).filter_map(|row| {
                let entry_from = entries[row].and_then(|day| i32::try_from(day).ok());
                Some((ids[row].clone()?, at[row]?, entry_from))
            }));
        }
        Ok(times)
    }
}

/// The two snapshots of each client, with the earliest entry date of the later one. `times` are in order.
fn spans(times: &[Time], from: Option<NaiveDateTime>, to: Option<NaiveDateTime>) -> Vec<(Span, Option<i32>)> {
    let of_client = |times: &[Time]| {
        let by =
            |end: Option<NaiveDateTime>| times.iter().rposition(|time| end.is_none_or(|end| time.1 <= end));
        let to = by(to)?;
        let from = match from {
            Some(_) => by(from)?,
            None => to.checked_sub(1)?,
        };
        let (earlier, later) = (&times[from], &times[to]);
        let span = Span { client_id: later.0.clone(), from: earlier.1, to: later.1 };
        (from < to).then_some((span, later.2))
    };
    times.chunk_by(|a, b| a.0 == b.0).filter_map(of_client).collect()
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
            .map(|(client, on)| (client.to_owned(), day(on), Some(i32::try_from(on).unwrap())))
            .to_vec();
        let of = |from: Option<u32>, to: Option<u32>| -> Vec<_> {
            let spans = spans(&times, from.map(day), to.map(day));
            spans.iter().map(|(s, entry)| format!("{} {} {} {entry:?}", s.client_id, s.from, s.to)).collect()
        };
        let told =
            |client: &str, from: u32, to: u32| format!("{client} {} {} Some({to})", day(from), day(to));
        assert_eq!(of(None, None), [told("a", 3, 5), told("c", 2, 9)]);
        assert_eq!(of(Some(2), None), [told("a", 1, 5), told("c", 2, 9)]);
        assert_eq!(of(Some(3), Some(4)), Vec::<String>::new(), "no snapshot between them");
        assert_eq!(of(None, Some(4)), [told("a", 1, 3)]);
    }
}
