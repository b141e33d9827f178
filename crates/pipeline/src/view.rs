//! Reading: the tables of one committed run, and what they say.

use futures::TryStreamExt;
use leadq_contract::Table;
use leadq_contract::run::RunRecord;
use leadq_contract::table::quoted;
use leadq_metrics::{Basis, Counts, Predicate};

use arrow::record_batch::RecordBatch;

use crate::ports::{Engine, Lake, PortError, QueryRows};

/// The tables that one run committed, readable through an engine. Later runs do not disturb it.
pub struct View<'a> {
    engine: &'a dyn Engine,
    /// The run.
    pub run: RunRecord,
}

impl<'a> View<'a> {
    /// Opens what a run committed; the last one, if no number is given.
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
        Self::of(lake, engine, run, &Table::ALL).await
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
        for table in tables {
            engine.register(&lake.pinned(&run, *table).await?)?;
        }
        Ok(Self { engine, run })
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

    /// A table's columns in export order, sorted by its key.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn table(&self, table: Table) -> Result<QueryRows, PortError> {
        let list = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join(", ");
        let columns = list(&mut table.export_columns(&self.run.dimensions).iter().map(|name| quoted(name)));
        let order =
            list(&mut table.sort_columns().iter().map(|name| format!("{} ASC NULLS FIRST", quoted(name))));
        self.engine.query(&format!("SELECT {columns} FROM {} ORDER BY {order}", table.name())).await
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
        self.engine.query(sql).await?.batches.try_collect().await
    }
}
