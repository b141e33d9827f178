//! The one writer of a lake: stages files, then commits tables and the run record.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use arrow::datatypes::SchemaRef;
use leadq_contract::Table;
use leadq_contract::run::{FailedRun, RunRecord, TablePin};
use leadq_pipeline::ports::{BatchStream, Lake as _, LakeWriter, PortError, StagedTable};
use object_store::path::Path;

use crate::crash::CrashPoint;
use crate::hold::Hold;
use crate::lake::DeltaLake;
use crate::stage::Begun;
use crate::{delta, failed, runs, stage, state, tidy};

/// Writes while it holds the lock.
pub(crate) struct DeltaWriter {
    lake: DeltaLake,
    hold: Hold,
    begun: Begun,
}

impl DeltaWriter {
    /// A writer of `lake`, which is held and whose tables are at the last run.
    pub(crate) fn new(lake: DeltaLake, hold: Hold) -> Self {
        Self { lake, hold, begun: Begun::default() }
    }

    /// Pins of the last run, which tables that this run does not stage keep.
    async fn kept_pins(&self, run: u64) -> Result<BTreeMap<String, TablePin>, PortError> {
        match self.lake.last_run().await? {
            Some(last) if last.run >= run => Err(runs::taken(run)),
            Some(last) => Ok(last.tables),
            None => Ok(BTreeMap::new()),
        }
    }

    /// The data files that no commit has taken over, which are forgotten.
    fn take_begun(&self) -> Vec<Path> {
        std::mem::take(&mut *self.begun.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn commit_table(&self, staged: &StagedTable, run: u64) -> Result<TablePin, PortError> {
        self.lake.crash.at(CrashPoint::BeforeTable(staged.table))?;
        let version = delta::replace(&self.lake.location, &staged.files, run).await?;
        self.lake.crash.at(CrashPoint::AfterTable(staged.table))?;
        Ok(TablePin { version, rows: staged.files.rows() })
    }
}

#[async_trait::async_trait]
impl LakeWriter for DeltaWriter {
    async fn stage(
        &self,
        table: Table,
        schema: SchemaRef,
        rows: BatchStream,
    ) -> Result<StagedTable, PortError> {
        let (begun, crash) = (Begun::clone(&self.begun), self.lake.crash.clone());
        let files = stage::write(&self.lake.location, table, schema, rows, begun, crash).await?;
        Ok(StagedTable { table, files })
    }

    async fn put_state(&self, kind: &str, bytes: Vec<u8>) -> Result<String, PortError> {
        let name = state::write(&self.lake.location, kind, bytes).await?;
        self.lake.crash.at(CrashPoint::StateWritten)?;
        Ok(name)
    }

    async fn tidy(&self, keep_runs: u64) -> Result<(), PortError> {
        tidy::tidy(&self.lake, &self.hold, keep_runs).await
    }

    async fn note_failure(&self, failure: &FailedRun) -> Result<(), PortError> {
        // At once, not when a next run tidies: it may have failed because the disk is full.
        self.lake.location.delete(self.take_begun()).await?;
        failed::note(&self.lake.location, failure).await
    }

    async fn commit(
        &self,
        mut staged: Vec<StagedTable>,
        mut record: RunRecord,
    ) -> Result<RunRecord, PortError> {
        self.hold.check().await?;
        record.tables = self.kept_pins(record.run).await?;
        // From here on a table's head may name them.
        self.take_begun();
        staged.sort_by_key(|staged| Table::ALL.iter().position(|table| *table == staged.table));
        for table in &staged {
            let pin = self.commit_table(table, record.run).await?;
            record.tables.insert(table.table.name().to_owned(), pin);
        }
        self.lake.crash.at(CrashPoint::BeforeRecord)?;
        self.hold.check().await?;
        runs::create(&self.lake.location, &record).await?;
        self.lake.crash.at(CrashPoint::AfterRecord)?;
        tracing::info!(run.number = record.run, run.tables = staged.len(), "committed run");
        Ok(record)
    }
}
