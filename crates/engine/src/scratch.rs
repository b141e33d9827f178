//! The engine's temporary folder: what is spilled, and the tables of a run that no later run needs.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt as _;
use leadq_pipeline::ports::{BatchStream, DataFile, PortError, TableFiles};
use object_store::path::Path as StorePath;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use tempfile::TempDir;
use tokio::sync::mpsc;

/// Batches between the query that makes them and the thread that encodes them.
const QUEUED_BATCHES: usize = 2;
/// Rows of a row group, which is what a scan divides among its partitions.
const ROW_GROUP_ROWS: usize = 256 * 1024;
/// Bytes of a row group, which is what the encoder holds in memory.
const ROW_GROUP_BYTES: usize = 32 << 20;

/// A folder that goes with the engine and the last stream that reads from it.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: TempDir,
    written: AtomicU64,
}

impl Scratch {
    /// Makes the folder in `parent`, or where the system keeps temporary files.
    pub(crate) fn new(parent: Option<&Path>) -> std::io::Result<Self> {
        let mut folder = tempfile::Builder::new();
        folder.prefix("leadq-engine-");
        let folder = match parent {
            Some(parent) => {
                std::fs::create_dir_all(parent)?;
                folder.tempdir_in(parent.canonicalize()?)?
            }
            None => folder.tempdir_in(std::env::temp_dir().canonicalize()?)?,
        };
        Ok(Self { folder, written: AtomicU64::new(0) })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes rows to a file of their own. No rows, no file.
    pub(crate) async fn write(
        &self,
        name: &str,
        schema: SchemaRef,
        rows: BatchStream,
    ) -> Result<TableFiles, PortError> {
        // Numbered, not named after the table: the name may come from a query, and a table of the same
        // name may still be read.
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let path = self.path().join(format!("scratch-{number}.parquet"));
        let file = encode(name, path, SchemaRef::clone(&schema), rows).await?;
        let files = file.into_iter().collect();
        Ok(TableFiles { name: name.to_owned(), schema, store: "file:///".to_owned(), files })
    }
}

/// Encodes on a thread of its own, so that the query goes on meanwhile; a short queue keeps either from
/// running ahead.
async fn encode(
    name: &str,
    path: PathBuf,
    schema: SchemaRef,
    mut rows: BatchStream,
) -> Result<Option<DataFile>, PortError> {
    let failed = |error: &dyn std::fmt::Display| PortError::permanent("write scratch table", name, error);
    let (queue, batches) = mpsc::channel(QUEUED_BATCHES);
    let encoder = {
        let schema = SchemaRef::clone(&schema);
        tokio::task::spawn_blocking(move || write_file(&path, &schema, batches))
    };
    while let Some(batch) = rows.try_next().await? {
        check(&batch, &schema).map_err(|reason| failed(&reason))?;
        // An error means that the encoder has ended; it says why below.
        if batch.num_rows() > 0 && queue.send(batch).await.is_err() {
            break;
        }
    }
    drop(queue);
    encoder.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
}

fn check(batch: &RecordBatch, schema: &SchemaRef) -> Result<(), String> {
    let (got, wanted) = (batch.schema(), schema.fields());
    if got.fields().len() != wanted.len() {
        return Err(format!("a batch has {} columns, not {}", got.fields().len(), wanted.len()));
    }
    for (got, wanted) in got.fields().iter().zip(wanted) {
        if got.name() != wanted.name() || got.data_type() != wanted.data_type() {
            let (name, data_type) = (wanted.name(), wanted.data_type());
            return Err(format!("{name} {data_type} expected, {} {} found", got.name(), got.data_type()));
        }
    }
    Ok(())
}

fn write_file(
    path: &Path,
    schema: &SchemaRef,
    mut batches: mpsc::Receiver<RecordBatch>,
) -> Result<Option<DataFile>, ParquetError> {
    let Some(first) = batches.blocking_recv() else { return Ok(None) };
    let mut writer =
        ArrowWriter::try_new(File::create(path)?, SchemaRef::clone(schema), Some(properties(schema)))?;
    writer.write(&first)?;
    while let Some(batch) = batches.blocking_recv() {
        writer.write(&batch)?;
    }
    let rows = writer.finish()?.file_metadata().num_rows();
    let stored =
        StorePath::from_absolute_path(path).map_err(|error| ParquetError::External(Box::new(error)))?;
    let file = DataFile {
        path: stored.to_string(),
        size: writer.inner().metadata()?.len(),
        rows: u64::try_from(rows).unwrap_or_default(),
    };
    tracing::debug!(scratch.rows = file.rows, scratch.bytes = file.size, "wrote scratch table");
    Ok(Some(file))
}

/// Written once, read a few times, then gone: cheap compression, and statistics of row groups only.
fn properties(schema: &SchemaRef) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
        .set_statistics_enabled(EnabledStatistics::Chunk);
    // Keys hardly repeat: looking for them in a dictionary is lost work.
    for field in schema.fields().iter().filter(|field| field.data_type().is_binary()) {
        let column = ColumnPath::new(vec![field.name().clone()]);
        properties = properties.set_column_dictionary_enabled(column, false);
    }
    properties.build()
}
