//! Rows to the data files of a table. Nothing here is visible: no commit names the files yet.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt as _;
use leadq_contract::Table;
use leadq_contract::table::{is_distinct, is_random};
use leadq_pipeline::ports::{BatchStream, DataFile, PortError, TableFiles};
use object_store::buffered::BufWriter;
use object_store::path::Path;
use parquet::arrow::AsyncArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::crash::{Crash, CrashPoint};
use crate::failure;
use crate::fit::fit;
use crate::location::Location;

/// Bytes after which a file is closed and the next begun.
const FILE_BYTES: usize = 128 << 20;
/// Rows of a row group: what a reader can skip, and what a scan divides among its partitions.
const ROW_GROUP_ROWS: usize = 128 * 1024;
/// Bytes of a row group: what the encoder holds in memory.
const ROW_GROUP_BYTES: usize = 16 << 20;
/// Batches between the query that makes them and the task that encodes them.
const QUEUED_BATCHES: usize = 2;

/// Data files that were begun and that no commit has taken over.
pub(crate) type Begun = Arc<Mutex<Vec<Path>>>;

/// Writes rows to new files in the table's folder, which are noted in `begun`. No rows, no file.
pub(crate) async fn write(
    location: &Location,
    table: Table,
    schema: SchemaRef,
    mut rows: BatchStream,
    begun: Begun,
    crash: Crash,
) -> Result<TableFiles, PortError> {
    let (queue, batches) = mpsc::channel(QUEUED_BATCHES);
    let files = Files {
        location: location.clone(),
        table,
        schema: SchemaRef::clone(&schema),
        begun,
        crash,
        limit: FILE_BYTES,
        done: Vec::new(),
    };
    // A task of its own, so that the query goes on while its last batches are encoded.
    let encoder = tokio::spawn(files.encode(batches));
    while let Some(batch) = rows.try_next().await? {
        // An error means that the encoder has ended; it says why below.
        if queue.send(batch).await.is_err() {
            break;
        }
    }
    drop(queue);
    let files = encoder.await.map_err(|error| failed(table, &error))??;
    tracing::debug!(
        table.name = table.name(),
        table.files = files.len(),
        table.rows = files.iter().map(|file| file.rows).sum::<u64>(),
        table.bytes = files.iter().map(|file| file.size).sum::<u64>(),
        "staged table"
    );
    Ok(TableFiles { name: table.name().to_owned(), schema, store: location.base().to_owned(), files })
}

type Writer = AsyncArrowWriter<BufWriter>;

struct Files {
    location: Location,
    table: Table,
    schema: SchemaRef,
    begun: Begun,
    crash: Crash,
    /// Bytes after which a file is closed.
    limit: usize,
    done: Vec<DataFile>,
}

impl Files {
    async fn encode(mut self, mut batches: mpsc::Receiver<RecordBatch>) -> Result<Vec<DataFile>, PortError> {
        let mut open: Option<(Path, Writer)> = None;
        while let Some(batch) = batches.recv().await {
            if batch.num_rows() == 0 {
                continue;
            }
            let batch = fit(&batch, &self.schema)
                .map_err(|reason| PortError::permanent("stage", self.table.name(), reason))?;
            let (path, mut writer) = match open.take() {
                Some(open) => open,
                None => self.begin().map_err(|error| failed(self.table, &error))?,
            };
            writer.write(&batch).await.map_err(|error| failed(self.table, &error))?;
            if writer.bytes_written() + writer.in_progress_size() < self.limit {
                open = Some((path, writer));
            } else {
                self.end(path, writer).await?;
            }
        }
        if let Some((path, writer)) = open {
            self.end(path, writer).await?;
        }
        Ok(self.done)
    }

    fn begin(&self) -> Result<(Path, Writer), ParquetError> {
        let name = format!("part-{:05}-{}-c000.zstd.parquet", self.done.len(), Uuid::new_v4());
        let path = self.location.table(self.table.name()).join(name);
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).push(path.clone());
        let file = BufWriter::new(self.location.store().clone(), path.clone());
        let options = ArrowWriterOptions::new()
            .with_properties(properties(&self.schema)?)
            // The columns are what Parquet's own types say; other readers need not know Arrow's.
            .with_skip_arrow_metadata(true);
        let writer = AsyncArrowWriter::try_new_with_options(file, SchemaRef::clone(&self.schema), options)?;
        Ok((path, writer))
    }

    async fn end(&mut self, path: Path, writer: Writer) -> Result<(), PortError> {
        let parquet = writer.close().await.map_err(|error| failed(self.table, &error))?;
        let rows = u64::try_from(parquet.file_metadata().num_rows()).unwrap_or_default();
        let size = self.location.size(&path).await?;
        self.done.push(DataFile { path: path.to_string(), size, rows });
        self.crash.at(CrashPoint::FileStaged(self.table))
    }
}

/// Fast to write and small to keep: what is random is neither compressed nor described by statistics, and a dictionary is
/// made only of what repeats.
fn properties(schema: &Schema) -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES));
    for field in schema.fields() {
        let column = || ColumnPath::new(vec![field.name().clone()]);
        if is_distinct(field) {
            properties = properties.set_column_dictionary_enabled(column(), false);
        }
        if is_random(field) {
            properties = properties
                .set_column_compression(column(), Compression::UNCOMPRESSED)
                .set_column_statistics_enabled(column(), EnabledStatistics::None);
        }
    }
    Ok(properties.build())
}

fn failed(table: Table, error: &(dyn std::error::Error + 'static)) -> PortError {
    failure::of("stage", table.name(), error)
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array};

    use super::*;

    #[tokio::test]
    async fn a_full_file_is_closed_and_the_next_begun() {
        let folder = tempfile::tempdir().unwrap();
        let numbers = |from| Arc::new(Int64Array::from_iter_values(from..from + 5_000)) as ArrayRef;
        let batches =
            [0, 5_000, 10_000].map(|from| RecordBatch::try_from_iter([("n", numbers(from))]).unwrap());
        let (queue, queued) = mpsc::channel(batches.len());
        let files = Files {
            location: Location::new(folder.path().to_str().unwrap()).unwrap(),
            table: Table::DimDate,
            schema: batches[0].schema(),
            begun: Begun::default(),
            crash: Crash::default(),
            limit: 50_000,
            done: Vec::new(),
        };
        for batch in batches {
            queue.send(batch).await.unwrap();
        }
        drop(queue);
        let rows: Vec<_> = files.encode(queued).await.unwrap().iter().map(|file| file.rows).collect();
        assert_eq!(rows, [10_000, 5_000]);
    }
}
