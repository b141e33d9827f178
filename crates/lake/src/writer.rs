//! The one writer of a lake: stages files, then commits tables and the run record.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;
use leadq_contract::Table;
use leadq_contract::run::{FailedRun, RunRecord, TablePin};
use leadq_pipeline::ports::{BatchStream, Lake as _, LakeWriter, PortError, StagedTable};

use crate::crash::CrashPoint;
use crate::hold::Hold;
use crate::lake::DeltaLake;
use crate::{delta, failed, runs, stage, state, tidy};

/// Writes while it holds the lock.
pub(crate) struct DeltaWriter {
    lake: DeltaLake,
    hold: Hold,
}

impl DeltaWriter {
    /// A writer of `lake`, which is held and whose tables are at the last run.
    pub(crate) const fn new(lake: DeltaLake, hold: Hold) -> Self {
        Self { lake, hold }
    }

    /// Pins of the last run, which tables that this run does not stage keep.
    async fn kept_pins(&self, run: u64) -> Result<BTreeMap<String, TablePin>, PortError> {
        match self.lake.last_run().await? {
            Some(last) if last.run >= run => Err(runs::taken(run)),
            Some(last) => Ok(last.tables),
            None => Ok(BTreeMap::new()),
        }
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
        let files = stage::write(&self.lake.location, table, schema, rows, self.lake.crash.clone()).await?;
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
        failed::note(&self.lake.location, failure).await
    }

    async fn commit(
        &self,
        mut staged: Vec<StagedTable>,
        mut record: RunRecord,
    ) -> Result<RunRecord, PortError> {
        self.hold.check().await?;
        record.tables = self.kept_pins(record.run).await?;
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
