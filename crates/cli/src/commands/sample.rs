//! `leadq sample`: made-up leads and reports to try leadq on.

use std::path::PathBuf;

use clap::Args;

use crate::failure::{Failure, Outcome};
use crate::output;
use crate::sample::{self, SampleError};

/// Write made-up leads and 22 report snapshots, with the quirks of real ones
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq sample --seed 7
  leadq sample --seed 11 --out /tmp/sample")]
pub(crate) struct SampleArgs {
    /// The same seed gives the same files
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Folder to write to
    #[arg(long, default_value = "source", value_name = "FOLDER")]
    out: PathBuf,
    /// Replace files that have other content
    #[arg(long)]
    overwrite: bool,
}

pub(super) fn run(args: &SampleArgs) -> Outcome<()> {
    let files = sample::generate(args.seed).map_err(told)?;
    let written = sample::write(&files, &args.out, args.overwrite).map_err(told)?;
    let out = args.out.display();
    output::print(&format!(
        "{} files written to {out}, {} there already\n\nNext: leadq run --leads {out}/leads --reports {out}/contractor_reports\n",
        written.written, written.unchanged
    ))
}

fn told(error: SampleError) -> Failure {
    match error {
        SampleError::Exists { .. } => {
            Failure::data(error).help("give another folder with --out, or replace the files with --overwrite")
        }
        SampleError::Io { .. } => Failure::environment(error),
        SampleError::Arrow(_) | SampleError::Parquet(_) => Failure::bug(error),
    }
}
