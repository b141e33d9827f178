//! `leadq sql`: read-only SQL over the tables of a committed run, once or at a prompt.

mod complete;
mod prompt;
mod show;
mod statements;
mod threads;

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Global, PrintingRows, Reading};
use crate::edges::Edges;
use crate::failure::{Failure, Outcome};
use crate::rows::check_terminal;
use crate::settings::shown;

/// Bytes that a query may have.
const LONGEST: u64 = 1 << 20;

/// Ask the tables of a committed run in SQL; nothing is ever written
///
/// The SQL is Apache DataFusion's, near to PostgreSQL's. Instants are told in UTC with a Z, wall times of the
/// client's zone without. CSV is for spreadsheets too: text that begins like a formula has an apostrophe before
/// it, as in exports; JSON has it as it is.
///
/// Without a query on a terminal there is a prompt, with completion (Tab) and \help. What was typed there is
/// kept for the arrow keys in leadq/sql_history of your state folder (usually ~/.local/state).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq sql 'SELECT stage, count(*) FROM fact_lead_outcome WHERE in_scope GROUP BY stage'
  leadq sql 'SHOW TABLES'
  leadq sql 'DESCRIBE lead_link' --run 3
  leadq sql -f monthly.sql --format csv > monthly.csv
  leadq sql 'SELECT * FROM dim_lead' --format parquet > leads.parquet
  echo 'SELECT 1' | leadq sql
  leadq sql")]
pub(crate) struct SqlArgs {
    /// One query; - for stdin
    #[arg(value_name = "QUERY", allow_hyphen_values = true)]
    query: Option<String>,
    /// File with the query; - for stdin
    #[arg(short, long, value_name = "FILE", conflicts_with = "query")]
    file: Option<PathBuf>,
    /// Rows that a table shows at most; other forms have them all
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: usize,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    printing: PrintingRows,
}

pub(super) async fn run(global: &Global, args: &SqlArgs) -> Outcome<()> {
    let format = args.printing.format;
    check_terminal(format)?;
    let query = query(args)?;
    let settings = global.settings()?;
    let edges = Edges::open(&settings)?;
    let view = edges.view(args.reading.run).await?;
    match query {
        Some(query) => show::show(&view, &query, format, args.limit).await,
        None => prompt::run(&edges, &view, format, args.limit).await,
    }
}

/// The query that was given; none if it shall be typed.
fn query(args: &SqlArgs) -> Outcome<Option<String>> {
    let stdin = || read(io::stdin().lock(), "stdin");
    match (&args.query, &args.file) {
        (Some(query), _) if query != "-" => Ok(Some(query.clone())),
        (_, Some(path)) if path != Path::new("-") => {
            let file = File::open(path).map_err(|error| unreadable(&shown(path), &error))?;
            read(file, &shown(path)).map(Some)
        }
        (None, None) if io::stdin().is_terminal() => Ok(None),
        _ => stdin().map(Some),
    }
}

fn read(from: impl Read, name: &str) -> Outcome<String> {
    let mut text = String::new();
    from.take(LONGEST + 1).read_to_string(&mut text).map_err(|error| unreadable(name, &error))?;
    if text.len() as u64 > LONGEST {
        return Err(Failure::usage(format!("{name} is longer than a query may be (1 MB)")));
    }
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

fn unreadable(name: &str, error: &io::Error) -> Failure {
    Failure::usage(format!("cannot read the query from {name}: {error}"))
        .help("name a text file with one query, or give it on the command line")
}
