//! A leads file as received, without what tells who forgotten people are.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray};
use arrow::compute::{cast, nullif};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use leadq_contract::LeadColumn;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::ChunkReader;

use super::Search;
use crate::IngestError;
use crate::leads::LeadOptions;

/// What becomes of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A column of identifiers: it says whose row it is, and is null in a forgotten person's.
    Identifier,
    /// Where a person lives: null in a forgotten person's row.
    Place,
    /// Text without a meaning of its own: something of the same shape stands in for identifiers in it.
    Text,
    /// It stays.
    Other,
}

/// Takes what tells who forgotten people are out of a leads file (Parquet): their identifiers and their place are
/// null in what is left; the leads, their times and prices stay, and so does everything else. None if nothing was
/// found. A column that takes no null takes some then. `options.forgotten` says who.
///
/// # Errors
/// If it is no readable Parquet.
pub fn redact_leads<F: ChunkReader + 'static>(
    input: F,
    options: &LeadOptions<'_>,
) -> Result<Option<Vec<u8>>, IngestError> {
    let Some(search) = Search::of(options.forgotten, options.secret) else { return Ok(None) };
    let builder = ParquetRecordBatchReaderBuilder::try_new(input)?;
    let parts: Vec<_> = builder.schema().fields().iter().map(|field| part(field, options)).collect();
    let schema = schema_of(builder.schema(), &parts);
    let groups = builder.metadata().row_groups();
    let first = groups.first().and_then(|group| group.columns().first());
    let compression = first.map_or(Compression::SNAPPY, |column| column.compression());
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, Arc::clone(&schema), Some(properties))?;
    let mut is_changed = false;
    for batch in builder.build()? {
        let batch = batch?;
        let changed = redact(&batch, &parts, &search)?;
        is_changed |= changed.is_some();
        let columns = changed.unwrap_or_else(|| batch.columns().to_vec());
        writer.write(&RecordBatch::try_new(Arc::clone(&schema), columns)?)?;
    }
    writer.close()?;
    Ok(is_changed.then_some(bytes))
}

fn part(field: &Field, options: &LeadOptions<'_>) -> Part {
    match options.schema.recognise(field.name()) {
        Some(LeadColumn::EmailHash | LeadColumn::PhoneHash) => Part::Identifier,
        Some(LeadColumn::City | LeadColumn::State | LeadColumn::Zip) => Part::Place,
        Some(_) => Part::Other,
        None if is_text(field.data_type()) => Part::Text,
        None => Part::Other,
    }
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// The schema, with null allowed where there may be some now.
fn schema_of(schema: &SchemaRef, parts: &[Part]) -> SchemaRef {
    let fields = schema.fields().iter().zip(parts).map(|(field, part)| match part {
        Part::Identifier | Part::Place => Arc::new(field.as_ref().clone().with_nullable(true)),
        Part::Text | Part::Other => Arc::clone(field),
    });
    Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone()))
}

/// The columns of a batch as they become; none if all stay.
fn redact(
    batch: &RecordBatch,
    parts: &[Part],
    search: &Search<'_>,
) -> Result<Option<Vec<ArrayRef>>, IngestError> {
    let mut goes = vec![false; batch.num_rows()];
    for (column, _) in batch.columns().iter().zip(parts).filter(|(_, part)| **part == Part::Identifier) {
        let texts = cast(column, &DataType::Utf8)?;
        for (goes, text) in goes.iter_mut().zip(texts.as_string::<i32>()) {
            *goes = *goes || text.is_some_and(|text| search.finds(text, true));
        }
    }
    let mut is_changed = goes.contains(&true);
    let goes = BooleanArray::from(goes);
    let mut columns = Vec::with_capacity(parts.len());
    for (column, part) in batch.columns().iter().zip(parts) {
        columns.push(match part {
            Part::Other => Arc::clone(column),
            Part::Identifier | Part::Place => nullif(column, &goes)?,
            Part::Text => match hidden(column, search)? {
                None => Arc::clone(column),
                Some(hidden) => {
                    is_changed = true;
                    hidden
                }
            },
        });
    }
    Ok(is_changed.then_some(columns))
}

/// A column of text without the identifiers in it; none if it has none.
fn hidden(column: &ArrayRef, search: &Search<'_>) -> Result<Option<ArrayRef>, IngestError> {
    let texts = cast(column, &DataType::Utf8)?;
    let texts = texts.as_string::<i32>();
    let mut is_changed = false;
    let hidden: StringArray = texts
        .iter()
        .map(|text| {
            let hidden = search.hidden(text?, true);
            is_changed |= hidden.is_some();
            hidden.or_else(|| text.map(str::to_owned))
        })
        .collect();
    Ok(if is_changed { Some(cast(&hidden, column.data_type())?) } else { None })
}

#[cfg(test)]
mod tests;
