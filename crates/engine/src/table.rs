//! A table that is a list of Parquet files, scanned by DataFusion's own Parquet source.

use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::project_schema;
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, DataFusionError, Result, Statistics};
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use leadq_pipeline::ports::{DataFile, TableFiles};
use object_store::path::Path;

/// Bytes that a value of varying length is taken to need in memory.
const VARYING_WIDTH: usize = 32;

/// A table frozen to its files.
#[derive(Debug)]
pub(crate) struct ParquetTable {
    schema: SchemaRef,
    store: ObjectStoreUrl,
    files: Vec<PartitionedFile>,
    rows: usize,
}

impl ParquetTable {
    /// Takes over a list of files.
    pub(crate) fn new(table: &TableFiles) -> Result<Self> {
        let files = table.files.iter().filter(|file| file.rows > 0);
        Ok(Self {
            schema: Arc::clone(&table.schema),
            store: ObjectStoreUrl::parse(&table.store)?,
            files: files.map(|file| partitioned(file, &table.schema)).collect::<Result<_>>()?,
            rows: usize_of(table.rows()),
        })
    }

    /// The store that holds the files.
    pub(crate) const fn store(&self) -> &ObjectStoreUrl {
        &self.store
    }

    /// What the optimiser is told of a scan of `projected`: the number of rows, which is exact, and how many
    /// bytes they take in memory, which it compares first when it picks the side to build a join on. The
    /// files' compressed size would not do: it is that of all columns, whichever are read.
    fn statistics_of(&self, projected: &Schema) -> Statistics {
        let width: usize = projected.fields().iter().map(|field| width(field.data_type())).sum();
        Statistics::new_unknown(&self.schema)
            .with_num_rows(Precision::Exact(self.rows))
            .with_total_byte_size(Precision::Inexact(self.rows.saturating_mul(width)))
    }
}

#[async_trait::async_trait]
impl TableProvider for ParquetTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn statistics(&self) -> Option<Statistics> {
        Some(self.statistics_of(&self.schema))
    }

    /// Filters skip row groups and pages by their statistics; rows are filtered by the plan above.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let projected = project_schema(&self.schema, projection)?;
        if self.files.is_empty() {
            return Ok(Arc::new(EmptyExec::new(projected)));
        }
        let runtime = state.runtime_env();
        // Footers are read once for all partitions and queries of the engine.
        let reader = CachedParquetFileReaderFactory::new(
            runtime.object_store(&self.store)?,
            runtime.cache_manager.get_file_metadata_cache(),
        );
        let mut source = ParquetSource::new(TableSchema::from(self.schema()))
            .with_parquet_file_reader_factory(Arc::new(reader));
        if let Some(filter) = conjunction(filters.to_vec()) {
            let columns = DFSchema::try_from(self.schema())?;
            source = source.with_predicate(state.create_physical_expr(filter, &columns)?);
        }
        // One group: DataFusion splits it by bytes into as many as the plan above has use for.
        let scan = FileScanConfigBuilder::new(self.store.clone(), Arc::new(source))
            .with_file_group(FileGroup::new(self.files.clone()))
            .with_statistics(self.statistics_of(&projected))
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }
}

fn partitioned(file: &DataFile, schema: &Schema) -> Result<PartitionedFile> {
    // `PartitionedFile::new` would encode the path a second time.
    let path = Path::parse(&file.path).map_err(|error| DataFusionError::External(Box::new(error)))?;
    let mut partitioned = PartitionedFile::new(String::new(), file.size);
    partitioned.object_meta.location = path;
    let rows = Precision::Exact(usize_of(file.rows));
    let statistics = Statistics::new_unknown(schema).with_num_rows(rows);
    Ok(partitioned.with_statistics(Arc::new(statistics)))
}

fn width(data_type: &DataType) -> usize {
    match data_type {
        DataType::Boolean => 1,
        DataType::Dictionary(key, _) => width(key),
        DataType::FixedSizeBinary(bytes) => usize::try_from(*bytes).unwrap_or(VARYING_WIDTH),
        other => other.primitive_width().unwrap_or(VARYING_WIDTH),
    }
}

fn usize_of(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
