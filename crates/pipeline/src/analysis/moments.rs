//! As of when: moments of clients, as the table that `as_of` questions join, and the trend over them.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use futures::TryStreamExt;
use leadq_metrics::question::{DATED, MOMENT};
use leadq_metrics::trend::{Snapshot, Trend, TrendPoint};
use leadq_metrics::{Counts, Dimension, Leads, read};

use super::{texts, wall_times};
use crate::ports::PortError;
use crate::tables::once;
use crate::view::View;
use crate::wall::instant_of;

/// A client's zone and the time of its latest snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientMoments {
    /// The client.
    pub client_id: String,
    /// Its name for people.
    pub name: String,
    /// Its zone.
    pub timezone: Tz,
    /// Snapshots taken in.
    pub snapshots: u64,
    /// Time of its first snapshot, wall time; none if it has none.
    pub first: Option<NaiveDateTime>,
    /// Time of its latest snapshot.
    pub latest: Option<NaiveDateTime>,
}

const CLIENTS: &str = "SELECT client_id, name, timezone, snapshots, first_snapshot_at, last_snapshot_at FROM dim_client ORDER BY client_id";

/// Under half of the kept rows of the snapshot before, as 2.6 has it.
const SNAPSHOTS: &str = "SELECT client_id, snapshot_at, dead_columns, \
     coalesce(2 * kept < lag(kept) OVER (PARTITION BY client_id ORDER BY snapshot_no), false) AS dropped \
     FROM dim_snapshot ORDER BY client_id, snapshot_no";

impl View<'_> {
    /// The clients of the run.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn clients(&self) -> Result<Vec<ClientMoments>, PortError> {
        let mut clients = Vec::new();
        for batch in self.rows(CLIENTS).await? {
            let [ids, names, zones] = ["client_id", "name", "timezone"].map(|name| read::texts(&batch, name));
            let [first, latest] =
                ["first_snapshot_at", "last_snapshot_at"].map(|name| read::wall_times(&batch, name));
            let snapshots = read::counts(&batch, "snapshots");
            clients.extend((0..batch.num_rows()).map(|row| ClientMoments {
                client_id: ids[row].clone().unwrap_or_default(),
                name: names[row].clone().unwrap_or_default(),
                timezone: zones[row].as_deref().and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC),
                snapshots: snapshots[row].unwrap_or_default(),
                first: first[row],
                latest: latest[row],
            }));
        }
        Ok(clients)
    }

    /// Makes one moment, a wall time of each client's zone, what `as_of` questions are asked as of.
    ///
    /// # Errors
    /// If the table of clients cannot be read, or the engine has no space.
    pub async fn as_of(&self, at: NaiveDateTime) -> Result<(), PortError> {
        let clients = self.clients().await?;
        self.moments(clients.iter().map(|client| (client, at))).await
    }

    /// The trend: what had been reached by each snapshot of each client, then, of several clients, over all; of one
    /// client alone, if one is named.
    ///
    /// # Errors
    /// If the tables cannot be read, or the predicate does not fit the fact.
    pub async fn trend(&self, leads: &Leads, client: Option<&str>) -> Result<Vec<TrendPoint>, PortError> {
        let clients = self.clients().await?;
        let snapshots = self.snapshots().await?;
        let zones: HashMap<_, _> = clients.iter().map(|one| (one.client_id.as_str(), one.timezone)).collect();
        let instant = |client: &str, at| instant_of(at, zones.get(client).copied().unwrap_or(Tz::UTC));
        let ids: Vec<_> = clients.iter().map(|one| one.client_id.clone()).collect();
        let mut trend = Trend::new(&snapshots, &ids, client, &instant);
        let mut rows = self.query(&leads.reached()).await?.batches;
        while let Some(batch) = rows.try_next().await? {
            trend.add(&batch);
        }
        let mut latest: HashMap<_, _> = ids.iter().map(|id| (Some(id.clone()), Counts::NOTHING)).collect();
        let by_client = self.segments(leads, &[Dimension::Client]).await?;
        latest.extend(by_client.rows.into_iter().map(|mut row| (row.values.pop().flatten(), row.counts)));
        let all = self.segments(leads, &[]).await?;
        latest.extend(all.rows.into_iter().map(|row| (None, row.counts)));
        Ok(trend.points(&latest, &self.dated().await?))
    }

    /// Of each client with leads in scope whether any of them has a delivery time.
    ///
    /// # Errors
    /// If the fact cannot be read.
    pub async fn dated(&self) -> Result<HashMap<String, bool>, PortError> {
        let mut dated = HashMap::new();
        for batch in self.rows(DATED).await? {
            let ids = read::texts(&batch, "client_id").into_iter().flatten();
            dated.extend(ids.zip(read::flags(&batch, "dated")));
        }
        Ok(dated)
    }

    async fn snapshots(&self) -> Result<Vec<Snapshot>, PortError> {
        let mut snapshots = Vec::new();
        for batch in self.rows(SNAPSHOTS).await? {
            let [ids, dead] = ["client_id", "dead_columns"].map(|name| read::texts(&batch, name));
            let (times, dropped) = (read::wall_times(&batch, "snapshot_at"), read::flags(&batch, "dropped"));
            let dead_of = |row: usize| {
                let columns = dead[row].as_deref().unwrap_or_default().split(',');
                columns.filter(|column| !column.is_empty()).map(str::to_owned).collect()
            };
            snapshots.extend((0..batch.num_rows()).filter_map(|row| {
                let client_id = ids[row].clone()?;
                Some(Snapshot { client_id, at: times[row]?, dead: dead_of(row), dropped: dropped[row] })
            }));
        }
        Ok(snapshots)
    }

    /// Writes the table of moments.
    async fn moments<'c>(
        &self,
        moments: impl Iterator<Item = (&'c ClientMoments, NaiveDateTime)>,
    ) -> Result<(), PortError> {
        let moments: Vec<_> = moments.collect();
        let instants = moments.iter().map(|(client, at)| Some(instant_of(*at, client.timezone)));
        let instants = instants.collect::<TimestampMicrosecondArray>().with_timezone("UTC");
        let settled =
            |(client, at): &(&ClientMoments, NaiveDateTime)| client.latest.is_none_or(|latest| latest <= *at);
        let columns: [(&str, ArrayRef); 4] = [
            ("client_id", texts(moments.iter().map(|(client, _)| client.client_id.as_str()))),
            ("at", wall_times(moments.iter().map(|(_, at)| *at))),
            ("instant", Arc::new(instants)),
            (
                "settled",
                Arc::new(moments.iter().map(|moment| Some(settled(moment))).collect::<BooleanArray>()),
            ),
        ];
        let rows = RecordBatch::try_from_iter(columns)
            .map_err(|error| PortError::permanent("make", MOMENT, error))?;
        self.engine().scratch(MOMENT, rows.schema(), once(rows)).await.map(drop)
    }
}
