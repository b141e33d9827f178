//! `leadq claims`: what clients claim against the seller of the leads, and what the data say to it.

use clap::Args;
use leadq_contract::vocabulary::{Claim, Verdict};
use leadq_matching::claim::{Asked, Evidence};
use leadq_pipeline::View;
use serde_json::{Value as Json, json};

use super::asking::check_client;
use super::{Global, Printing, Reading};
use crate::columns::{self, Row, as_uuid};
use crate::edges::Edges;
use crate::failure::Outcome;
use crate::output::{self, Format, inert, money, thousands};

/// Clients' claims against the seller of the leads, and what the data say to each
///
/// A claim is a linked CRM record whose disposition says that the lead was not worth its price. A duplicate is
/// supported when another lead of the client, delivered no later, or an earlier CRM record shares its email
/// or phone, else contradicted; out of area is contradicted when the client set appointments in the same ZIP
/// code from other leads. Nothing else can be checked. A verdict is what these data say, no proof: the client
/// may have had the homeowner from elsewhere.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq claims
  leadq claims --verdict contradicted --kind duplicate
  leadq claims --client acme --run 3 --limit 200
  leadq claims --format csv > claims.csv")]
pub(crate) struct ClaimsArgs {
    /// Only claims with this verdict: contradicted, supported or unchecked
    #[arg(long, value_name = "VERDICT", value_parser = verdict)]
    verdict: Option<Verdict>,
    /// Only claims of this kind: duplicate, out_of_area or other
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Option<Claim>,
    /// Only of this client
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// How many claims to list; for tables those of each verdict [default: 50 for tables, else all]
    #[arg(long, value_name = "COUNT")]
    limit: Option<usize>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    printing: Printing,
}

/// Claims of a verdict that a table lists, unless more are asked for.
const LISTED: usize = 50;

/// Columns of JSON and CSV, in order.
const COLUMNS: [&str; 18] = [
    "record_key",
    "client_id",
    "lead_number",
    "lead_uuid",
    "dispo",
    "claim",
    "verdict",
    "evidence",
    "evidence_count",
    "evidence_lead_uuid",
    "evidence_lead_number",
    "evidence_at",
    "shared_by",
    "delivered_at",
    "entry_date",
    "zip",
    "price",
    "told",
];

fn verdict(name: &str) -> Result<Verdict, String> {
    Verdict::from_name(name).ok_or_else(|| {
        format!("there is no such verdict; the verdicts are {}", Verdict::ALL.map(Verdict::name).join(", "))
    })
}

fn kind(name: &str) -> Result<Claim, String> {
    Claim::from_name(name).ok_or_else(|| {
        format!("there is no such kind of claim; the kinds are {}", Claim::ALL.map(Claim::name).join(", "))
    })
}

pub(super) async fn run(global: &Global, args: &ClaimsArgs) -> Outcome<()> {
    let edges = Edges::open(&global.settings()?)?;
    let view = edges.view(args.reading.run).await?;
    check_client(&view, args.client.as_deref()).await?;
    let asked = Asked { verdict: args.verdict, claim: args.kind, client: args.client.clone() };
    match args.printing.format {
        Format::Table => {
            let page = page(&view, &asked, args.limit.unwrap_or(LISTED)).await?;
            output::print(&page)
        }
        Format::Json => {
            output::print_json(&listed(&view, &asked, args.limit).await?.iter().map(as_json).collect())
        }
        Format::Csv => {
            let claims = listed(&view, &asked, args.limit).await?;
            output::print_csv(
                &COLUMNS,
                claims.iter().map(|claim| COLUMNS.map(|name| cell(claim, name)).to_vec()),
            )
        }
    }
}

/// The claims, each with its evidence in words.
pub(super) async fn listed(view: &View<'_>, asked: &Asked, limit: Option<usize>) -> Outcome<Vec<Row>> {
    let mut claims = columns::rows(&view.rows(&asked.listed(limit)).await?);
    for claim in &mut claims {
        let key = claim.text("record_key").map(as_uuid);
        let told = evidence(claim).told();
        claim.0.insert("record_key".to_owned(), json!(key));
        claim.0.insert("told".to_owned(), json!(told));
    }
    Ok(claims)
}

/// How many of the supported claims rest on another record of the same lead.
pub(super) async fn entered_twice(view: &View<'_>, asked: &Asked) -> Outcome<u64> {
    let rows = columns::rows(&view.rows(&asked.entered_twice()).await?);
    Ok(rows.first().map_or(0, |row| row.count("claims")))
}

fn evidence(claim: &Row) -> Evidence<'_> {
    Evidence {
        claim: claim.text("claim").unwrap_or_default(),
        lead_uuid: claim.text("lead_uuid").unwrap_or_default(),
        zip: claim.text("zip"),
        evidence: claim.text("evidence"),
        count: claim.count("evidence_count"),
        evidence_lead_uuid: claim.text("evidence_lead_uuid"),
        evidence_lead_number: claim.text("evidence_lead_number"),
        at: claim.text("evidence_at"),
        shared_by: claim.text("shared_by"),
    }
}

/// A sum of prices, which is kept as text to be exact.
pub(super) fn price(row: &Row) -> Option<f64> {
    row.text("price")?.parse().ok()
}

fn as_json(claim: &Row) -> Json {
    let value = |name: &str| match name {
        "price" => json!(price(claim)),
        _ => claim.0.get(name).cloned().unwrap_or_default(),
    };
    Json::Object(COLUMNS.iter().map(|name| ((*name).to_owned(), value(name))).collect())
}

fn cell(claim: &Row, name: &str) -> String {
    match claim.0.get(name) {
        None | Some(Json::Null) => String::new(),
        // The one text that is the backend's own and that others join by.
        Some(Json::String(text)) if name.ends_with("lead_uuid") => text.clone(),
        Some(Json::String(text)) => inert(text).into_owned(),
        Some(other) => other.to_string(),
    }
}

/// For people: how many claims there are, then those that the data say something to.
async fn page(view: &View<'_>, asked: &Asked, limit: usize) -> Outcome<String> {
    let summary = columns::rows(&view.rows(&asked.summary()).await?);
    let mut page = format!("Run {}, {}: claims against the seller\n", view.run.run, view.run.committed_at);
    if summary.is_empty() {
        page.push_str("There are none.\n");
        return Ok(page);
    }
    page.push_str(&format!("{}\n", summary_table(&summary)));
    let twice = entered_twice(view, asked).await?;
    if twice > 0 {
        let told = format!(
            "Of the supported ones, {} rest on another record of the same lead, which the client may have entered \
             twice: look before crediting.",
            thousands(twice)
        );
        page.push_str(&output::indented(&told, 0));
    }
    for verdict in Verdict::ALL {
        // What nothing is known of is listed only when it is asked for.
        let shown = asked.verdict.map_or(verdict != Verdict::Unchecked, |wanted| wanted == verdict);
        let of_verdict = |row: &&Row| row.text("verdict") == Some(verdict.name());
        let all: u64 = summary.iter().filter(of_verdict).map(|row| row.count("claims")).sum();
        if !shown || all == 0 {
            continue;
        }
        let of = Asked { verdict: Some(verdict), ..asked.clone() };
        let claims = listed(view, &of, Some(limit)).await?;
        page.push_str(&format!("\n{}\n", heading(verdict)));
        claims.iter().for_each(|claim| page.push_str(&paragraph(claim)));
        let more = all.saturating_sub(claims.len() as u64);
        if more > 0 {
            page.push_str(&format!(
                "{} more: --limit lists more of them, --format csv all\n",
                thousands(more)
            ));
        }
    }
    Ok(page)
}

const fn heading(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Contradicted => "Contradicted: look before crediting",
        Verdict::Supported => "Supported: money may be due",
        Verdict::Unchecked => "Unchecked: the data say nothing",
    }
}

/// How many claims of each kind and verdict; with the prices of their leads where leads have prices.
fn summary_table(summary: &[Row]) -> comfy_table::Table {
    let priced = summary.iter().any(|row| price(row).is_some());
    let mut header = vec!["claim", "verdict", "claims", "leads"];
    if priced {
        header.push("price of the leads");
    }
    let mut table = output::table(&header, if priced { &[2, 3, 4] } else { &[2, 3] });
    for row in summary {
        let mut cells = vec![row.shown("claim"), row.shown("verdict")];
        cells.extend(["claims", "leads"].map(|name| thousands(row.count(name))));
        if priced {
            cells.push(price(row).map(money).unwrap_or_default());
        }
        table.add_row(cells);
    }
    table
}

fn paragraph(claim: &Row) -> String {
    let number = claim.text("lead_number");
    let number = number.map_or_else(|| "record without number".to_owned(), |n| format!("lead number {n}"));
    let entered = claim.text("entry_date").map(|date| format!(" entered {date}")).unwrap_or_default();
    let cost = price(claim).map(|price| format!(", price {}", money(price))).unwrap_or_default();
    let head =
        format!("{number}{entered}, lead {}{cost}: {}", claim.shown("lead_uuid"), claim.shown("dispo"));
    format!("{}{}", output::indented(&head, 2), output::indented(claim.text("told").unwrap_or_default(), 6))
}
