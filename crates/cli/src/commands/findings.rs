//! `leadq findings`: what is broken in the data, and what to do about it.

use std::collections::BTreeSet;

use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use clap::Args;
use futures::TryStreamExt;
use leadq_contract::{ClientId, ClientSettings, Finding, FindingCode, Severity, Table};
use leadq_ingest::timeline::natural;
use leadq_pipeline::View;
use serde_json::json;

use super::{Global, Printing, Reading};
use crate::columns;
use crate::edges::Edges;
use crate::failure::Outcome;
use crate::output::{self, Format, inert, thousands};
use crate::settings::Settings;

/// What is broken in the data, how often, where, and what to do about it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq findings
  leadq findings --code dead_column
  leadq findings --format json")]
pub(crate) struct FindingsArgs {
    /// Only findings of this code
    #[arg(long, value_name = "CODE", value_parser = code)]
    code: Option<FindingCode>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    printing: Printing,
}

fn code(name: &str) -> Result<FindingCode, String> {
    FindingCode::from_name(name).ok_or_else(|| {
        let all: Vec<_> = FindingCode::ALL.iter().map(|code| code.name()).collect();
        format!("there is no such code; the codes are {}", all.join(", "))
    })
}

pub(super) async fn run(global: &Global, args: &FindingsArgs) -> Outcome<()> {
    let settings = global.settings()?;
    let edges = Edges::open(&settings)?;
    let view = edges.view(args.reading.run).await?;
    let mut findings = read(&view, &settings).await?;
    findings.retain(|finding| args.code.is_none_or(|code| code == finding.code));
    match args.printing.format {
        Format::Table if args.code.is_some() => output::print(&details(&findings)),
        Format::Table => output::print(&summary(&findings, Severity::Info)),
        Format::Json => output::print_json(&findings.iter().map(as_json).collect()),
        Format::Csv => csv(&findings),
    }
}

/// The findings of a run, worst first, and which reports are stale by now.
pub(super) async fn read(view: &View<'_>, settings: &Settings) -> Outcome<Vec<Finding>> {
    let rows: Vec<RecordBatch> = view.table(Table::Finding).await?.batches.try_collect().await?;
    let mut findings: Vec<_> = rows.iter().flat_map(findings_of).collect();
    let clients: Vec<RecordBatch> = view.table(Table::DimClient).await?.batches.try_collect().await?;
    findings.extend(clients.iter().flat_map(|clients| stale(clients, settings, chrono::Utc::now())));
    let file = |finding: &Finding| finding.file.clone().unwrap_or_default();
    findings.sort_by(|a, b| {
        let worse = b.code.severity().cmp(&a.code.severity());
        worse
            .then(a.code.cmp(&b.code))
            .then(a.client.cmp(&b.client))
            .then_with(|| natural(&file(a), &file(b)))
    });
    Ok(findings)
}

fn findings_of(rows: &RecordBatch) -> Vec<Finding> {
    let [codes, clients, files, names] =
        ["code", "client_id", "file", "column"].map(|name| columns::texts(rows, name));
    let (lines, counts) = (columns::numbers(rows, "line"), columns::numbers(rows, "count"));
    let samples = columns::lists(rows, "samples");
    let finding = |row: usize| {
        Some(Finding {
            code: FindingCode::from_name(codes[row].as_deref()?)?,
            client: ClientId(clients[row].clone()?),
            file: files[row].clone(),
            line: lines[row],
            column: names[row].clone(),
            count: counts[row]?,
            samples: samples[row].clone(),
        })
    };
    (0..rows.num_rows()).filter_map(finding).collect()
}

/// Clients whose latest snapshot is older than they are expected to send one (2.6): told, not stored.
fn stale(clients: &RecordBatch, settings: &Settings, now: DateTime<Utc>) -> Vec<Finding> {
    let ids = columns::texts(clients, "client_id");
    let told = columns::texts(clients, "last_snapshot_at");
    let instants = columns::texts(clients, "last_snapshot_instant");
    let finding = |row: usize| {
        let client = ClientId(ids[row].clone()?);
        let last: DateTime<Utc> = instants[row].as_deref()?.parse().ok()?;
        let known = settings.clients.iter().find(|known| known.settings.id == client);
        let expected =
            known.map_or(ClientSettings::DEFAULT_EXPECTED_INTERVAL, |c| c.settings.expected_interval);
        let age = (now - last).to_std().ok().filter(|age| *age > expected)?;
        let hours = age.as_secs() / 3600;
        let age = if hours < 48 { format!("{hours} hours") } else { format!("{} days", hours / 24) };
        let sample = format!("{}, {age} ago", told[row].as_deref().unwrap_or_default().replace('T', " "));
        let code = FindingCode::StaleReport;
        Some(Finding { code, client, file: None, line: None, column: None, count: 1, samples: vec![sample] })
    };
    (0..clients.num_rows()).filter_map(finding).collect()
}

pub(super) fn as_json(finding: &Finding) -> serde_json::Value {
    json!({
        "code": finding.code.name(),
        "severity": finding.code.severity().name(),
        "client_id": finding.client.0,
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "count": finding.count,
        "samples": finding.samples,
    })
}

fn csv(findings: &[Finding]) -> Outcome<()> {
    let header = ["code", "severity", "client_id", "file", "line", "column", "count", "samples"];
    output::print_csv(
        &header,
        findings.iter().map(|finding| {
            vec![
                finding.code.name().to_owned(),
                finding.code.severity().name().to_owned(),
                finding.client.0.clone(),
                finding.file.as_deref().map(inert).unwrap_or_default().into_owned(),
                finding.line.map(|line| line.to_string()).unwrap_or_default(),
                finding.column.as_deref().map(inert).unwrap_or_default().into_owned(),
                finding.count.to_string(),
                inert(&finding.samples.join(" | ")).into_owned(),
            ]
        }),
    )
}

/// Findings of one code and column, over the files of a client.
struct Group<'a> {
    code: FindingCode,
    client: &'a ClientId,
    column: Option<&'a str>,
    count: u64,
    files: Vec<&'a str>,
    sample: Option<&'a str>,
}

fn groups(findings: &[Finding]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for finding in findings {
        let column = finding.column.as_deref();
        let place = groups
            .iter()
            .position(|g| g.code == finding.code && *g.client == finding.client && g.column == column);
        let index = place.unwrap_or_else(|| {
            groups.push(Group {
                code: finding.code,
                client: &finding.client,
                column,
                count: 0,
                files: Vec::new(),
                sample: None,
            });
            groups.len() - 1
        });
        let group = &mut groups[index];
        group.count += finding.count;
        group.files.extend(finding.file.as_deref());
        group.sample = group.sample.or(finding.samples.first().map(String::as_str));
    }
    for group in &mut groups {
        group.files.sort_by(|a, b| natural(a, b));
    }
    groups
}

/// A paragraph a code and column, worst first, with what to do; only what is at least so bad.
pub(super) fn summary(findings: &[Finding], least: Severity) -> String {
    let several = findings.iter().map(|f| &f.client).collect::<BTreeSet<_>>().len() > 1;
    let groups = groups(findings);
    let mut text = String::new();
    for group in groups.iter().filter(|group| group.code.severity() >= least) {
        text.push_str(&paragraph(group, several));
    }
    if text.is_empty() {
        text.push_str("Nothing was found.\n");
    }
    let passed_over = groups.iter().filter(|group| group.code.severity() < least).count();
    if passed_over > 0 {
        text.push_str(&format!("{passed_over} more for information: leadq findings\n"));
    }
    text
}

fn paragraph(group: &Group<'_>, with_client: bool) -> String {
    let mut head = format!("{:<8} {}", group.code.severity().name(), group.code.name());
    for part in [group.column, with_client.then_some(group.client.0.as_str())].into_iter().flatten() {
        head.push_str(&format!(" {part}"));
    }
    head.push_str(&format!(": {}", thousands(group.count)));
    match group.files[..] {
        [] => {}
        [one] => head.push_str(&format!(" in {one}")),
        [first, .., last] => head.push_str(&format!(" in {} files, {first} to {last}", group.files.len())),
    }
    let told = output::indented(group.code.advice(), 9);
    let sample =
        group.sample.map(|sample| output::indented(&format!("e.g. {sample}"), 9)).unwrap_or_default();
    format!("{head}\n{told}{sample}")
}

/// Every finding with its samples.
fn details(findings: &[Finding]) -> String {
    let mut text = String::new();
    let several = findings.iter().any(|finding| finding.client != findings[0].client);
    for finding in findings {
        let client = if several { format!("{}: ", finding.client.0) } else { String::new() };
        let column = finding.column.as_deref().map(|column| format!(" {column}")).unwrap_or_default();
        let file = finding.file.as_deref().map(|file| format!(" in {file}")).unwrap_or_default();
        text.push_str(&format!(
            "{client}{}{column}{file}: {}\n",
            finding.code.name(),
            thousands(finding.count)
        ));
        for sample in &finding.samples {
            text.push_str(&format!("  {sample}\n"));
        }
    }
    if let Some(first) = findings.first() {
        text.push_str(&format!("\n{}: {}\n", first.code.name(), first.code.advice()));
    } else {
        text.push_str("Nothing was found.\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use crate::settings::Flags;
    use std::sync::Arc;

    #[test]
    fn a_report_is_stale_after_its_interval() {
        let settings = Settings::resolve(Flags::default(), Environment::default()).unwrap();
        let last: DateTime<Utc> = "2023-01-10T23:59:59Z".parse().unwrap();
        let micros = last.timestamp_micros();
        let times = || arrow::array::TimestampMicrosecondArray::from(vec![micros]);
        let clients = RecordBatch::try_from_iter([
            (
                "client_id",
                Arc::new(arrow::array::StringArray::from(vec!["default"])) as arrow::array::ArrayRef,
            ),
            ("last_snapshot_at", Arc::new(times())),
            ("last_snapshot_instant", Arc::new(times().with_timezone("UTC"))),
        ])
        .unwrap();
        let told = |hours| stale(&clients, &settings, last + chrono::Duration::hours(hours));
        assert!(told(24).is_empty() && told(-5).is_empty());
        assert_eq!(told(25)[0].samples, ["2023-01-10 23:59:59, 25 hours ago"]);
        assert_eq!(told(72)[0].samples, ["2023-01-10 23:59:59, 3 days ago"]);
    }
}
