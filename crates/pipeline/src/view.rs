//! Reading: the tables of one committed run, and what they say.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use leadq_contract::Table;
use leadq_contract::run::RunRecord;
use leadq_contract::table::quoted;
use leadq_metrics::{Basis, Counts, Predicate};

use crate::ports::{Engine, Lake, PortError, QueryRows};

/// The tables that one run committed, readable through an engine. Later runs do not disturb it.
pub struct View<'a> {
    engine: &'a dyn Engine,
    /// The run.
    pub run: RunRecord,
    /// The tables that are open, with the columns that they had when the run was made.
    open: BTreeMap<Table, SchemaRef>,
}

impl<'a> View<'a> {
    /// Opens what a run committed; the last one, if no number is given. A run of an older leadq may lack
    /// tables; what reads none of them works all the same.
    ///
    /// # Errors
    /// If there is no such run, or its tables cannot be read.
    pub async fn open(lake: &dyn Lake, engine: &'a dyn Engine, run: Option<u64>) -> Result<Self, PortError> {
        let run = match run {
            Some(number) => lake.run(number).await?,
            None => lake.last_run().await?.ok_or_else(|| {
                PortError::permanent("read", "the lake", "no run has been committed to it yet")
                    .hint("run `leadq run` first, or name another lake with --lake")
            })?,
        };
        let made: Vec<_> = Table::ALL.into_iter().filter(|table| made(&run, *table)).collect();
        Self::of(lake, engine, run, &made).await
    }

    /// Opens only some tables of a run: enough for queries that read no others.
    ///
    /// # Errors
    /// If these tables cannot be read.
    pub async fn of(
        lake: &dyn Lake,
        engine: &'a dyn Engine,
        run: RunRecord,
        tables: &[Table],
    ) -> Result<Self, PortError> {
        let mut open = BTreeMap::new();
        for table in tables {
            if !made(&run, *table) {
                return Err(not_made(&run, *table));
            }
            let files = lake.pinned(&run, *table).await?;
            engine.register(&files)?;
            open.insert(*table, files.schema);
        }
        Ok(Self { engine, run, open })
    }

    /// Whether the run has a table; one of an older leadq may not.
    #[must_use]
    pub fn has(&self, table: Table) -> bool {
        made(&self.run, table)
    }

    /// Counts of all leads in scope, or of all rows.
    ///
    /// # Errors
    /// If the tables cannot be read.
    pub async fn counts(&self, basis: Basis) -> Result<Counts, PortError> {
        let rows = self.rows(&basis.sql()).await?;
        Ok(rows.iter().flat_map(Counts::read).next().unwrap_or_default())
    }

    /// Whether a predicate can be asked of the fact.
    ///
    /// # Errors
    /// If it names what is not there, or is no condition; the reason is for people.
    pub async fn check(&self, predicate: &Predicate) -> Result<(), PortError> {
        self.rows(&predicate.probe()).await.map(drop)
    }

    /// A table's columns in export order, sorted by its key. Columns that are younger than the run are null.
    ///
    /// # Errors
    /// If the run has no such table, or it cannot be read.
    pub async fn table(&self, table: Table) -> Result<QueryRows, PortError> {
        if !self.has(table) {
            return Err(not_made(&self.run, table));
        }
        let had =
            |name: &str| self.open.get(&table).is_none_or(|schema| schema.field_with_name(name).is_ok());
        let column = |name: &String| {
            if had(name) { quoted(name) } else { format!("NULL AS {}", quoted(name)) }
        };
        let list = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join(", ");
        let columns = list(&mut table.export_columns(&self.run.dimensions).iter().map(column));
        let order =
            list(&mut table.sort_columns().iter().map(|name| format!("{} ASC NULLS FIRST", quoted(name))));
        self.query(&format!("SELECT {columns} FROM {} ORDER BY {order}", table.name())).await
    }

    /// Executes a query over the run's tables.
    ///
    /// # Errors
    /// If the query fails; one that reads a table that the run has not is told so.
    pub async fn query(&self, sql: &str) -> Result<QueryRows, PortError> {
        self.engine.query(sql).await.map_err(|error| {
            let mut absent = Table::ALL.into_iter().filter(|table| !self.has(*table));
            absent.find(|table| names(sql, table.name())).map_or(error, |table| not_made(&self.run, table))
        })
    }

    /// The engine that reads them.
    pub(crate) fn engine(&self) -> &'a dyn Engine {
        self.engine
    }

    /// All rows of a query.
    ///
    /// # Errors
    /// If the query fails.
    pub async fn rows(&self, sql: &str) -> Result<Vec<RecordBatch>, PortError> {
        self.query(sql).await?.batches.try_collect().await
    }
}

fn made(run: &RunRecord, table: Table) -> bool {
    run.tables.contains_key(table.name())
}

fn not_made(run: &RunRecord, table: Table) -> PortError {
    let reason = format!("run {} was made by an older leadq, which had no such table", run.run);
    PortError::permanent("read", table.name(), reason)
        .hint("`leadq run` over the same files makes a run that has it")
}

/// Whether a query has a word.
fn names(sql: &str, word: &str) -> bool {
    sql.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found.eq_ignore_ascii_case(word))
}
