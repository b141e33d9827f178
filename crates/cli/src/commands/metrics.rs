//! `leadq metrics`: conversion rates with how sure they are, of all leads or by segment.

mod show;

use chrono::NaiveDateTime;
use clap::Args;
use leadq_metrics::question::NONE;
use leadq_metrics::{Base, Basis, Counts, Dimension, Segment, Segments, Standing};
use leadq_pipeline::View;
use serde_json::{Map, Value as Json, json};

use super::asking::{Asking, time};
use super::{Global, PrintingRows, Reading};
use crate::edges::Edges;
use crate::failure::{Failure, Outcome};
use crate::frame::{self, Frame};
use crate::output::{self, RowsFormat};
use crate::rows::check_terminal;

pub(super) use show::{funnel, interval};

/// Conversion rates of a committed run, each with its 95 % interval; by segment, with how each one ranks
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq metrics
  leadq metrics --by state                            # one to three dimensions: --by source,state
  leadq metrics --by source --where \"state = 'NV'\"
  leadq metrics --as-of 2023-03-31                    # what had been reached by then
  leadq metrics --run 3                               # as they were quoted after run 3
  leadq metrics --by city --format csv                # every segment and every metric
  leadq metrics --basis rows                          # the old report's row counts, for reconciliation only

Dimensions: client, state, city, zip3, entry_month, delivered_month, delivered_week, appt_month, dispo, \
job_status, match_type, quality, and those of the leads that leadq.toml names.

By segment, `shrunken` is the rate drawn towards that of all segments, the more the fewer leads it has: rank by it. \
↑ and ↓ mark a segment whose rate differs from that of all others together, at a false discovery rate of 5 %. \
A dimension that only the client's report knows exists for matched leads alone: `base` says matched.")]
pub(crate) struct MetricsArgs {
    /// One to three dimensions to cut by
    #[arg(long, value_name = "DIM", value_delimiter = ',', num_args = 1)]
    by: Vec<String>,
    /// What had been reached by then: a date or a time in the client's zone [default: its latest snapshot]
    #[arg(long, value_name = "TIME", value_parser = time)]
    as_of: Option<NaiveDateTime>,
    /// What is counted: each lead once, or each row of each snapshot
    #[arg(long, value_enum, default_value = "leads")]
    basis: BasisArg,
    /// The most segments in a table for people; all of them count for the ranking
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,
    #[command(flatten)]
    asking: Asking,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    printing: PrintingRows,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum BasisArg {
    /// Each lead once
    Leads,
    /// Each kept row of each snapshot; no conversion rate, for reconciliation only
    Rows,
}

impl From<BasisArg> for Basis {
    fn from(arg: BasisArg) -> Self {
        match arg {
            BasisArg::Leads => Self::Leads,
            BasisArg::Rows => Self::Rows,
        }
    }
}

/// The answer, and what it answers.
pub(super) struct Answer {
    basis: Basis,
    as_of: Option<NaiveDateTime>,
    segments: Segments,
    /// What people have to know to read it.
    notes: Vec<String>,
}

pub(super) async fn run(global: &Global, args: &MetricsArgs) -> Outcome<()> {
    check_terminal(args.printing.format)?;
    let edges = Edges::open(&global.settings()?)?;
    let view = edges.view(args.reading.run).await?;
    let answer = match args.basis {
        BasisArg::Leads => by_lead(&view, args).await?,
        BasisArg::Rows => by_row(&view, args).await?,
    };
    match args.printing.format {
        RowsFormat::Table => output::print(&show::table(&view.run, &answer, args.limit)),
        RowsFormat::Json => answer.frame(true)?.print_json_object(&answer.about(), "rows"),
        format => answer.frame(false)?.print(format),
    }
}

async fn by_lead(view: &View<'_>, args: &MetricsArgs) -> Outcome<Answer> {
    let dimensions = dimensions(view, &args.by)?;
    let mut leads = args.asking.leads(view).await?;
    let client = args.asking.client.as_deref();
    let latest = latest(view, client).await?;
    let mut notes = Vec::new();
    if let Some(at) = args.as_of {
        view.as_of(at).await?;
        leads.as_of = true;
        notes = notes_of(view, client, at, latest).await?;
    }
    let segments = view.segments(&leads, &dimensions).await?;
    Ok(Answer { basis: Basis::Leads, as_of: args.as_of.or(latest), segments, notes })
}

/// What has to be said of an answer as of a time.
async fn notes_of(
    view: &View<'_>,
    client: Option<&str>,
    at: NaiveDateTime,
    latest: Option<NaiveDateTime>,
) -> Outcome<Vec<String>> {
    let mut notes = Vec::new();
    if let Some(latest) = latest.filter(|latest| *latest < at) {
        notes.push(format!("The latest snapshot is of {latest}: nothing is known of what came after it."));
    }
    let dated = view.dated().await?;
    let undated = dated.iter().any(|(id, dated)| !dated && client.is_none_or(|client| client == id.as_str()));
    if undated && latest.is_none_or(|latest| at < latest) {
        notes.push(
            "Leads without a delivery time count as delivered by then, whenever they came: rates of delivered \
             are rather too low; `leadq trend` has the rates of matched leads."
                .to_owned(),
        );
    }
    Ok(notes)
}

async fn by_row(view: &View<'_>, args: &MetricsArgs) -> Outcome<Answer> {
    if !args.by.is_empty() || args.as_of.is_some() || !args.asking.is_everything() {
        return Err(Failure::usage("--basis rows counts the rows of all snapshots, and nothing else")
            .help("leave --by, --as-of, --where and --client away, or --basis rows"));
    }
    Ok(Answer::of_all(Basis::Rows, None, view.counts(Basis::Rows).await?))
}

/// The dimensions of a question, one to three and none twice.
fn dimensions(view: &View<'_>, names: &[String]) -> Outcome<Vec<Dimension>> {
    let mut all: Vec<Dimension> = Vec::new();
    for name in names {
        let one = Dimension::parse(name, &view.run.dimensions)
            .map_err(|error| Failure::usage(error).help("dimensions of the leads are named in leadq.toml"))?;
        if all.contains(&one) {
            return Err(Failure::usage(format!("--by names {} twice", one.name())));
        }
        all.push(one);
    }
    if all.len() > MOST_DIMENSIONS {
        return Err(Failure::usage(format!("--by takes one to three dimensions, not {}", all.len())));
    }
    Ok(all)
}

/// The most dimensions that leads are cut by at a time.
const MOST_DIMENSIONS: usize = 3;

/// The time of the latest snapshot, where that is the same for all clients that are asked for.
async fn latest(view: &View<'_>, client: Option<&str>) -> Outcome<Option<NaiveDateTime>> {
    let asked = view.clients().await?.into_iter().filter(|one| client.is_none_or(|id| id == one.client_id));
    let mut times: Vec<_> = asked.map(|one| one.latest).collect();
    times.dedup();
    Ok(if let [one] = times[..] { one } else { None })
}

impl Answer {
    /// The counts of all leads as of their client's latest snapshot.
    pub(super) async fn of_leads(view: &View<'_>, counts: Counts) -> Outcome<Self> {
        Ok(Self::of_all(Basis::Leads, latest(view, None).await?, counts))
    }

    fn of_all(basis: Basis, as_of: Option<NaiveDateTime>, counts: Counts) -> Self {
        let base = match basis {
            Basis::Leads => Base::Delivered,
            Basis::Rows => Base::Rows,
        };
        let rows = vec![Segment { values: Vec::new(), counts, standing: Standing::default() }];
        Self { basis, as_of, segments: Segments { by: Vec::new(), base, rows }, notes: Vec::new() }
    }

    /// What is beside the rows of chapter 3's JSON.
    fn about(&self) -> Map<String, Json> {
        let as_of = self.as_of.map(|at| at.format("%Y-%m-%dT%H:%M:%S").to_string());
        let mut about = Map::new();
        about.insert("as_of".to_owned(), json!(as_of));
        about.insert("basis".to_owned(), json!(self.basis.name()));
        about.insert("by".to_owned(), json!(self.segments.by));
        about
    }

    /// The answer as chapter 3's JSON, for those that put it into something larger.
    pub(super) fn as_json(&self) -> Outcome<Json> {
        let mut object = self.about();
        object.insert("rows".to_owned(), self.frame(true)?.json()?);
        Ok(Json::Object(object))
    }

    /// A row a segment: its values, under `segment` if nested, then its metrics.
    fn frame(&self, nested: bool) -> Outcome<Frame> {
        let mut frame = Frame::default();
        let Segments { by, base, rows } = &self.segments;
        let value = |row: &Segment, n: usize| row.values[n].clone().unwrap_or_else(|| NONE.to_owned());
        let mut values = Frame::default();
        for (n, name) in by.iter().enumerate() {
            values.texts(name, rows.iter().map(|row| Some(value(row, n))));
        }
        if nested {
            frame.nest("segment", values, rows.len());
        } else {
            frame.extend(values);
            frame.texts("basis", rows.iter().map(|_| Some(self.basis.name())));
        }
        frame.texts("base", rows.iter().map(|_| Some(base.name())));
        frame::metrics(&mut frame, rows.iter().map(|row| &row.counts));
        let standing = |of: fn(&Standing) -> Option<f64>| rows.iter().map(move |row| of(&row.standing));
        frame.numbers("shrunken_rate", standing(|standing| standing.shrunken_rate));
        frame.numbers("p_value", standing(|standing| standing.p_value));
        frame.numbers("q_value", standing(|standing| standing.q_value));
        Ok(frame)
    }
}
