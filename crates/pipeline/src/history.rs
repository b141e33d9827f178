//! The fold as a stage of the run: which files stand, in what order, and what their rows come to.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use leadq_contract::rows::Bucket;
use leadq_contract::run::FileStatus;
use leadq_contract::{ClientId, ClientSettings, Finding, FindingCode, IdentifierSecret};
use leadq_ingest::timeline::{self, Timeline};
use leadq_matching::health::ColumnCounts;
use leadq_matching::{Changes, ClientFold, SnapshotMeta};
use tokio::sync::mpsc;

use crate::batches::{self, ClientRow, DigitsRow, FileRow, RowIdentity, SnapshotRow, Words};
use crate::error::RunError;
use crate::ingest::ReportFile;
use crate::observer::Observer;
use crate::ports::PortError;
use crate::wall::micros;

/// Where the fold's rows go while it runs.
pub(crate) struct HistorySinks {
    pub(crate) versions: mpsc::Sender<Result<RecordBatch, PortError>>,
    pub(crate) records: mpsc::Sender<Result<RecordBatch, PortError>>,
    pub(crate) quarantine: mpsc::Sender<Result<RecordBatch, PortError>>,
}

/// What the fold leaves beside its rows.
#[derive(Default)]
pub(crate) struct History {
    pub(crate) files: Vec<FileRow>,
    pub(crate) snapshots: Vec<SnapshotRow>,
    pub(crate) clients: Vec<ClientRow>,
    pub(crate) words: Vec<Words>,
    pub(crate) findings: Vec<Finding>,
    /// Identifiers of rows that no record version has, by client.
    pub(crate) row_identities: HashSet<(ClientId, RowIdentity)>,
    /// How long the hashes of leads and reports are.
    pub(crate) digits: Vec<DigitsRow>,
}

impl History {
    /// Folds a client's files and hands its rows to the sinks.
    pub(crate) fn fold(
        &mut self,
        client: &Arc<ClientSettings>,
        files: Vec<ReportFile>,
        secret: &IdentifierSecret,
        sinks: &HistorySinks,
        observer: &dyn Observer,
    ) -> Result<(), RunError> {
        let facts: Vec<_> = files.iter().map(|file| file.facts.clone()).collect();
        let Timeline { fates, order } = timeline::arrange(&facts);
        let first_file = self.files.len();
        let mut standing: Vec<Option<ReportFile>> = Vec::new();
        for (file, fate) in files.into_iter().zip(&fates) {
            self.note_file(client, &file, *fate, secret);
            standing.push(Some(file));
        }
        let mut fold = ClientFold::new(client);
        let mut digits = [[0; 3]; 2];
        for index in &order {
            let Some(file) = standing[*index].take() else { continue };
            add(&mut digits, &file.reading.hash_digits);
            self.snapshot(client, file, first_file + index, &mut fold, sinks)?;
            observer.step(&facts[*index].name);
        }
        emit(fold.open_versions(), client, &sinks.versions)?;
        emit(fold.records(), client, &sinks.records)?;
        self.digits.extend(crate::run::digits_rows(&client.id, "reports", &digits));
        self.words.push(Words {
            client: (**client).clone(),
            dispositions: fold.dispositions().map(|(text, outcome)| (text.to_owned(), outcome)).collect(),
            job_statuses: fold.job_statuses().map(str::to_owned).collect(),
        });
        self.clients.push(ClientRow {
            settings: (**client).clone(),
            snapshots: order.len() as i64,
            first: order.first().map(|index| facts[*index].snapshot_at),
            last: order.last().map(|index| facts[*index].snapshot_at),
        });
        Ok(())
    }

    fn note_file(
        &mut self,
        client: &ClientSettings,
        file: &ReportFile,
        fate: FileStatus,
        secret: &IdentifierSecret,
    ) {
        let (facts, reading) = (&file.facts, &file.reading);
        self.files.push(FileRow {
            client: client.id.clone(),
            name: facts.name.clone(),
            snapshot_at: facts.snapshot_at,
            status: fate,
            reason: reading.rejected.clone(),
            read_as: reading.form.clone(),
            content_key: secret.fingerprint(&facts.digest),
            bytes: reading.bytes,
            buckets: reading.buckets,
        });
        if !matches!(fate, FileStatus::Ingested | FileStatus::Rejected) {
            return;
        }
        self.findings.extend(reading.findings.iter().map(|found| Finding {
            code: found.code,
            client: client.id.clone(),
            file: Some(facts.name.clone()),
            line: found.line,
            column: found.column.clone(),
            count: found.count,
            samples: found.samples.clone(),
        }));
    }

    fn snapshot(
        &mut self,
        client: &ClientSettings,
        file: ReportFile,
        place: usize,
        fold: &mut ClientFold,
        sinks: &HistorySinks,
    ) -> Result<(), RunError> {
        let failed = |source| RunError::Fold { client: client.id.0.clone(), source };
        let scratch = |source| RunError::Build { table: "record_version", source };
        let ReportFile { facts, reading, rows, quarantine } = file;
        let meta = SnapshotMeta {
            file: facts.name.clone(),
            at: micros(facts.snapshot_at),
            columns: ColumnCounts {
                kept: reading.buckets.get(Bucket::Kept),
                present: reading.present,
                informative: reading.informative,
            },
            entry_range: reading.entry_range,
        };
        let columns = meta.columns;
        let changes = fold.apply(meta, rows.into_batches().map_err(scratch)?).map_err(failed)?;
        let identities = changes.passed_over.iter().map(|identity| (client.id.clone(), *identity));
        self.row_identities.extend(identities);
        self.note_changes(client, &facts.name, &changes, reading.buckets.get(Bucket::Kept));
        self.snapshots.push(SnapshotRow {
            file: place,
            number: fold.snapshots().len() as i64,
            rows_set: reading.rows_set,
            entry_range: reading.entry_range,
            columns,
            dead: changes.dead.iter().map(|dead| dead.column).collect(),
        });
        emit(changes.closed.into_iter().map(Ok), client, &sinks.versions)?;
        for rows in quarantine.into_batches().map_err(scratch)? {
            let rows = batches::quarantine(&client.id, &facts.name, &rows.map_err(scratch)?)?;
            send(&sinks.quarantine, rows)?;
        }
        Ok(())
    }

    /// Findings that only the order of the snapshots shows.
    #[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
    fn note_changes(&mut self, client: &ClientSettings, file: &str, changes: &Changes, kept: u64) {
        let mut found = |code, column: Option<&str>, line, count, samples| {
            self.findings.push(Finding {
                code,
                client: client.id.clone(),
                file: Some(file.to_owned()),
                line,
                column: column.map(str::to_owned),
                count,
                samples,
            });
        };
        for dead in &changes.dead {
            let (had, of) = dead.before;
            let share = 100.0 * had as f64 / of as f64;
            let sample =
                format!("none of {kept} cells says anything; {had} of {of} ({share:.1} %) did before");
            found(FindingCode::DeadColumn, Some(dead.column.name()), None, 1, vec![sample]);
        }
        if let Some(before) = changes.dropped_from {
            let sample = format!("{kept} rows after {before}");
            found(FindingCode::RowCountDrop, None, None, 1, vec![sample]);
        }
        if !changes.split.is_empty() {
            let mut split = changes.split.clone();
            split.sort_by_key(|(_, line)| *line);
            let line = split.first().map(|(_, line)| *line);
            let samples = split.iter().take(Finding::MAX_SAMPLES);
            let samples =
                samples.map(|(number, line)| format!("lead number {number}, line {line}")).collect();
            found(FindingCode::SplitIdentity, Some("lead_number"), line, split.len() as u64, samples);
        }
    }
}

fn add(total: &mut [[u64; 3]; 2], more: &[[u64; 3]; 2]) {
    for (total, more) in total.iter_mut().flatten().zip(more.iter().flatten()) {
        *total += more;
    }
}

fn emit(
    rows: impl Iterator<Item = Result<RecordBatch, leadq_matching::FoldError>>,
    client: &ClientSettings,
    sink: &mpsc::Sender<Result<RecordBatch, PortError>>,
) -> Result<(), RunError> {
    for batch in rows {
        let batch = batch.map_err(|source| RunError::Fold { client: client.id.0.clone(), source })?;
        if batch.num_rows() > 0 {
            send(sink, batch)?;
        }
    }
    Ok(())
}

pub(crate) fn send(
    sink: &mpsc::Sender<Result<RecordBatch, PortError>>,
    batch: RecordBatch,
) -> Result<(), RunError> {
    // The receiver is gone only if writing failed; its own error is the one that is told.
    sink.blocking_send(Ok(batch))
        .map_err(|_| PortError::permanent("pass on", "rows", "their writer ended before them").into())
}
