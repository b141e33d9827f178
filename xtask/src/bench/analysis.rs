//! What people ask a lake, each question by a process of its own.

use std::io::Write;

use serde_json::Value;

use super::Stop;
use super::comparison::Bench;

/// Questions as arguments; the last ones have many segments.
const QUESTIONS: [&str; 8] = [
    "metrics",
    "trend",
    "maturation",
    "changes",
    "report --to report.html",
    "metrics --by state",
    "metrics --by city,dispo",
    "metrics --by city,zip3,entry_month",
];

/// Asks the lake that the last run made.
pub(super) fn run(bench: &Bench, out: &mut impl Write) -> Result<(), Stop> {
    writeln!(out, "\nquestions of the analysis")?;
    for question in QUESTIONS {
        let form: &[&str] = if question.starts_with("report") { &[] } else { &["--format", "json"] };
        let arguments = question.split(' ').chain(form.iter().copied());
        let answer = bench.leadq.ask(&bench.last_lake(), arguments)?;
        let segments = serde_json::from_slice::<Value>(&answer.said).ok();
        let segments = segments.and_then(|said| said["rows"].as_array().map(Vec::len));
        let segments = segments.map(|segments| format!("; {segments} segments")).unwrap_or_default();
        writeln!(out, "{question}: {}{segments}", answer.cost)?;
    }
    Ok(())
}
