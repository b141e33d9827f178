//! `leadq report`: what a run found, as a page or a workbook for people, and the note to a client about its file.

mod feedback;
mod gather;

use std::path::PathBuf;

use clap::Args;
use leadq_metrics::Dimension;

use super::asking::check_client;
use super::{Global, Reading};
use crate::edges::Edges;
use crate::failure::{Failure, Outcome};
use crate::output::{self, Partial};
use crate::settings::shown;

/// A report for people: how good the leads are, how sure that is, what changed, what is broken, what to do
///
/// The page is one HTML file that opens without network or scripts, and prints. The workbook has the same figures with native
/// charts. Neither holds an email, a phone number, a hash or a key of one.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq report                                        # leadq-report.html
  leadq report --as xlsx --to march.xlsx
  leadq report --by source,state,city                 # other cuts than those of the leads' dimensions
  leadq report --client acme --to acme.html           # one client's leads alone
  leadq report --for-client acme                      # the note to acme: what to fix in its file")]
pub(crate) struct ReportArgs {
    /// File to write [default: leadq-report.html, leadq-report.xlsx or leadq-feedback-ID.html here]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Kind of report [default: what --to ends in, else html]
    #[arg(long = "as", value_enum)]
    kind: Option<Kind>,
    /// Dimensions to show, each a cut of its own [default: those of the leads, the place, the month begun]
    #[arg(long, value_name = "DIM", value_delimiter = ',', num_args = 1)]
    by: Vec<String>,
    /// Only the leads of this client
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// The note to this client instead: what to fix in its file, and nothing of how well its leads do
    #[arg(long, value_name = "ID", conflicts_with_all = ["client", "by", "kind"])]
    for_client: Option<String>,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// A page
    Html,
    /// A workbook
    Xlsx,
}

impl Kind {
    const fn extension(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Xlsx => "xlsx",
        }
    }
}

pub(super) async fn run(global: &Global, args: &ReportArgs) -> Outcome<()> {
    let settings = global.settings()?;
    let kind = kind(args)?;
    let path = args.to.clone().unwrap_or_else(|| PathBuf::from(default_name(args, kind)));
    // Before anything is read: whether it can be written.
    let file = Partial::beside(&path)?;
    let edges = Edges::open(&settings)?;
    let view = edges.view(args.reading.run).await?;
    check_client(&view, args.for_client.as_deref().or(args.client.as_deref())).await?;
    let bytes = if let Some(client) = &args.for_client {
        let note = feedback::gather(&view, &settings, client).await?;
        leadq_report::feedback_html(&note).into_bytes()
    } else {
        let by = args.by.iter().map(|name| {
            let dimension = Dimension::parse(name, &view.run.dimensions);
            dimension.map_err(|error| {
                Failure::usage(error).help("dimensions of the leads are named in leadq.toml")
            })
        });
        let by = by.collect::<Outcome<Vec<_>>>()?;
        let found = gather::gather(&edges, &view, &settings, by, args.client.as_deref()).await?;
        // On a thread of its own, so that Ctrl-C is heard meanwhile.
        tokio::task::spawn_blocking(move || made(&found, kind)).await.map_err(Failure::bug)??
    };
    file.write(&bytes)?;
    output::print(&format!("{}: run {}, {} kB\n", shown(&path), view.run.run, bytes.len().div_ceil(1000)))
}

fn made(found: &leadq_report::Analysis, kind: Kind) -> Outcome<Vec<u8>> {
    match kind {
        Kind::Html => Ok(leadq_report::html(found).into_bytes()),
        Kind::Xlsx => leadq_report::xlsx(found).map_err(Failure::bug),
    }
}

fn default_name(args: &ReportArgs, kind: Kind) -> String {
    match &args.for_client {
        Some(client) => format!("leadq-feedback-{}.html", file_name(client)),
        None => format!("leadq-report.{}", kind.extension()),
    }
}

/// What `--as` says, else what the file is called.
fn kind(args: &ReportArgs) -> Outcome<Kind> {
    let ending = args.to.as_ref().and_then(|path| path.extension()).map(|ending| ending.to_ascii_lowercase());
    let named = [Kind::Html, Kind::Xlsx]
        .into_iter()
        .find(|kind| ending.as_ref().is_some_and(|ending| ending == kind.extension()));
    match (args.kind, named) {
        (Some(asked), Some(named)) if asked != named => Err(Failure::usage(format!(
            "--as {} does not go with a file that ends in .{}",
            asked.extension(),
            named.extension()
        ))),
        (None, None) if ending.is_some_and(|ending| ending == "pdf") => {
            Err(Failure::usage("a report is written as HTML or XLSX")
                .help("the HTML page is made to be printed: open it in a browser and print it to PDF"))
        }
        (_, Some(Kind::Xlsx)) if args.for_client.is_some() => {
            Err(Failure::usage("the note to a client is an HTML page")
                .help("name a file that ends in .html, or none"))
        }
        (asked, named) => Ok(asked.or(named).unwrap_or(Kind::Html)),
    }
}

/// A client's id as a part of a file's name.
fn file_name(client: &str) -> String {
    client.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect()
}
