//! Data files of tables during a run: those of the run before, and those staged since.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt as _;
use leadq_contract::Table;
use leadq_contract::run::RunRecord;
use leadq_matching::plan::{self, CLIENT_DAYS, Step};

use crate::batches;
use crate::error::RunError;
use crate::ports::{BatchStream, DataFile, Lake, PortError, StagedTable, TableFiles};
use crate::run::Stages;
use crate::state::{ClientState, Manifest, Segment};

/// Data files of a client's versions or rows set aside, beyond which the small ones are joined.
const MANY_FILES: usize = 16;
/// A data file of fewer bytes is small.
const SMALL_FILE: u64 = 16 << 20;

/// One batch, or none, as a stream.
pub(crate) fn once(batch: RecordBatch) -> BatchStream {
    Box::pin(futures::stream::iter((batch.num_rows() > 0).then_some(Ok(batch))))
}

/// Data files by table and name.
#[derive(Default)]
pub(crate) struct Tables {
    files: HashMap<Table, HashMap<String, DataFile>>,
    store: String,
    /// Files of tables that are no client's.
    closing: BTreeMap<Table, Vec<String>>,
}

impl Tables {
    /// The data files that a run pinned.
    pub(crate) async fn of(lake: &dyn Lake, run: &RunRecord) -> Result<Self, PortError> {
        let mut tables = Self::default();
        for table in Table::ALL.into_iter().filter(|table| run.tables.contains_key(table.name())) {
            tables.add(table, lake.pinned(run, table).await?);
        }
        Ok(tables)
    }

    /// Notes data files; their names.
    fn add(&mut self, table: Table, files: TableFiles) -> Vec<String> {
        self.store = files.store;
        let known = self.files.entry(table).or_default();
        let name = |file: &DataFile| file.path.rsplit('/').next().unwrap_or_default().to_owned();
        let names = files.files.iter().map(name).collect();
        known.extend(files.files.into_iter().map(|file| (name(&file), file)));
        names
    }

    /// Data files by their names.
    fn named<'n>(
        &self,
        table: Table,
        names: impl IntoIterator<Item = &'n String>,
    ) -> Result<Vec<DataFile>, PortError> {
        let known = self.files.get(&table);
        let find = |name: &String| {
            known.and_then(|known| known.get(name)).cloned().ok_or_else(|| {
                PortError::permanent("go on from", table.name(), format!("its data file {name} is gone"))
                    .hint("make the tables anew from the archive with `leadq replay`")
            })
        };
        names.into_iter().map(find).collect()
    }

    /// What every table has to hold by a manifest.
    pub(crate) fn contents(
        &self,
        manifest: &Manifest,
        dimensions: &[String],
    ) -> Result<Vec<StagedTable>, PortError> {
        let content = |table: Table| {
            let names = manifest.files_of(table).chain(self.closing.get(&table).into_iter().flatten());
            let files = self.named(table, names)?;
            let (name, store) = (table.name().to_owned(), self.store.clone());
            Ok(StagedTable {
                table,
                files: TableFiles { name, schema: table.schema(dimensions), store, files },
            })
        };
        Table::ALL.into_iter().map(content).collect()
    }
}

impl Stages<'_> {
    /// Stages rows of a table; the names of its data files.
    pub(crate) async fn stage_stream(
        &self,
        table: Table,
        rows: BatchStream,
    ) -> Result<StagedTable, RunError> {
        let schema = table.schema(&self.request.dimensions);
        Ok(self.writer.stage(table, schema, rows).await?)
    }

    /// Stages a batch as all that a client has of a table.
    pub(crate) async fn stage_part(
        &mut self,
        table: Table,
        rows: RecordBatch,
    ) -> Result<Vec<String>, RunError> {
        let staged = self.stage_stream(table, once(rows)).await?;
        Ok(self.tables.add(table, staged.files))
    }

    /// Notes what was staged; the names of its data files.
    pub(crate) fn staged(&mut self, staged: StagedTable) -> Vec<String> {
        self.tables.add(staged.table, staged.files)
    }

    /// Some of a table's data files as a table.
    pub(crate) fn files(&self, table: Table, names: &[String]) -> Result<TableFiles, PortError> {
        let files = self.tables.named(table, names)?;
        let (name, schema) = (table.name().to_owned(), table.schema(&self.request.dimensions));
        Ok(TableFiles { name, schema, store: self.tables.store.clone(), files })
    }

    /// Makes rows readable for the steps to come.
    pub(crate) async fn scratch(&self, name: &str, rows: RecordBatch) -> Result<(), RunError> {
        self.ports.engine.scratch(name, rows.schema(), once(rows)).await?;
        Ok(())
    }

    /// Executes steps of the plan; the data files of the tables that they make.
    async fn steps(&mut self, steps: Vec<Step>) -> Result<BTreeMap<Table, Vec<String>>, RunError> {
        let mut made = BTreeMap::new();
        for Step { table, sql } in steps {
            let begun = Instant::now();
            let rows = self.ports.engine.query(sql).await?;
            let staged = self.stage_stream(table, rows.batches).await?;
            let (rows, seconds) = (staged.files.rows(), begun.elapsed().as_secs_f64());
            tracing::info!(step = table.name(), step.rows = rows, step.seconds = seconds, "step done");
            made.insert(table, self.staged(staged));
        }
        Ok(made)
    }

    /// The tables that look beyond one client.
    pub(crate) async fn close_tables(&mut self, manifest: &mut Manifest) -> Result<(), RunError> {
        let days = manifest.clients.values().filter_map(|client| client.days);
        self.scratch(CLIENT_DAYS, batches::client_days(days)?).await?;
        let mut steps = vec![plan::dates()];
        let only = manifest.clients.len() == 1;
        if !only || manifest.files_of(Table::DimPlace).next().is_none() {
            // The places of the only client are all there are; but it may not always have been the only one.
            manifest.clients.values_mut().for_each(|client| {
                client.tables.remove(Table::DimPlace.name());
            });
            let facts: Vec<String> = manifest.files_of(Table::FactLeadOutcome).cloned().collect();
            self.ports.engine.register(&self.files(Table::FactLeadOutcome, &facts)?)?;
            steps.push(plan::places());
        }
        self.tables.closing = self.steps(steps).await?;
        for table in [Table::DimLead, Table::CrmRecord, Table::LeadLink, Table::FactLeadOutcome] {
            let files: Vec<String> = manifest.files_of(table).cloned().collect();
            self.count(format!("tables.{}", table.name()), self.files(table, &files)?.rows());
        }
        Ok(())
    }

    /// Findings of all clients by code.
    pub(crate) async fn findings_by_code(
        &self,
        manifest: &Manifest,
    ) -> Result<BTreeMap<String, u64>, RunError> {
        let files: Vec<String> = manifest.files_of(Table::Finding).cloned().collect();
        self.ports.engine.register(&self.files(Table::Finding, &files)?)?;
        let sql = r#"SELECT code, CAST(sum("count") AS BIGINT) FROM finding GROUP BY code"#;
        let rows: Vec<RecordBatch> = self.ports.engine.query(sql).await?.batches.try_collect().await?;
        let mut codes = BTreeMap::new();
        for rows in &rows {
            let (names, counts) = (rows.column(0), rows.column(1).as_primitive_opt::<Int64Type>());
            let names = arrow::compute::cast(names, &arrow::datatypes::DataType::Utf8)
                .map_err(|source| RunError::Build { table: "finding", source })?;
            let (Some(names), Some(counts)) = (names.as_string_opt::<i32>(), counts) else { continue };
            let all = (0..rows.num_rows()).filter(|row| names.is_valid(*row) && counts.is_valid(*row));
            codes.extend(all.map(|row| (names.value(row).to_owned(), counts.value(row).unsigned_abs())));
        }
        Ok(codes)
    }

    /// Joins small data files of a client's history where there are many: a run a day would leave thousands.
    pub(crate) async fn join_small_files(&mut self, state: &mut ClientState) -> Result<(), RunError> {
        for place in 0..state.segments.len() {
            let segment = &state.segments[place];
            let (versions, quarantine) = (segment.versions.clone(), segment.quarantine.clone());
            let joined = Segment {
                versions: self.joined(Table::RecordVersion, versions).await?,
                quarantine: self.joined(Table::Quarantine, quarantine).await?,
                ..state.segments[place].clone()
            };
            state.segments[place] = joined;
        }
        Ok(())
    }

    async fn joined(&mut self, table: Table, names: Vec<String>) -> Result<Vec<String>, RunError> {
        if names.len() <= MANY_FILES {
            return Ok(names);
        }
        let files = self.files(table, &names)?.files;
        let small =
            |name: &String| files.iter().any(|file| file.size < SMALL_FILE && file.path.ends_with(name));
        let (small, large): (Vec<String>, Vec<String>) = names.into_iter().partition(small);
        let mut parts = self.files(table, &small)?;
        "small_files".clone_into(&mut parts.name);
        self.ports.engine.register(&parts)?;
        let rows = self.ports.engine.query("SELECT * FROM small_files").await?;
        let staged = self.stage_stream(table, rows.batches).await?;
        Ok([large, self.staged(staged)].concat())
    }
}
