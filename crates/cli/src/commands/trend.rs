//! `leadq trend`: what had been reached by each snapshot of a client, and over all clients.

use chrono::{NaiveDateTime, NaiveTime};
use clap::Args;
use leadq_metrics::{Base, TrendPoint, Value};

use super::asking::Asking;
use super::{Global, PrintingRows, Reading, metrics};
use crate::edges::Edges;
use crate::failure::Outcome;
use crate::frame::{self, Frame};
use crate::output::{self, RowsFormat, percent, thousands};
use crate::rows::check_terminal;

/// What had been reached by each snapshot of a client, with what broke in it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq trend
  leadq trend --client acme
  leadq trend --where \"source = 'search'\" --format csv
  leadq trend --format json

By today's links. Where leads have no delivery time nobody knows how many had been delivered by then: \
delivered is all of them, and the rates are of the leads that had been matched (base: matched). With several clients, \
rows without a client are over all of them.")]
pub(crate) struct TrendArgs {
    #[command(flatten)]
    asking: Asking,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    printing: PrintingRows,
}

pub(super) async fn run(global: &Global, args: &TrendArgs) -> Outcome<()> {
    check_terminal(args.printing.format)?;
    let edges = Edges::open(&global.settings()?)?;
    let view = edges.view(args.reading.run).await?;
    let leads = args.asking.leads(&view).await?;
    let points = view.trend(&leads, args.asking.client.as_deref()).await?;
    match args.printing.format {
        RowsFormat::Table => {
            output::print(&format!("Run {}, {}\n{}", view.run.run, view.run.committed_at, pages(&points)))
        }
        format => frame(&points).print(format),
    }
}

fn frame(points: &[TrendPoint]) -> Frame {
    let mut frame = Frame::default();
    frame.texts("client_id", points.iter().map(|point| point.client_id.as_deref()));
    frame.wall_times("snapshot_at", points.iter().map(|point| point.snapshot_at));
    frame.texts("base", points.iter().map(|point| Some(point.base.name())));
    frame::metrics(&mut frame, points.iter().map(|point| &point.counts));
    frame.lists("breaks", points.iter().map(|point| point.breaks.as_slice()));
    frame
}

const UNDATED: &str = "Leads have no delivery time, so nobody knows how many had been delivered by then: rates are of the leads \
     matched by then.";

/// A table a client.
fn pages(points: &[TrendPoint]) -> String {
    let several = points.iter().any(|point| point.client_id != points[0].client_id);
    let mut page = String::new();
    for points in points.chunk_by(|a, b| a.client_id == b.client_id) {
        if several {
            let client = points[0].client_id.as_deref().unwrap_or("All clients");
            page.push_str(&format!("{client}\n"));
        }
        page.push_str(&format!("{}\n", table(points)));
        for point in points.iter().filter(|point| !point.breaks.is_empty()) {
            page.push_str(&format!("{}: {}\n", moment(point.snapshot_at), point.breaks.join(", ")));
        }
        if points.iter().all(|point| point.counts.delivered == 0) {
            page.push_str("No lead is among them.\n");
        } else if points[0].base == Base::Matched {
            page.push_str(&output::indented(UNDATED, 0));
        }
        page.push('\n');
    }
    if page.is_empty() {
        page.push_str("No snapshot has been taken in.\n");
    }
    page
}

fn table(points: &[TrendPoint]) -> comfy_table::Table {
    let dated = points.iter().any(|point| point.base == Base::Delivered);
    let mut header = vec!["snapshot"];
    if dated {
        header.push("leads");
    }
    header.extend(["matched", "set", "rate", "95 % interval", "demos", "sold"]);
    let numeric: Vec<_> = (1..header.len()).collect();
    let mut table = output::table(&header, &numeric);
    let name = if dated { "conversion_rate" } else { "set_of_matched_rate" };
    for point in points {
        let counts = &point.counts;
        let mut cells = vec![moment(point.snapshot_at)];
        if dated {
            cells.push(thousands(counts.delivered));
        }
        let (rate, interval) = match counts.metric(name) {
            Some(Value::Rate(Some(rate))) => (percent(rate.value), metrics::interval(&rate)),
            _ => Default::default(),
        };
        let count = |count: Option<u64>| count.map(thousands).unwrap_or_default();
        cells.extend([count(counts.matched), thousands(counts.set), rate, interval]);
        cells.extend([thousands(counts.demos), count(counts.sold)]);
        table.add_row(cells);
    }
    table
}

/// A snapshot's time; only its day where the name of its file gave no time of day (spec 1.8).
fn moment(at: NaiveDateTime) -> String {
    let last_second = at.time() == NaiveTime::from_hms_opt(23, 59, 59).unwrap_or_default();
    at.format(if last_second { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M" }).to_string()
}
