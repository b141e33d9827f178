//! An engine over a temporary folder, and rows to give it.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, Int64Array, StringArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow::util::pretty::pretty_format_batches;
use futures::TryStreamExt as _;
use leadq_engine::{EmbeddedEngine, EngineSettings};
use leadq_pipeline::ports::{BatchStream, Engine as _, PortError, TableFiles};
use tempfile::TempDir;

pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) engine: EmbeddedEngine,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::with_memory(400_000_000)
    }

    pub(crate) fn with_memory(memory: u64) -> Self {
        let folder = tempfile::Builder::new().prefix("50% é #").tempdir().unwrap();
        let spill_dir = Some(folder.path().to_owned());
        let engine = EmbeddedEngine::new(EngineSettings { memory, partitions: 2, spill_dir }).unwrap();
        Self { folder, engine }
    }

    /// A scratch table `name` of the given rows.
    pub(crate) async fn table(&self, name: &str, batches: Vec<RecordBatch>) -> TableFiles {
        let schema = batches[0].schema();
        self.engine.scratch(name, schema, stream(batches)).await.unwrap()
    }

    pub(crate) async fn rows(&self, sql: &str) -> Result<Vec<RecordBatch>, PortError> {
        self.engine.query(sql).await?.batches.try_collect().await
    }

    /// The answer as text.
    pub(crate) async fn ask(&self, sql: &str) -> String {
        let rows = self.rows(sql).await.unwrap();
        pretty_format_batches(&rows).unwrap().to_string()
    }

    /// The one number that a query yields.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let rows = self.rows(sql).await.unwrap();
        let rows = concat_batches(&rows[0].schema(), &rows).unwrap();
        assert_eq!((rows.num_rows(), rows.num_columns()), (1, 1));
        let number = arrow::compute::cast(rows.column(0), &DataType::Int64).unwrap();
        number.as_any().downcast_ref::<Int64Array>().unwrap().value(0)
    }

    /// Files below the engine's folder.
    pub(crate) fn temporary(&self) -> Vec<std::path::PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found
    }
}

pub(crate) fn stream(batches: Vec<RecordBatch>) -> BatchStream {
    Box::pin(futures::stream::iter(batches.into_iter().map(Ok)))
}

pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("city", DataType::Utf8, true),
        Field::new("key", DataType::Binary, false),
    ]))
}

/// Rows `from..to`: a number, a city for two of three, a key.
pub(crate) fn batch(from: i64, to: i64) -> RecordBatch {
    let cities = (from..to).map(|n| (n % 3 != 0).then(|| format!("city {}", n % 7)));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(from..to)),
        Arc::new(cities.collect::<StringArray>()),
        Arc::new(BinaryArray::from_iter_values((from..to).map(mixed_key))),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

/// Sixteen bytes in no order.
fn mixed_key(n: i64) -> [u8; 16] {
    let mixed = n.unsigned_abs().wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&mixed.to_be_bytes());
    bytes[8..].copy_from_slice(&mixed.rotate_left(29).to_be_bytes());
    bytes
}
