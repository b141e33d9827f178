//! A lake in a temporary folder, tables of made-up rows, and runs over them.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Int64Array, ListBuilder, StringArray,
    StringBuilder, TimestampMicrosecondArray,
};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, SchemaRef};
use arrow::record_batch::RecordBatch;
use leadq_contract::Table;
use leadq_contract::run::{LAKE_FORMAT, RunRecord};
use leadq_lake::DeltaLake;
use leadq_pipeline::ports::{BatchStream, Lake, LakeWriter, PortError, TableFiles};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;

/// Recognises the secret of every lake here.
pub(crate) const SECRET: &str = "check-of-our-secret";

/// Dimensions of the leads unless a test says otherwise.
pub(crate) fn dimensions() -> Vec<String> {
    vec!["source".to_owned(), "campaign".to_owned()]
}

/// A place for a lake, with blanks and signs in its name that paths and URLs tell apart.
pub(crate) struct Place {
    _folder: TempDir,
    pub(crate) path: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join("our lake 100% é#1");
        Self { _folder: folder, path }
    }

    pub(crate) fn lake(&self) -> DeltaLake {
        DeltaLake::open(self.path.to_str().unwrap()).unwrap()
    }

    /// Commits a run over the given tables and row counts.
    pub(crate) async fn run(&self, number: u64, tables: &[(Table, usize)]) -> RunRecord {
        run_on(&self.lake(), number, tables, &dimensions()).await.unwrap()
    }

    /// Rows of a table as the last run has them.
    pub(crate) async fn last(&self, table: Table) -> RecordBatch {
        let lake = self.lake();
        let run = lake.last_run().await.unwrap().unwrap();
        read(&lake.pinned(&run, table).await.unwrap())
    }
}

pub(crate) async fn run_on(
    lake: &DeltaLake,
    number: u64,
    tables: &[(Table, usize)],
    dimensions: &[String],
) -> Result<RunRecord, PortError> {
    let writer = lake.write(SECRET).await?;
    write_with(writer.as_ref(), number, tables, dimensions).await
}

pub(crate) async fn write_with(
    writer: &dyn LakeWriter,
    number: u64,
    tables: &[(Table, usize)],
    dimensions: &[String],
) -> Result<RunRecord, PortError> {
    let mut staged = Vec::new();
    for (table, rows) in tables {
        let schema = table.schema(dimensions);
        let batch = batch(&schema, *rows, number);
        staged.push(writer.stage(*table, schema, stream(vec![batch])).await?);
    }
    let record = RunRecord { dimensions: dimensions.to_vec(), ..record(number) };
    writer.commit(staged, record).await
}

pub(crate) fn record(run: u64) -> RunRecord {
    RunRecord {
        run,
        lake_format: LAKE_FORMAT,
        leadq: "0.1.0".to_owned(),
        started_at: "2026-11-23T01:00:00Z".to_owned(),
        committed_at: "2026-11-23T01:00:05Z".to_owned(),
        dimensions: dimensions(),
        ..RunRecord::default()
    }
}

pub(crate) fn stream(batches: Vec<RecordBatch>) -> BatchStream {
    Box::pin(futures::stream::iter(batches.into_iter().map(Ok)))
}

/// Rows that differ from run to run and from row to row.
pub(crate) fn batch(schema: &SchemaRef, rows: usize, run: u64) -> RecordBatch {
    let columns = schema.fields().iter().map(|field| column(field, rows, i64::try_from(run).unwrap()));
    RecordBatch::try_new(SchemaRef::clone(schema), columns.collect()).unwrap()
}

fn column(field: &Field, rows: usize, run: i64) -> ArrayRef {
    let numbers = (0..i64::try_from(rows).unwrap()).map(move |row| run * 1_000_000 + row);
    let text = |n: i64| format!("{} {n}", field.name());
    match field.data_type() {
        DataType::Utf8 => Arc::new(StringArray::from_iter_values(numbers.map(text))),
        DataType::Binary => Arc::new(BinaryArray::from_iter_values(numbers.map(i64::to_be_bytes))),
        DataType::Int64 => Arc::new(Int64Array::from_iter_values(numbers)),
        DataType::Boolean => Arc::new(numbers.map(|n| Some(n % 2 == 0)).collect::<BooleanArray>()),
        DataType::Date32 => {
            Arc::new(Date32Array::from_iter_values(numbers.map(|n| i32::try_from(n % 20_000).unwrap())))
        }
        DataType::Timestamp(_, zone) => {
            let micros = numbers.map(|n| 1_700_000_000_123_456 + n);
            Arc::new(TimestampMicrosecondArray::from_iter_values(micros).with_timezone_opt(zone.clone()))
        }
        DataType::Decimal128(precision, scale) => {
            let amounts = Decimal128Array::from_iter_values(numbers.map(i128::from));
            Arc::new(amounts.with_precision_and_scale(*precision, *scale).unwrap())
        }
        DataType::List(element) => {
            let mut lists = ListBuilder::new(StringBuilder::new()).with_field(Arc::clone(element));
            numbers.for_each(|n| lists.append_value([Some(text(n)), None]));
            Arc::new(lists.finish())
        }
        other => panic!("no test values for {other}"),
    }
}

/// Reads a table's files with the Parquet reader, nothing of Delta's.
pub(crate) fn read(table: &TableFiles) -> RecordBatch {
    let mut batches = Vec::new();
    for file in &table.files {
        let path = object_store::local::LocalFileSystem::new();
        let path = path.path_to_filesystem(&object_store::path::Path::parse(&file.path).unwrap()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), file.size);
        let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap();
        batches.extend(reader.build().unwrap().map(Result::unwrap));
    }
    let schema = batches.first().map_or_else(|| SchemaRef::clone(&table.schema), RecordBatch::schema);
    concat_batches(&schema, &batches).unwrap()
}
