//! `leadq maturation`: which share of the leads is set by which age.

use clap::Args;
use leadq_metrics::{CurvePoint, Maturation};
use serde_json::{Map, Value as Json, json};

use super::asking::Asking;
use super::{Global, PrintingRows, Reading};
use crate::edges::Edges;
use crate::failure::Outcome;
use crate::frame::Frame;
use crate::output::{self, RowsFormat, percent, thousands};
use crate::rows::check_terminal;

/// Which share of the leads is set by which age, so that young months can be compared with old ones
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq maturation
  leadq maturation --client acme
  leadq maturation --where \"state = 'NV'\"
  leadq maturation --format csv                       # every day of age, overall and by month

The Kaplan-Meier estimate with 95 % limits: leads that are still young count for the ages that they have reached. \
Age is in days since delivery, else since the client's entry date. Leads begun on or before the client's first snapshot \
are followed from then on only, and those set by then are left out.")]
pub(crate) struct MaturationArgs {
    #[command(flatten)]
    asking: Asking,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    printing: PrintingRows,
}

/// Ages that a table for people shows, in days.
const AGES: [u32; 12] = [0, 1, 3, 7, 14, 21, 30, 45, 60, 90, 120, 180];

/// Ages at which months are compared.
const COMPARED: [u32; 6] = [1, 7, 14, 30, 60, 90];

pub(super) async fn run(global: &Global, args: &MaturationArgs) -> Outcome<()> {
    check_terminal(args.printing.format)?;
    let edges = Edges::open(&global.settings()?)?;
    let view = edges.view(args.reading.run).await?;
    let all = view.maturation(&args.asking.leads(&view).await?).await?;
    match args.printing.format {
        RowsFormat::Table => {
            output::print(&format!("Run {}, {}\n{}", view.run.run, view.run.committed_at, pages(&all)))
        }
        RowsFormat::Json => output::print_json(&as_json(&all)?),
        format => frame(&all).print(format),
    }
}

/// Chapter 3's object: of all leads, and under `clients`, where there are several, of each client.
fn as_json(all: &[Maturation]) -> Outcome<Json> {
    let empty = Maturation::default();
    let (first, clients) = all.split_first().unwrap_or((&empty, &[]));
    let mut object = one_as_json(first)?;
    if !clients.is_empty() {
        let clients = clients.iter().map(|one| one_as_json(one).map(Json::Object));
        object.insert("clients".to_owned(), clients.collect::<Outcome<_>>()?);
    }
    Ok(Json::Object(object))
}

fn one_as_json(one: &Maturation) -> Outcome<Map<String, Json>> {
    let curve = |points: &[CurvePoint]| curve_frame(points.iter()).json();
    let by_month = one.by_month.iter().map(|(month, points)| Ok((month.clone(), curve(points)?)));
    let mut object = Map::new();
    object.insert("client_id".to_owned(), json!(one.client_id));
    object.insert("overall".to_owned(), curve(&one.overall)?);
    object.insert("by_month".to_owned(), by_month.collect::<Outcome<_>>()?);
    Ok(object)
}

/// A row a client, month (none: overall) and day of age.
fn frame(all: &[Maturation]) -> Frame {
    type Of<'a> = (Option<&'a str>, Option<&'a str>, &'a CurvePoint);
    let rows: Vec<Of<'_>> = all
        .iter()
        .flat_map(|one| {
            let months = one.by_month.iter().map(|(month, points)| (Some(month.as_str()), points));
            let curves = std::iter::once((None, &one.overall)).chain(months);
            curves.flat_map(move |(month, points)| {
                points.iter().map(move |point| (one.client_id.as_deref(), month, point))
            })
        })
        .collect();
    let mut frame = Frame::default();
    frame.texts("client_id", rows.iter().map(|row| row.0));
    frame.texts("month", rows.iter().map(|row| row.1));
    frame.extend(curve_frame(rows.iter().map(|row| row.2)));
    frame
}

fn curve_frame<'p>(points: impl Iterator<Item = &'p CurvePoint> + Clone) -> Frame {
    let mut frame = Frame::default();
    frame.counts("age_days", points.clone().map(|point| Some(point.age_days.into())));
    frame.counts("at_risk", points.clone().map(|point| Some(point.at_risk)));
    frame.counts("events", points.clone().map(|point| Some(point.events)));
    frame.numbers("share_set", points.clone().map(|point| Some(point.share_set)));
    frame.numbers("low", points.clone().map(|point| point.low));
    frame.numbers("high", points.map(|point| point.high));
    frame
}

fn pages(all: &[Maturation]) -> String {
    let mut page = String::new();
    for one in all {
        if all.len() > 1 {
            page.push_str(&format!("{}\n", one.client_id.as_deref().unwrap_or("All clients")));
        }
        if one.overall.is_empty() {
            page.push_str("No lead has been followed yet: it takes a second snapshot.\n\n");
            continue;
        }
        page.push_str(&format!("{}\n\n{}\n\n", overall(&one.overall), months(one)));
    }
    if page.is_empty() {
        page.push_str(
            "No lead is among them that has a delivery time or an entry date to count its age from.\n",
        );
    }
    page
}

fn overall(points: &[CurvePoint]) -> comfy_table::Table {
    let mut table = output::table(
        &["age in days", "at risk", "set that day", "set by then", "95 % limits"],
        &[0, 1, 2, 3, 4],
    );
    let last = points.last().map(|point| point.age_days);
    for point in points.iter().filter(|point| AGES.contains(&point.age_days) || Some(point.age_days) == last)
    {
        let limits = point.low.zip(point.high);
        table.add_row([
            point.age_days.to_string(),
            thousands(point.at_risk),
            thousands(point.events),
            percent(point.share_set),
            limits.map(|(low, high)| limits_of(low, high)).unwrap_or_default(),
        ]);
    }
    table
}

fn limits_of(low: f64, high: f64) -> String {
    format!("{} to {}", percent(low).trim_end_matches(" %"), percent(high))
}

/// The months side by side at equal age.
fn months(one: &Maturation) -> String {
    let mut header = vec!["set by day".to_owned()];
    header.extend(COMPARED.iter().map(u32::to_string));
    let header: Vec<_> = header.iter().map(String::as_str).collect();
    let mut table = output::table(&header, &[1, 2, 3, 4, 5, 6]);
    for (month, points) in one.followed_months() {
        let mut cells = vec![month.to_owned()];
        cells.extend(
            COMPARED.iter().map(|age| {
                points.get(*age as usize).map(|point| percent(point.share_set)).unwrap_or_default()
            }),
        );
        table.add_row(cells);
    }
    let others: Vec<_> = one.other_months().collect();
    if others.is_empty() {
        return table.to_string();
    }
    let told = format!(
        "{}: begun before the client's first snapshot, so not followed from the beginning, or with too few leads; see --format csv.",
        others.join(", ")
    );
    format!("{table}\n{}", output::indented(&told, 1).trim_end())
}
