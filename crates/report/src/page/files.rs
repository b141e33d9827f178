//! Files and rows: all of them accounted for.

use leadq_contract::Bucket;
use leadq_contract::run::FileStatus;
use maud::{Markup, html};

use super::Section;
use crate::Analysis;
use crate::chart::bar::bar;
use crate::figures::{number, thousands};

/// What became of a file, in words.
pub(crate) const fn status(status: FileStatus) -> &'static str {
    match status {
        FileStatus::Ingested => "taken in",
        FileStatus::AlreadyIngested => "same content as another, skipped",
        FileStatus::Superseded => "replaced by a correction",
        FileStatus::Rejected => "rejected, no report",
    }
}

/// What became of a row, in words.
pub(crate) const fn bucket(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::Malformed => "cannot be read, set aside",
        Bucket::Separator => "line of dashes",
        Bucket::Footer => "closing line of the export",
        Bucket::RepeatedHeader => "header again",
        Bucket::Blank => "blank",
        Bucket::NoIdentity => "no email, phone or lead number, set aside",
        Bucket::Forgotten => "of a person to be forgotten",
        Bucket::Duplicate => "same as another row of its file",
        Bucket::Kept => "kept",
    }
}

/// The section; none without files.
pub(super) fn section(analysis: &Analysis) -> Option<Section> {
    let files = &analysis.files;
    if files.by_status.is_empty() && files.rows.is_empty() {
        return None;
    }
    let by_status: Vec<_> = files.by_status.iter().map(|(kind, count)| (status(*kind), *count)).collect();
    let rows: Vec<_> = files
        .rows
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| (bucket(*kind), *count))
        .collect();
    let body = html! {
        p { "Every file and every row is kept, dropped for a reason that has a name, or set aside with its line. Single files: " code { "leadq files" } "." }
        div.pair {
            (table("Report files", &by_status))
            (table("Rows", &rows))
        }
    };
    Some(Section::new("files", "Files and rows", body))
}

fn table(what: &str, rows: &[(&str, u64)]) -> Markup {
    let all: u64 = rows.iter().map(|(_, count)| *count).fold(0, u64::saturating_add);
    html! {
        table.account {
            thead { tr { th scope="col" { (what) } th.n scope="col" { "Number" } th scope="col" { span.hidden { "Share, as a bar" } } } }
            tbody {
                @for (name, count) in rows { tr { th scope="row" { (name) } td.n { (thousands(*count)) } td.chart { (bar(number(*count) / number(all.max(1)))) } } }
                tr.total { th scope="row" { "together" } td.n { (thousands(all)) } td {} }
            }
        }
    }
}
