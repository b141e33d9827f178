//! What `leadq changes` prints for people: how much changed, why, and the changes one by one.

use std::collections::BTreeMap;

use leadq_metrics::changes::{BRIDGED, BridgeStep, Change};
use leadq_report::figures::signed;

use super::Between;
use crate::output::{self, thousands};

/// What a kind of change is called where it is counted.
const TOLD: [(&str, &str); 10] = [
    ("delivered", "delivered"),
    ("matched", "matched"),
    ("set", "set"),
    ("unset", "no longer set (still counted as set)"),
    ("demoed", "demoed"),
    ("sold", "sold"),
    ("rescheduled", "appointment rescheduled"),
    ("vanished", "vanished from the export"),
    ("relinked", "records linked otherwise"),
    ("file", "files"),
];

/// How much changed, why, and up to `limit` changes.
pub(super) fn page(between: &Between, changes: &[Change], limit: usize) -> String {
    let mut page = match between {
        Between::Snapshots { spans, others } => {
            let mut page = String::new();
            for span in spans {
                let told =
                    format!("{}: from the snapshot of {} to that of {}", span.client_id, span.from, span.to);
                page.push_str(&output::indented(&told, 0));
            }
            others.iter().for_each(|told| page.push_str(&output::indented(told, 0)));
            if spans.is_empty() {
                return page;
            }
            page
        }
        Between::Runs { earlier, later, bridge } => {
            format!("From run {earlier} to run {later}\n\n{}", told_bridge(bridge))
        }
    };
    if changes.is_empty() {
        page.push_str("Nothing changed.\n");
        return page;
    }
    page.push_str(&format!("\n{}\n\n", counted(changes)));
    let several = changes.iter().any(|change| change.client_id != changes[0].client_id);
    changes.iter().take(limit).for_each(|change| page.push_str(&line(change, several)));
    if changes.len() > limit {
        page.push_str(&format!(
            "{} more; --limit shows more, --format csv all of them\n",
            thousands((changes.len() - limit) as u64)
        ));
    }
    page
}

/// By how much each cause moved the counts.
fn told_bridge(bridge: &[BridgeStep]) -> String {
    if bridge.is_empty() {
        return "No count moved.\n".to_owned();
    }
    let mut header = vec!["why"];
    header.extend(BRIDGED);
    let mut table = output::table(&header, &[1, 2, 3, 4, 5]);
    let mut sum = [0; 5];
    for step in bridge {
        let mut cells = vec![step.cause.told().to_owned()];
        cells.extend(step.moved.map(signed));
        table.add_row(cells);
        sum.iter_mut().zip(step.moved).for_each(|(sum, moved)| *sum += moved);
    }
    let mut cells = vec!["in all".to_owned()];
    cells.extend(sum.map(signed));
    table.add_row(cells);
    format!("{table}\n")
}

/// How many changes there are of each kind.
fn counted(changes: &[Change]) -> comfy_table::Table {
    let mut counts: BTreeMap<(&str, bool), u64> = BTreeMap::new();
    for change in changes {
        // Between runs a lead may lose what it had.
        let lost = change.change != "unset" && change.to.as_deref() == Some("false");
        *counts.entry((&change.change, lost)).or_default() += 1;
    }
    let mut table = output::table(&["change", "number"], &[1]);
    for (name, told) in TOLD {
        for lost in [false, true] {
            let count = counts.get(&(name, lost)).copied().unwrap_or_default();
            let told = if lost { format!("no longer {told}") } else { told.to_owned() };
            if count > 0 {
                table.add_row([told, thousands(count)]);
            }
        }
    }
    table
}

/// A change in one line: a lead's id that is cut in two cannot be copied.
fn line(change: &Change, several: bool) -> String {
    let of = change.file.as_ref().or(change.lead_uuid.as_ref()).map_or("", String::as_str);
    let [from, to] = [&change.from, &change.to].map(|value| value.as_deref().unwrap_or("none"));
    let what = match (change.change.as_str(), from, to) {
        ("rescheduled", ..) => format!("rescheduled {} → {}", from.replace('T', " "), to.replace('T', " ")),
        ("relinked", ..) => {
            let record = change.lead_number.as_deref().unwrap_or("without number");
            format!("record {record} linked {from} → {to}")
        }
        ("file", ..) => format!("file {from} → {to}"),
        ("unset", ..) => "no longer set".to_owned(),
        (name, _, "false") => format!("no longer {name}"),
        (name, ..) => name.to_owned(),
    };
    let client = if several { format!("{}  ", change.client_id) } else { String::new() };
    let why = change.cause.as_ref().map(|cause| format!("  ({cause})")).unwrap_or_default();
    format!("{client}{of}  {what}{why}\n")
}
