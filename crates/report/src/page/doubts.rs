//! What speaks against the headline.

use leadq_contract::{Finding, FindingCode};
use leadq_metrics::Rate;

use super::health::{self, Dead};
use crate::Analysis;
use crate::figures::{counted, percent, thousands, time};

/// Columns without which appointments cannot be told.
const MATTERS: [&str; 5] = ["set", "demo", "appt_at", "email_hash", "phone_hash"];

/// Under this match rate most outcomes are unknown.
const FEW_MATCHED: f64 = 0.5;

/// Other findings that make the rate doubtful, in a sentence each.
const SERIOUS: [(FindingCode, &str); 2] = [
    (
        FindingCode::HashConventionMismatch,
        "A client hashes emails or phones otherwise than we do, so that leads are missed.",
    ),
    (FindingCode::RowCountDrop, "A client's latest report has lost half of its rows or more."),
];

/// What speaks against the headline, in sentences.
pub(crate) fn doubts(analysis: &Analysis) -> Vec<String> {
    let counts = &analysis.counts;
    if counts.delivered == 0 {
        return Vec::new();
    }
    if !analysis.clients.is_empty() && analysis.clients.iter().all(|client| client.snapshots == 0) {
        let nothing = "No report has been taken in yet, so nothing is known of what became of the leads.";
        return vec![nothing.to_owned()];
    }
    let dead = health::dead_now(&analysis.columns);
    let of_column = |column: &&str| dead.iter().filter(|dead| dead.column == *column).collect::<Vec<_>>();
    let mut doubts: Vec<String> =
        MATTERS.iter().filter_map(|column| broken(analysis, &of_column(column))).collect();
    if let Some(inferred) = counts.set_inferred.filter(|inferred| *inferred > 0 && counts.set > 0) {
        let share = Rate::of(inferred, counts.set).map(|rate| percent(rate.value)).unwrap_or_default();
        let set = counted(counts.set, "appointment", "appointments");
        let are = if inferred == 1 { "is" } else { "are" };
        let inferred = thousands(inferred);
        doubts.push(format!(
            "{inferred} of the {set} ({share}) {are} known from a demo or an appointment date only."
        ));
    }
    let matched = counts.matched.and_then(|matched| Rate::of(matched, counts.delivered));
    if let Some(rate) = matched.filter(|rate| rate.value < FEW_MATCHED) {
        let share = percent(rate.value);
        doubts.push(format!(
            "Only {share} of the leads were found in the reports; of the others nothing is known."
        ));
    }
    // What was wrong with an earlier file is mended by the later one, or told by a dead column.
    let is_latest = |finding: &Finding| {
        let of_client = analysis.columns.iter().rfind(|row| row.client_id == finding.client.0);
        finding.file.is_none() || of_client.is_none_or(|row| Some(&row.file) == finding.file.as_ref())
    };
    let found = |code: FindingCode| {
        analysis.findings.iter().any(|finding| finding.code == code && is_latest(finding))
    };
    let stale = analysis.findings.iter().filter(|finding| finding.code == FindingCode::StaleReport);
    doubts.extend(stale.map(|finding| {
        let client = analysis.client_name(&finding.client.0);
        let when = finding.samples.first().map(|sample| format!(": {sample}")).unwrap_or_default();
        format!("The latest report of {client} is old{when}.")
    }));
    doubts.extend(SERIOUS.iter().filter(|(code, _)| found(*code)).map(|(_, words)| (*words).to_owned()));
    doubts
}

/// A sentence on a column that is dead, of one client or of several.
fn broken(analysis: &Analysis, dead: &[&Dead<'_>]) -> Option<String> {
    let first = dead.iter().min_by_key(|dead| dead.since)?;
    let whose = match dead {
        [_] if analysis.clients.len() < 2 => String::new(),
        [only] => format!(" of {}", analysis.client_name(only.client)),
        several => format!(" of {} clients", several.len()),
    };
    let since = match dead {
        [_] => format!("since {} ({})", time(first.since), counted(first.snapshots, "report", "reports")),
        _ => format!("since {} at the earliest", time(first.since)),
    };
    let sentence = format!("The column \u{201c}{}\u{201d}{whose} has told nothing {since}", first.column);
    Some(match first.column {
        "set" => format!(
            "{sentence}: an appointment set since then counts only once a demo or an appointment date shows it, so \
             the rate is rather too low than too high."
        ),
        "email_hash" | "phone_hash" => format!("{sentence}: leads that are new since then may be missed."),
        _ => format!("{sentence}."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ColumnHealth, fixture};

    #[test]
    fn a_column_dead_at_several_clients_is_one_doubt() {
        let mut analysis = fixture::analysis();
        let other = |row: &ColumnHealth| ColumnHealth { client_id: "other".to_owned(), ..row.clone() };
        let rows: Vec<ColumnHealth> = analysis.columns.iter().map(other).collect();
        analysis.columns.extend(rows);
        let doubts = doubts(&analysis);
        assert!(doubts[0].starts_with(
            "The column \u{201c}set\u{201d} of 2 clients has told nothing since 31 Mar 2023 at the earliest: "
        ));
        assert!(doubts[1].starts_with("64 of the 940 appointments (6.8 %) are known"));
    }
}
