//! `leadq csv`: any CSV, whatever its dialect, as plain CSV.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use leadq_ingest::IngestError;
use leadq_ingest::dialect::{Rewritten, rewrite};

use crate::failure::{Failure, Outcome};
use crate::output::{self, thousands};
use crate::settings::shown;

/// Read any CSV, find out its encoding, delimiter and quotes, and write it as plain UTF-8 CSV
///
/// Nothing is dropped but blank lines: titles, footers and short rows are written as they are. A row whose quotes
/// do not fit is read in the likeliest way.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq csv report.txt report.csv
  leadq csv - - < report.txt > report.csv")]
pub(crate) struct CsvArgs {
    /// File to read; - for stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// File to write; - for stdout
    #[arg(value_name = "OUT")]
    out: PathBuf,
}

pub(super) fn run(args: &CsvArgs) -> Outcome<()> {
    let standard = |path: &Path| path == Path::new("-");
    let input: Box<dyn Read> = if standard(&args.file) {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(&args.file).map_err(|error| unreadable(&args.file, &error))?)
    };
    if !standard(&args.out) {
        let written = to_file(args, input)?;
        return output::print(&format!("{}: {}", shown(&args.out), told(&written)));
    }
    match rewrite(input, io::stdout().lock()) {
        // A reader that went away is no error.
        Err(error) if is_broken_pipe(&error) => Ok(()),
        Err(error) => Err(failed(args, &error)),
        Ok(written) => {
            // Where nobody can be told, that is no error either.
            let _ = io::stderr().write_all(told(&written).as_bytes());
            Ok(())
        }
    }
}

/// Writes under a temporary name and renames the file when it is whole.
fn to_file(args: &CsvArgs, input: impl Read) -> Outcome<Rewritten> {
    let folder = args.out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut partial = tempfile::Builder::new();
    partial.prefix(".leadq-csv");
    #[cfg(unix)]
    partial.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let partial = partial
        .tempfile_in(folder.unwrap_or_else(|| Path::new(".")))
        .map_err(|error| unwritable(&args.out, &error))?;
    let written = rewrite(input, partial.as_file()).map_err(|error| failed(args, &error))?;
    partial.persist(&args.out).map_err(|error| unwritable(&args.out, &error.error))?;
    Ok(written)
}

/// What was found and done, in a line.
fn told(written: &Rewritten) -> String {
    let mended = match written.mended {
        0 => String::new(),
        rows => format!(", {} with quotes that did not fit", thousands(rows)),
    };
    let rows = if written.rows == 1 { "row" } else { "rows" };
    format!("{} {rows}{mended}; {}\n", thousands(written.rows), written.found)
}

fn is_broken_pipe(error: &IngestError) -> bool {
    let IngestError::Sink(source) = error else { return false };
    source.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn failed(args: &CsvArgs, error: &IngestError) -> Failure {
    match error {
        IngestError::Sink(source) => unwritable(&args.out, source),
        other => unreadable(&args.file, other),
    }
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::data(format!("cannot read {}: {error}", shown(path)))
        .help("name a file that can be read, or - for stdin")
}

fn unwritable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::environment(format!("cannot write {}: {error}", shown(path)))
        .help("name a file in a folder that can be written, with room on its disk, or - for stdout")
}
