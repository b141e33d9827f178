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
        Between::Snapshots(spans) if spans.is_empty() => {
            return "There are no two snapshots of a client to compare.\n".to_owned();
        }
        Between::Snapshots(spans) => spans
            .iter()
            .map(|span| {
                format!("{}: from the snapshot of {} to that of {}\n", span.client_id, span.from, span.to)
            })
            .collect(),
        Between::Runs { earlier, later, bridge } => {
            format!("From run {earlier} to run {later}\n\n{}", told_bridge(bridge))
        }
    };
    page.push_str(&format!("\n{}\n", counted(changes)));
    if changes.is_empty() {
        return page;
    }
    let with_cause = matches!(between, Between::Runs { .. });
    page.push_str(&format!("\n{}\n", listed(changes, limit, with_cause)));
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
    let mut table = output::table(&["change", "leads"], &[1]);
    for (name, told) in TOLD {
        for lost in [false, true] {
            let count = counts.get(&(name, lost)).copied().unwrap_or_default();
            let told = if lost { format!("no longer {told}") } else { told.to_owned() };
            if count > 0 {
                table.add_row([told, thousands(count)]);
            }
        }
    }
    if changes.is_empty() {
        table.add_row(["nothing changed", ""]);
    }
    table
}

fn listed(changes: &[Change], limit: usize, with_cause: bool) -> comfy_table::Table {
    let mut header = vec!["lead", "change", "from", "to"];
    if with_cause {
        header.push("why");
    }
    let mut table = output::table(&header, &[]);
    for change in changes.iter().take(limit) {
        let of = match (&change.lead_uuid, &change.lead_number, &change.file) {
            (_, _, Some(file)) => file.clone(),
            (Some(lead), Some(number), _) => format!("{lead} (record {number})"),
            (lead, ..) => lead.clone().unwrap_or_default(),
        };
        let is_time = change.change == "rescheduled";
        let shown = |value: &Option<String>| {
            let value = value.as_deref().unwrap_or_default();
            if is_time { value.replace('T', " ") } else { value.to_owned() }
        };
        let mut cells = vec![of, change.change.clone(), shown(&change.from), shown(&change.to)];
        if with_cause {
            cells.push(change.cause.clone().unwrap_or_default());
        }
        table.add_row(cells);
    }
    table
}
