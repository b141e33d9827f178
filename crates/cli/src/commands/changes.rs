//! `leadq changes`: which leads changed between two snapshots, or between two runs, and why.

mod show;

use chrono::NaiveDateTime;
use clap::Args;
use leadq_metrics::changes::{BridgeStep, Change};
use leadq_pipeline::View;
use leadq_pipeline::analysis::Span;
use serde_json::{Map, Value as Json, json};

use super::asking::{Asking, check_client, time};
use super::{Global, PrintingRows, Reading};
use crate::edges::Edges;
use crate::failure::{Failure, Outcome};
use crate::frame::Frame;
use crate::output::{self, RowsFormat};
use crate::rows::check_terminal;

/// Which leads became matched, set, unset, demoed, sold, rescheduled or vanished, between two snapshots or two runs
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq changes                                       # between each client's last two snapshots
  leadq changes --from 2023-03-01 --to 2023-03-31     # the snapshots up to these days
  leadq changes --client acme --format json
  leadq changes --runs 41,42                          # why a number moved between two runs

Between snapshots by today's links. Between runs also which links and files made the difference, and for every \
change its cause: new_lead, withdrawn_lead, came_into_scope, new_snapshot (news of snapshots after the earlier run), \
relinked (a record went to another lead), correction (a late or corrected file, or other settings); of a file \
new_file, withdrawn_file or correction.")]
pub(crate) struct ChangesArgs {
    /// As of the latest snapshot up to then [default: the one before --to]
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<NaiveDateTime>,
    /// As of the latest snapshot up to then [default: the latest]
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<NaiveDateTime>,
    /// Numbers of two runs, the earlier first
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 1, conflicts_with_all = ["from", "to", "run", "condition"])]
    runs: Vec<u64>,
    /// The most changes in a table for people
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,
    #[command(flatten)]
    asking: Asking,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    printing: PrintingRows,
}

/// Between what.
enum Between {
    Snapshots {
        spans: Vec<Span>,
        /// Why other clients have no two snapshots to compare.
        others: Vec<String>,
    },
    Runs {
        earlier: u64,
        later: u64,
        bridge: Vec<BridgeStep>,
    },
}

pub(super) async fn run(global: &Global, args: &ChangesArgs) -> Outcome<()> {
    check_terminal(args.printing.format)?;
    let edges = Edges::open(&global.settings()?)?;
    let (between, changes) = match args.runs[..] {
        [] => between_snapshots(&edges.view(args.reading.run).await?, args).await?,
        [earlier, later] if earlier < later => between_runs(&edges, args, earlier, later).await?,
        _ => return Err(Failure::usage("--runs takes the numbers of two runs, the earlier first, as 41,42")),
    };
    match args.printing.format {
        RowsFormat::Table => output::print(&show::page(&between, &changes, args.limit)),
        RowsFormat::Json => output::print_json_list(changes.iter().map(|one| as_json(one, &between))),
        format => frame(&changes, &between).print(format),
    }
}

async fn between_snapshots(view: &View<'_>, args: &ChangesArgs) -> Outcome<(Between, Vec<Change>)> {
    if args.from.zip(args.to).is_some_and(|(from, to)| from >= to) {
        return Err(Failure::usage("--from has to be before --to"));
    }
    let leads = args.asking.leads(view).await?;
    let (mut spans, changes) = view.changes(&leads, args.from, args.to).await?;
    let asked = |id: &str| args.asking.client.as_ref().is_none_or(|client| client == id);
    spans.retain(|span| asked(&span.client_id));
    let mut others = Vec::new();
    for one in view.clients().await?.into_iter().filter(|one| asked(&one.client_id)) {
        if spans.iter().all(|span| span.client_id != one.client_id) {
            let has = one.first.zip(one.latest).map_or("none".to_owned(), |(first, latest)| {
                format!("{}, from {first} to {latest}", one.snapshots)
            });
            others.push(format!(
                "{}: there are no two snapshots to compare, one up to --from and a later one up to --to. Its \
                 snapshots: {has}.",
                one.client_id
            ));
        }
    }
    Ok((Between::Snapshots { spans, others }, changes))
}

async fn between_runs(
    edges: &Edges,
    args: &ChangesArgs,
    earlier: u64,
    later: u64,
) -> Outcome<(Between, Vec<Change>)> {
    let view = edges.view(Some(later)).await?;
    check_client(&view, args.asking.client.as_deref()).await?;
    let found = view.changes_since(&edges.lake, earlier, args.asking.client.as_deref()).await?;
    Ok((Between::Runs { earlier, later, bridge: found.bridge }, found.changes))
}

/// Chapter 3's object; between runs with the cause, and the link or file.
fn as_json(change: &Change, between: &Between) -> Json {
    let value = |text: &Option<String>| match text.as_deref() {
        Some("true") => json!(true),
        Some("false") => json!(false),
        text => json!(text),
    };
    let mut object = Map::new();
    object.insert("client_id".to_owned(), json!(change.client_id));
    object.insert("lead_uuid".to_owned(), json!(change.lead_uuid));
    object.insert("change".to_owned(), json!(change.change));
    object.insert("from".to_owned(), value(&change.from));
    object.insert("to".to_owned(), value(&change.to));
    if let Between::Runs { .. } = between {
        object.insert("cause".to_owned(), json!(change.cause));
        object.insert("lead_number".to_owned(), json!(change.lead_number));
        object.insert("file".to_owned(), json!(change.file));
    }
    Json::Object(object)
}

fn frame(changes: &[Change], between: &Between) -> Frame {
    let mut frame = Frame::default();
    let mut add = |name: &str, of: fn(&Change) -> Option<&str>| frame.texts(name, changes.iter().map(of));
    add("client_id", |change| Some(&change.client_id));
    add("lead_uuid", |change| change.lead_uuid.as_deref());
    add("change", |change| Some(&change.change));
    add("from", |change| change.from.as_deref());
    add("to", |change| change.to.as_deref());
    if let Between::Runs { .. } = between {
        add("cause", |change| change.cause.as_deref());
        add("lead_number", |change| change.lead_number.as_deref());
        add("file", |change| change.file.as_deref());
    }
    frame
}
