//! A table as Parquet, in the types that it has in the lake.

use std::io::Write;
use std::sync::Arc;

use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;

/// Writes batches as Parquet.
pub(super) struct Parquet<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
}

impl<W: Write + Send> Parquet<W> {
    pub(super) fn new(file: W, schema: SchemaRef) -> Result<Self, ArrowError> {
        Ok(Self { writer: ArrowWriter::try_new(file, Arc::clone(&schema), None)?, schema })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let columns = batch.columns().iter().zip(self.schema.fields());
        let columns = columns.map(|(column, field)| cast(column, field.data_type()));
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns.collect::<Result<_, _>>()?)?;
        Ok(self.writer.write(&batch)?)
    }

    pub(super) fn finish(self) -> Result<(), ArrowError> {
        Ok(self.writer.into_inner()?.flush()?)
    }
}
