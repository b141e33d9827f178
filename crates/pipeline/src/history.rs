//! The fold as a stage of the run: a client's snapshots, from some kept fold on, to its history.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use leadq_contract::rows::Bucket;
use leadq_contract::{ClientSettings, Finding, FindingCode};
use leadq_matching::health::ColumnCounts;
use leadq_matching::{Changes, ClientFold, SnapshotMeta};
use tokio::sync::mpsc;

use crate::batches;
use crate::error::RunError;
use crate::ingest::ReportFile;
use crate::observer::Observer;
use crate::ports::PortError;
use crate::state::SnapshotState;
use crate::wall::micros;

/// Where a stage's rows go.
pub(crate) type Sink = mpsc::Sender<Result<RecordBatch, PortError>>;

/// Where the fold's rows go while it runs.
pub(crate) struct HistorySinks {
    /// Versions that ended.
    pub(crate) closed: Sink,
    /// Versions that are open at the end.
    pub(crate) open: Sink,
    pub(crate) records: Sink,
    pub(crate) quarantine: Sink,
}

/// Folds more of a client's snapshots, each with its place among the client's files; its rows go to the sinks.
pub(crate) fn fold(
    client: &Arc<ClientSettings>,
    fold: ClientFold,
    snapshots: Vec<(usize, ReportFile)>,
    sinks: &HistorySinks,
    observer: &dyn Observer,
) -> Result<(ClientFold, Vec<SnapshotState>), RunError> {
    let mut folding = Folding { client, fold, sinks, folded: Vec::new() };
    for (place, file) in snapshots {
        let name = file.facts.name.clone();
        folding.snapshot(place, file)?;
        observer.step(&name);
    }
    let Folding { fold, folded, .. } = folding;
    emit(fold.open_versions(), client, &sinks.open)?;
    emit(fold.records(), client, &sinks.records)?;
    Ok((fold, folded))
}

struct Folding<'a> {
    client: &'a ClientSettings,
    fold: ClientFold,
    sinks: &'a HistorySinks,
    folded: Vec<SnapshotState>,
}

impl Folding<'_> {
    fn snapshot(&mut self, place: usize, file: ReportFile) -> Result<(), RunError> {
        let client = self.client;
        let failed = |source| RunError::Fold { client: client.id.0.clone(), source };
        let scratch = |source| RunError::Build { table: "record_version", source };
        let ReportFile { facts, reading, kept: rows, fresh, quarantine, .. } = file;
        let Some(rows) = rows else { return Err(RunError::Changed { file: facts.name }) };
        let kept = reading.buckets.get(Bucket::Kept);
        let meta = SnapshotMeta {
            file: facts.name.clone(),
            at: micros(facts.snapshot_at),
            columns: ColumnCounts { kept, present: reading.present, informative: reading.informative },
            entry_range: reading.entry_range,
        };
        let (rows, fresh) = (rows.into_rows().map_err(scratch)?, fresh.into_batches().map_err(scratch)?);
        let changes = self.fold.apply(meta, &rows, fresh).map_err(failed)?;
        self.folded.push(SnapshotState {
            file: place,
            dead: changes.dead.iter().map(|dead| dead.column).collect(),
            findings: findings_of(client, &facts.name, &changes, kept),
        });
        emit(changes.closed.into_iter().map(Ok), client, &self.sinks.closed)?;
        for rows in quarantine.into_batches().map_err(scratch)? {
            let rows = batches::quarantine(&client.id, &facts.name, &rows.map_err(scratch)?)?;
            send(&self.sinks.quarantine, rows)?;
        }
        Ok(())
    }
}

/// Findings that only the order of the snapshots shows.
#[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
fn findings_of(client: &ClientSettings, file: &str, changes: &Changes, kept: u64) -> Vec<Finding> {
    let found = |code, column: Option<&str>, line, count, samples| Finding {
        code,
        client: client.id.clone(),
        file: Some(file.to_owned()),
        line,
        column: column.map(str::to_owned),
        count,
        samples,
    };
    let mut findings: Vec<_> = changes
        .dead
        .iter()
        .map(|dead| {
            let (had, of) = dead.before;
            let share = 100.0 * had as f64 / of as f64;
            let sample =
                format!("none of {kept} cells says anything; {had} of {of} ({share:.1} %) did before");
            found(FindingCode::DeadColumn, Some(dead.column.name()), None, 1, vec![sample])
        })
        .collect();
    if let Some(before) = changes.dropped_from {
        let sample = format!("{kept} rows after {before}");
        findings.push(found(FindingCode::RowCountDrop, None, None, 1, vec![sample]));
    }
    if !changes.split.is_empty() {
        let mut split = changes.split.clone();
        split.sort_by_key(|(_, line)| *line);
        let line = split.first().map(|(_, line)| *line);
        let samples = split.iter().take(Finding::MAX_SAMPLES);
        let samples = samples.map(|(number, line)| format!("lead number {number}, line {line}")).collect();
        let count = split.len() as u64;
        findings.push(found(FindingCode::SplitIdentity, Some("lead_number"), line, count, samples));
    }
    findings
}

fn emit(
    rows: impl Iterator<Item = Result<RecordBatch, leadq_matching::FoldError>>,
    client: &ClientSettings,
    sink: &Sink,
) -> Result<(), RunError> {
    for batch in rows {
        let batch = batch.map_err(|source| RunError::Fold { client: client.id.0.clone(), source })?;
        if batch.num_rows() > 0 {
            send(sink, batch)?;
        }
    }
    Ok(())
}

pub(crate) fn send(sink: &Sink, batch: RecordBatch) -> Result<(), RunError> {
    // The receiver is gone only if writing failed; its own error is the one that is told.
    sink.blocking_send(Ok(batch))
        .map_err(|_| PortError::permanent("pass on", "rows", "their writer ended before them").into())
}
