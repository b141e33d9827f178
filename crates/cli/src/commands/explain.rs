//! `leadq explain`: why a lead is linked, to what else it could have been, or why it is not.

mod gather;
mod page;

use clap::Args;
use leadq_matching::explain::Asked;
use serde_json::Value as Json;

use super::{Global, Printing, Reading};
use crate::edges::Edges;
use crate::failure::{Failure, Outcome};
use crate::output::{self, Format, inert};

/// Why a lead or a CRM record is linked, to what else it could have been, or why it is not
///
/// For a lead: what became of it, the records linked to it with their history by snapshot, the candidates
/// that were passed over and why; for an unmatched lead what was looked for. For a lead number the same from
/// the record's side. No hash and no key of an identifier is shown.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq explain 388ffc4d-c3db-4802-9797-ad668b246f5a
  leadq explain 410455                       a lead number of the client's CRM
  leadq explain 410455 --client acme         where several clients have it
  leadq explain 410455 --format json --run 3
  leadq explain 410455 --format csv          only the candidates, one a row

Exit codes: 0 done; 3 there is no such lead or record.")]
pub(crate) struct ExplainArgs {
    /// lead_uuid, lead number, or the record_key of a record without a number
    #[arg(required = true, value_name = "LEAD_UUID|LEAD_NUMBER")]
    ids: Vec<String>,
    /// Only of this client
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    printing: Printing,
}

pub(super) async fn run(global: &Global, args: &ExplainArgs) -> Outcome<()> {
    let edges = Edges::open(&global.settings()?)?;
    let view = edges.view(args.reading.run).await?;
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for id in &args.ids {
        let asked = Asked { id: id.trim().to_owned(), client: args.client.clone() };
        let all = gather::explanations(&view, &asked).await?;
        if all.is_empty() {
            missing.push(leadq_ingest::redact::cell(id));
        }
        found.extend(all);
    }
    match args.printing.format {
        Format::Table => output::print(&page::pages(&found))?,
        Format::Json => output::print_json(&found.iter().map(|one| Json::Object(one.0.clone())).collect())?,
        Format::Csv => csv(&found)?,
    }
    if missing.is_empty() {
        return Ok(());
    }
    let of = args.client.as_ref().map(|client| format!(" of client {client}")).unwrap_or_default();
    let told =
        format!("run {} has no lead and no record{of} with the id {}", view.run.run, missing.join(", "));
    Err(Failure::data(told).help(
        "`leadq export dim_lead --to leads.csv` lists the leads, `leadq export crm_record --to records.csv` the \
         records; ids are compared as they are written",
    ))
}

/// The candidates, one a row.
fn csv(found: &[crate::columns::Row]) -> Outcome<()> {
    let header =
        ["client_id", "lead_number", "record", "lead_uuid", "tier", "match_type", "rank", "selected", "why"];
    let cell = |value: Option<&Json>| match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => inert(text).into_owned(),
        Some(other) => other.to_string(),
    };
    let rows = found.iter().flat_map(|one| gather::candidates_of(one));
    output::print_csv(&header, rows.map(|row| header.iter().map(|name| cell(row.get(*name))).collect()))
}
