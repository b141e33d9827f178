//! `leadq replay`: every table anew from the archive.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use leadq_pipeline::ports::Archive as _;

use super::run::tell;
use super::{Global, Printing, Waiting};
use crate::edges::Edges;
use crate::failure::{Failure, Outcome};
use crate::progress::Progress;
use crate::work::{self, Order};

/// Make every table anew from the archive
///
/// The tables come out as they are, unless leadq reads or matches better now, or they were damaged. History that is
/// frozen, since its files are no longer kept, stays as it is.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq replay
  leadq replay --wait 10m            wait for a run that goes on already

Exit codes: 0 done; 3 the archive is empty; 4 another run is writing to the lake.")]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    printing: Printing,
}

pub(super) async fn run(global: &Global, args: &ReplayArgs) -> Outcome<ExitCode> {
    let settings = global.settings()?;
    let edges = Edges::open(&settings)?;
    edges.check_made().await?;
    let archive = edges.archive(&settings).await?;
    if archive.catalogue().await?.is_empty() {
        return Err(Failure::data("the archive is empty").help("run `leadq run` first"));
    }
    let observer = Arc::new(Progress::new(global.quiet));
    let order = Order { wait: args.waiting.wait, replay: true };
    let outcome = work::take_in(&settings, &edges, &archive, order, observer).await?;
    tell(&settings, &edges, &outcome, args.printing.format, false).await
}
