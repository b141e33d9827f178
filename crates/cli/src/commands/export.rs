//! `leadq export`: the tables of a committed run as CSV or Parquet files.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use clap::Args;
use futures::TryStreamExt;
use leadq_contract::identifier::hex;
use leadq_contract::{SurrogateKey, Table};
use leadq_pipeline::View;
use parquet::arrow::ArrowWriter;

use super::{Global, Reading};
use crate::edges::Edges;
use crate::failure::{Failure, Outcome};
use crate::output::{self, inert, thousands};
use crate::settings::shown;

/// Write the tables of a committed run to files
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq export all --to export
  leadq export fact_lead_outcome --to outcomes.csv
  leadq export lead_link --to links.parquet --as parquet --run 3")]
pub(crate) struct ExportArgs {
    /// Name of a table, or all
    #[arg(value_name = "TABLE", value_parser = which)]
    table: Which,
    /// Folder to write to; for one table, a file that ends in .csv or .parquet will do
    #[arg(long, value_name = "LOCATION")]
    to: PathBuf,
    /// Kind of file
    #[arg(long = "as", value_enum, default_value = "csv")]
    kind: FileKind,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Debug, Clone, Copy)]
enum Which {
    All,
    One(Table),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FileKind {
    /// Fixed column order, ISO dates, true and false, empty for null
    Csv,
    /// Types as they are
    Parquet,
}

impl FileKind {
    const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}

fn which(name: &str) -> Result<Which, String> {
    if name == "all" {
        return Ok(Which::All);
    }
    Table::from_name(name).map(Which::One).ok_or_else(|| {
        let names: Vec<_> = Table::ALL.iter().map(|table| table.name()).collect();
        format!("there is no such table; the tables are {}", names.join(", "))
    })
}

pub(super) async fn run(global: &Global, args: &ExportArgs) -> Outcome<()> {
    let edges = Edges::open(&global.settings()?)?;
    let view = edges.view(args.reading.run).await?;
    let tables = match args.table {
        Which::All => Table::ALL.into_iter().filter(|table| view.has(*table)).collect(),
        Which::One(table) => vec![table],
    };
    for table in tables {
        let path = destination(&args.to, args.table, table, args.kind)?;
        let rows = write(&view, table, &path, args.kind).await?;
        output::print(&format!("{}: {} rows\n", shown(&path), thousands(rows)))?;
    }
    Ok(())
}

/// The file of a table: the one that was named, or one in the folder that was named.
fn destination(to: &Path, which: Which, table: Table, kind: FileKind) -> Outcome<PathBuf> {
    let named = to.extension().is_some_and(|e| e.eq_ignore_ascii_case(kind.extension())) && !to.is_dir();
    if let (Which::One(_), true) = (which, named) {
        return Ok(to.to_owned());
    }
    let other = [FileKind::Csv, FileKind::Parquet]
        .into_iter()
        .find(|k| to.extension().is_some_and(|e| e == k.extension()));
    if let (Some(other), false) = (other, to.is_dir()) {
        return Err(Failure::usage(format!(
            "{} is no folder, and no {} file for one table",
            shown(to),
            kind.extension()
        ))
        .help(format!("name a folder, or export one table with --as {}", other.extension())));
    }
    std::fs::create_dir_all(to).map_err(|error| unwritable(to, &error))?;
    Ok(to.join(format!("{}.{}", table.name(), kind.extension())))
}

fn unwritable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::environment(format!("cannot write {}: {error}", shown(path)))
        .help("name a folder that can be written, with room on its disk")
}

/// Writes a table under a temporary name and renames it when it is whole.
async fn write(view: &View<'_>, table: Table, path: &Path, kind: FileKind) -> Outcome<u64> {
    let schema = table.schema(&view.run.dimensions);
    let columns = table.export_columns(&view.run.dimensions);
    let fields: Vec<_> =
        columns.iter().filter_map(|name| schema.field_with_name(name).ok().cloned()).collect();
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut partial = tempfile::Builder::new();
    partial.prefix(".leadq-export");
    #[cfg(unix)]
    partial.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let partial = partial.tempfile_in(folder).map_err(|error| unwritable(path, &error))?;
    let mut writer = Writer::new(BufWriter::new(partial.as_file()), Arc::new(Schema::new(fields)), kind)
        .map_err(|error| unwritable(path, &error))?;
    let mut batches = view.table(table).await?.batches;
    let mut rows = 0;
    while let Some(batch) = batches.try_next().await? {
        rows += batch.num_rows() as u64;
        writer.write(&batch).map_err(|error| unwritable(path, &error))?;
    }
    writer.finish().map_err(|error| unwritable(path, &error))?;
    partial.persist(path).map_err(|error| unwritable(path, &error.error))?;
    Ok(rows)
}

/// Writes batches as one kind of file.
enum Writer<'a> {
    Csv(Box<arrow::csv::Writer<BufWriter<&'a File>>>, SchemaRef),
    Parquet(Box<ArrowWriter<BufWriter<&'a File>>>, SchemaRef),
}

impl<'a> Writer<'a> {
    fn new(file: BufWriter<&'a File>, schema: SchemaRef, kind: FileKind) -> Result<Self, ArrowError> {
        Ok(match kind {
            FileKind::Csv => {
                let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(file);
                // The header stands even where there are no rows.
                writer.write(&as_text(&RecordBatch::new_empty(Arc::clone(&schema)), &schema)?)?;
                Self::Csv(Box::new(writer), schema)
            }
            FileKind::Parquet => {
                Self::Parquet(Box::new(ArrowWriter::try_new(file, Arc::clone(&schema), None)?), schema)
            }
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        match self {
            Self::Csv(writer, schema) => writer.write(&as_text(batch, schema)?),
            Self::Parquet(writer, schema) => {
                let columns = batch.columns().iter().zip(schema.fields());
                let columns = columns.map(|(column, field)| cast(column, field.data_type()));
                let columns = columns.collect::<Result<Vec<_>, _>>()?;
                Ok(writer.write(&RecordBatch::try_new(Arc::clone(schema), columns)?)?)
            }
        }
    }

    fn finish(self) -> Result<(), ArrowError> {
        match self {
            Self::Csv(writer, _) => {
                writer.into_inner().into_inner().map(drop).map_err(|e| e.into_error().into())
            }
            Self::Parquet(writer, _) => {
                let file = writer.into_inner()?;
                file.into_inner().map(drop).map_err(|e| ArrowError::from(e.into_error()))
            }
        }
    }
}

/// Every column as text: keys as UUID or hex, lists joined, formulas inert, null as null.
fn as_text(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let texts =
        batch.columns().iter().zip(schema.fields()).map(|(column, field)| -> Result<ArrayRef, ArrowError> {
            Ok(match field.data_type() {
                DataType::Binary => {
                    let keys = cast(column, &DataType::Binary)?;
                    Arc::new(
                        keys.as_binary::<i32>().iter().map(|key| key.map(key_text)).collect::<StringArray>(),
                    )
                }
                DataType::List(_) => Arc::new(joined(column)?),
                // The one text that is the backend's own and that others join by.
                DataType::Utf8 if field.name().ends_with("lead_uuid") => cast(column, &DataType::Utf8)?,
                DataType::Utf8 => {
                    let texts = cast(column, &DataType::Utf8)?;
                    Arc::new(
                        texts.as_string::<i32>().iter().map(|text| text.map(inert)).collect::<StringArray>(),
                    )
                }
                other => cast(&cast(column, other)?, &DataType::Utf8)?,
            })
        });
    let fields: Vec<_> = schema.fields().iter().map(|f| Field::new(f.name(), DataType::Utf8, true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), texts.collect::<Result<_, _>>()?)
}

/// A surrogate key (16 bytes) as UUID, a keyed identifier as hex.
fn key_text(key: &[u8]) -> String {
    <[u8; 16]>::try_from(key).map_or_else(|_| hex(key), |bytes| SurrogateKey(bytes).to_string())
}

fn joined(column: &ArrayRef) -> Result<StringArray, ArrowError> {
    let lists = column.as_list::<i32>();
    let join = |row: usize| -> Result<Option<String>, ArrowError> {
        if lists.is_null(row) {
            return Ok(None);
        }
        let texts = cast(&lists.value(row), &DataType::Utf8)?;
        let texts: Vec<_> = texts.as_string::<i32>().iter().flatten().collect();
        Ok(Some(inert(&texts.join(" | ")).into_owned()))
    };
    (0..lists.len()).map(join).collect()
}
