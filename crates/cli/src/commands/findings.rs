//! `leadq findings`: what is broken in the data, and what to do about it.

use std::collections::BTreeSet;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use clap::Args;
use futures::TryStreamExt;
use leadq_contract::{ClientId, Finding, FindingCode, Severity, Table};
use leadq_pipeline::View;
use serde_json::json;

use super::{Global, Printing, Reading};
use crate::edges::Edges;
use crate::failure::Outcome;
use crate::output::{self, Format, inert, thousands};

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
    let edges = Edges::open(&global.settings()?)?;
    let view = edges.view(args.reading.run).await?;
    let mut findings = read(&view).await?;
    findings.retain(|finding| args.code.is_none_or(|code| code == finding.code));
    match args.printing.format {
        Format::Table if args.code.is_some() => output::print(&details(&findings)),
        Format::Table => output::print(&summary(&findings, Severity::Info)),
        Format::Json => output::print_json(&findings.iter().map(as_json).collect()),
        Format::Csv => csv(&findings),
    }
}

/// The findings of a run, worst first.
pub(super) async fn read(view: &View<'_>) -> Outcome<Vec<Finding>> {
    let rows: Vec<RecordBatch> = view.table(Table::Finding).await?.batches.try_collect().await?;
    let mut findings: Vec<_> = rows.iter().flat_map(findings_of).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.code.severity()));
    Ok(findings)
}

fn findings_of(rows: &RecordBatch) -> Vec<Finding> {
    let text = |name: &str, row: usize| {
        let column =
            arrow::compute::cast(rows.column_by_name(name)?, &arrow::datatypes::DataType::Utf8).ok()?;
        let column = column.as_string::<i32>();
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    let number = |name: &str, row: usize| {
        let column = rows.column_by_name(name)?.as_primitive_opt::<Int64Type>()?;
        column.is_valid(row).then(|| column.value(row)).and_then(|n| u64::try_from(n).ok())
    };
    let samples = |row: usize| {
        let lists = rows.column_by_name("samples")?.as_list_opt::<i32>()?;
        let list = arrow::compute::cast(&lists.value(row), &arrow::datatypes::DataType::Utf8).ok()?;
        Some(list.as_string::<i32>().iter().flatten().map(str::to_owned).collect())
    };
    let finding = |row: usize| {
        Some(Finding {
            code: FindingCode::from_name(&text("code", row)?)?,
            client: ClientId(text("client_id", row)?),
            file: text("file", row),
            line: number("line", row),
            column: text("column", row),
            count: number("count", row)?,
            samples: samples(row).unwrap_or_default(),
        })
    };
    (0..rows.num_rows()).filter_map(finding).collect()
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
        group.files.sort_by(|a, b| leadq_ingest::timeline::natural(a, b));
    }
    groups
}

/// One row a code and column, worst first, with what to do; only what is at least so bad.
pub(super) fn summary(findings: &[Finding], least: Severity) -> String {
    let mut table = output::table(&["", "finding", "count", "what it means and what to do"], &[2]);
    let several = findings.iter().map(|f| &f.client).collect::<BTreeSet<_>>().len() > 1;
    let groups = groups(findings);
    for group in groups.iter().filter(|group| group.code.severity() >= least) {
        let mut what = group.code.name().to_owned();
        for part in [group.column, several.then_some(group.client.0.as_str())].into_iter().flatten() {
            what.push('\n');
            what.push_str(part);
        }
        let mut told = group.code.advice().to_owned();
        match group.files[..] {
            [] => {}
            [one] => told.push_str(&format!(" ({one})")),
            [first, .., last] => told.push_str(&format!(" ({} files, {first} to {last})", group.files.len())),
        }
        if let Some(sample) = group.sample {
            told.push_str(&format!("\ne.g. {sample}"));
        }
        table.add_row([group.code.severity().name().to_owned(), what, thousands(group.count), told]);
    }
    let passed_over = groups.iter().filter(|group| group.code.severity() < least).count();
    let mut text = if table.row_count() == 0 { "Nothing was found.".to_owned() } else { table.to_string() };
    if passed_over > 0 {
        text.push_str(&format!("\n{passed_over} more for information: leadq findings"));
    }
    text.push('\n');
    text
}

/// Every finding with its samples.
fn details(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let column = finding.column.as_deref().map(|column| format!(" {column}")).unwrap_or_default();
        let file = finding.file.as_deref().map(|file| format!(" in {file}")).unwrap_or_default();
        text.push_str(&format!("{}{column}{file}: {}\n", finding.code.name(), thousands(finding.count)));
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
