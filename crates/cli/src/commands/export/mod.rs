//! `leadq export`: the tables of a committed run as CSV or Parquet files, or as one workbook.

mod xlsx;

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use clap::Args;
use futures::TryStreamExt;
use leadq_contract::Table;
use leadq_pipeline::View;

use super::{Global, Reading};
use crate::edges::Edges;
use crate::failure::{Failure, Outcome};
use crate::output::{self, Partial, thousands, unwritable};
use crate::rows::{Csv, Parquet};
use crate::settings::shown;

/// Write the tables of a committed run to files
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq export all --to export
  leadq export fact_lead_outcome --to outcomes.csv
  leadq export lead_link --to links.parquet --run 3
  leadq export all --to leadq.xlsx                    # a workbook with a sheet a table")]
pub(crate) struct ExportArgs {
    /// Name of a table, or all
    #[arg(value_name = "TABLE", value_parser = which)]
    table: Which,
    /// Folder to write to; for one table, a file that ends in .csv or .parquet will do, and one in .xlsx for any
    #[arg(long, value_name = "LOCATION")]
    to: PathBuf,
    /// Kind of file [default: what --to ends in, else csv]
    #[arg(long = "as", value_enum)]
    kind: Option<FileKind>,
    #[command(flatten)]
    reading: Reading,
}

impl ExportArgs {
    fn kind(&self) -> FileKind {
        let named = FileKind::of(&self.to).filter(|_| !self.to.is_dir());
        self.kind.or(named).unwrap_or(FileKind::Csv)
    }
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
    /// One workbook, with dates, numbers and text as Excel has them; instants in UTC
    Xlsx,
}

impl FileKind {
    const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Xlsx => "xlsx",
        }
    }

    /// Whether one file takes this.
    const fn takes(self, which: Which) -> bool {
        matches!((self, which), (Self::Xlsx, _) | (_, Which::One(_)))
    }

    /// The kind that a path names.
    fn of(path: &Path) -> Option<Self> {
        let named = path.extension()?;
        [Self::Csv, Self::Parquet, Self::Xlsx]
            .into_iter()
            .find(|kind| named.eq_ignore_ascii_case(kind.extension()))
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
    let settings = global.settings()?;
    let edges = Edges::open(&settings)?;
    let view = edges.view(args.reading.run).await?;
    let tables = match args.table {
        Which::All => Table::ALL.into_iter().filter(|table| view.has(*table)).collect(),
        Which::One(table) => vec![table],
    };
    if args.kind() == FileKind::Xlsx {
        let name = match args.table {
            Which::All => "leadq",
            Which::One(table) => table.name(),
        };
        let path = destination(args, name)?;
        return xlsx::export(&view, &tables, &path, &settings.scratch).await;
    }
    for table in tables {
        let path = destination(args, table.name())?;
        let rows = write(&view, table, &path, args.kind()).await?;
        output::print(&format!("{}: {} rows\n", shown(&path), thousands(rows)))?;
    }
    Ok(())
}

/// The file that was named, or one in the folder that was named.
fn destination(args: &ExportArgs, name: &str) -> Outcome<PathBuf> {
    let (to, kind) = (args.to.as_path(), args.kind());
    let named = FileKind::of(to).filter(|_| !to.is_dir());
    match named {
        Some(named) if named == kind && kind.takes(args.table) => return Ok(to.to_owned()),
        Some(named) => {
            let help = match named.takes(args.table) {
                true => format!("name a folder, or export with --as {}", named.extension()),
                false => "name a folder: there is a file a table".to_owned(),
            };
            return Err(Failure::usage(format!(
                "{} is no folder, and no {} file for this",
                shown(to),
                kind.extension()
            ))
            .help(help));
        }
        None => {}
    }
    std::fs::create_dir_all(to).map_err(|error| unwritable(to, &error))?;
    Ok(to.join(format!("{name}.{}", kind.extension())))
}

/// The columns of a table as they are exported.
fn exported(view: &View<'_>, table: Table) -> Schema {
    let schema = table.schema(&view.run.dimensions);
    let columns = table.export_columns(&view.run.dimensions);
    Schema::new(
        columns.iter().filter_map(|name| schema.field_with_name(name).ok().cloned()).collect::<Vec<_>>(),
    )
}

/// Writes a table under a temporary name and renames it when it is whole.
async fn write(view: &View<'_>, table: Table, path: &Path, kind: FileKind) -> Outcome<u64> {
    let partial = Partial::beside(path)?;
    let mut writer = Writer::new(BufWriter::new(partial.file()), exported(view, table).into(), kind)
        .map_err(|error| unwritable(path, &error))?;
    let mut batches = view.table(table).await?.batches;
    let mut rows = 0;
    while let Some(batch) = batches.try_next().await? {
        rows += batch.num_rows() as u64;
        writer.write(&batch).map_err(|error| unwritable(path, &error))?;
    }
    writer.finish().map_err(|error| unwritable(path, &error))?;
    partial.keep()?;
    Ok(rows)
}

/// Writes batches as a file of its own.
enum Writer<'a> {
    Csv(Box<Csv<BufWriter<&'a File>>>),
    Parquet(Box<Parquet<BufWriter<&'a File>>>),
}

impl<'a> Writer<'a> {
    fn new(file: BufWriter<&'a File>, schema: SchemaRef, kind: FileKind) -> Result<Self, ArrowError> {
        Ok(match kind {
            FileKind::Parquet => Self::Parquet(Box::new(Parquet::new(file, schema)?)),
            FileKind::Csv | FileKind::Xlsx => Self::Csv(Box::new(Csv::new(file, &schema)?)),
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        match self {
            Self::Csv(writer) => Ok(writer.write(batch)?),
            Self::Parquet(writer) => writer.write(batch),
        }
    }

    fn finish(self) -> Result<(), ArrowError> {
        match self {
            Self::Csv(writer) => Ok(writer.finish()?),
            Self::Parquet(writer) => writer.finish(),
        }
    }
}
