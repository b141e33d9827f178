//! [`EmbeddedEngine`]: the port's three calls over one DataFusion session.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::prelude::SessionContext;
use futures::StreamExt as _;
use leadq_pipeline::ports::{BatchStream, Engine, PortError, QueryRows, TableFiles};
use object_store::ObjectStore;

use crate::catalog::Registered;
use crate::failure::Failure;
use crate::scratch::Scratch;
use crate::session::{self, EngineSettings};
use crate::table::ParquetTable;

/// DataFusion within this process.
///
/// Its temporary folder goes when the engine and every stream of its queries are dropped.
pub struct EmbeddedEngine {
    context: SessionContext,
    tables: Arc<Registered>,
    scratch: Arc<Scratch>,
    failure: Failure,
}

impl EmbeddedEngine {
    /// Makes the temporary folder and the session.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn new(settings: EngineSettings) -> Result<Self, PortError> {
        let parent = settings.spill_dir.as_deref();
        let scratch = Scratch::new(parent).map_err(|error| {
            let place = parent.map_or_else(|| "the temporary folder".to_owned(), |p| p.display().to_string());
            PortError::permanent("make a folder for temporary files in", place, error)
                .hint("set a folder for temporary files that can be written to")
        })?;
        let failure = Failure { memory: settings.memory };
        let tables = Arc::new(Registered::default());
        let context = session::build(&settings, scratch.path(), Arc::clone(&tables))
            .map_err(|error| failure.port("start", "the engine", &error))?;
        tracing::debug!(
            engine.pool_bytes = settings.pool(),
            engine.partitions = settings.partitions,
            "started engine"
        );
        Ok(Self { context, tables, scratch: Arc::new(scratch), failure })
    }

    /// Makes an object store known by the URL of its root, which [`TableFiles::store`] names: `s3://bucket/`. The
    /// local disk is known.
    ///
    /// # Errors
    /// If the URL is not that of a store's root.
    pub fn register_store(&self, root: &str, store: Arc<dyn ObjectStore>) -> Result<(), PortError> {
        let url = ObjectStoreUrl::parse(root).map_err(|error| self.failure.port("register", root, &error))?;
        self.context.runtime_env().register_object_store(url.as_ref(), store);
        Ok(())
    }

    async fn execute(&self, sql: &str) -> Result<SendableRecordBatchStream, DataFusionError> {
        // Queries only: no DDL, no DML or COPY, no SET; DataFusion's parser refuses a second statement.
        let queries_only =
            SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        self.context.sql_with_options(sql, queries_only).await?.execute_stream().await
    }
}

#[async_trait::async_trait]
impl Engine for EmbeddedEngine {
    fn register(&self, table: &TableFiles) -> Result<(), PortError> {
        let failed = |error| self.failure.port("register", &table.name, &error);
        let parquet = ParquetTable::new(table).map_err(failed)?;
        self.context.runtime_env().object_store(parquet.store()).map_err(failed)?;
        self.tables.put(&table.name, parquet);
        Ok(())
    }

    async fn scratch(
        &self,
        name: &str,
        schema: SchemaRef,
        rows: BatchStream,
    ) -> Result<TableFiles, PortError> {
        let table = self.scratch.write(name, schema, rows).await?;
        self.register(&table)?;
        Ok(table)
    }

    async fn query(&self, sql: &str) -> Result<QueryRows, PortError> {
        let failure = self.failure;
        let wrong = |error| failure.query(&error, sql, &self.tables.names());
        let rows = self.execute(sql).await.map_err(wrong)?;
        let (schema, scratch) = (rows.schema(), Arc::clone(&self.scratch));
        let batches = Box::pin(rows.map(move |batch| {
            let _kept_while_read = &scratch;
            // What a value does to a query has no place in its text.
            batch.map_err(|error| failure.query(&error, "", &[]))
        }));
        Ok(QueryRows { schema, batches })
    }
}
