//! An explanation as a page for people, 80 columns wide.

use serde_json::{Map, Value as Json};

use super::gather::objects;
use crate::columns::Row;
use crate::output::{self, labelled};

/// A page each.
pub(super) fn pages(found: &[Row]) -> String {
    let page = |one: &Row| match one.text("kind") {
        Some("lead") => lead(one),
        _ => record(one, &format!("Record {} (client {})", number(one), one.shown("client_id"))),
    };
    found.iter().map(page).collect::<Vec<_>>().join("\n")
}

fn lead(lead: &Row) -> String {
    let mut page = format!("Lead {} (client {})\n", lead.shown("lead_uuid"), lead.shown("client_id"));
    page.push_str(&labelled(2, "delivered", &delivered(lead)));
    let outcome = if lead.is("matched") {
        let records = match lead.count("records") {
            1 => "one record".to_owned(),
            n => format!("{n} records"),
        };
        format!("{}, by {} of {records}; {}", lead.shown("stage"), lead.shown("match_type"), reached(lead))
    } else {
        format!("unmatched. {}", lead.shown("why_unmatched"))
    };
    page.push_str(&labelled(2, "outcome", &outcome));
    if lead.is("matched") {
        page.push_str(&labelled(2, "said", &said(lead)));
    }
    for (place, identifier) in objects(&lead.0, "identifiers").enumerate() {
        let label = if place == 0 { "looked for" } else { "" };
        let told = identifier.get("told").and_then(Json::as_str).unwrap_or_default();
        page.push_str(&labelled(2, label, told));
    }
    for linked in rows(&lead.0, "linked") {
        let primary = if linked.is("primary") { ", which the outcome comes from" } else { "" };
        page.push('\n');
        page.push_str(&record(&linked, &format!("Record {}{primary}", number(&linked))));
    }
    let elsewhere: Vec<_> = rows(&lead.0, "went_elsewhere").collect();
    if !elsewhere.is_empty() {
        page.push_str("\nRecords that have it among their candidates and are linked to another lead\n");
    }
    for other in elsewhere {
        let told = format!(
            "tier {} {}; linked to {}: {}",
            other.shown("tier"),
            other.shown("match_type"),
            other.shown("linked_to"),
            other.shown("why")
        );
        page.push_str(&labelled(2, &number(&other), &told));
    }
    page
}

fn delivered(lead: &Row) -> String {
    let mut parts = vec![lead.text("delivered_at").map_or_else(|| "at no known time".to_owned(), moment)];
    let latest = lead.text("last_snapshot_at").map(moment);
    parts.push(match (lead.is("in_scope"), latest) {
        (true, _) => "in scope".to_owned(),
        (false, Some(latest)) => format!("out of scope: after the latest snapshot, {latest}"),
        (false, None) => "out of scope".to_owned(),
    });
    if !lead.is("matchable") {
        parts.push("unmatchable".to_owned());
    }
    if lead.is("duplicate_lead") {
        parts.push(format!("a duplicate of {}", lead.shown("duplicate_of")));
    }
    parts.join("; ")
}

/// Milestones of a lead or a record.
fn reached(row: &Row) -> String {
    let mut parts = Vec::new();
    let mut add = |flag: &str, name: &str, at: &str| {
        if row.is(flag) {
            let since = row.text(at).map(|at| format!(" since {}", moment(at))).unwrap_or_default();
            parts.push(format!("{name}{since}"));
        }
    };
    add("set", if row.is("set_inferred") { "set (by inference only)" } else { "set" }, "first_set_snapshot");
    add("demo", "demo", "first_demo_snapshot");
    add("sold", "sold", "first_sold_snapshot");
    add("cancelled", "cancelled", "");
    add("disqualified", "disqualified", "");
    if row.is("set") && !row.is("set_now") {
        parts.push("no longer set now".to_owned());
    }
    if parts.is_empty() { "never set".to_owned() } else { parts.join(", ") }
}

/// What the latest state says.
fn said(row: &Row) -> String {
    let mut parts = Vec::new();
    for (label, name) in [
        ("entered", "entry_date"),
        ("appointment", "appt_at"),
        ("dispo", "dispo"),
        ("job status", "job_status"),
        ("outcome", "outcome"),
        ("in", "city"),
        ("", "state"),
        ("", "zip"),
    ] {
        if let Some(text) = row.text(name) {
            let text = if name.ends_with("_at") { moment(text) } else { text.to_owned() };
            parts.push(format!("{label} {text}").trim().to_owned());
        }
    }
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

fn record(record: &Row, heading: &str) -> String {
    let mut page = format!("{heading}\n");
    let link = rows(&record.0, "link").next();
    let told = link.map_or_else(
        || unlinked(record),
        |link| {
            let older = if link.is("by_latest_version") { "" } else { ", by an older version only" };
            format!(
                "{} by {}, tier {}{older}",
                link.shown("lead_uuid"),
                link.shown("match_type"),
                link.shown("tier")
            )
        },
    );
    page.push_str(&labelled(2, "linked to", &told));
    page.push_str(&labelled(2, "reached", &reached(record)));
    page.push_str(&labelled(2, "says", &said(record)));
    let seen = format!(
        "{} to {}, {}",
        moment(&record.shown("first_seen_at")),
        moment(&record.shown("last_seen_at")),
        record.shown("presence").replace('_', " ")
    );
    page.push_str(&labelled(2, "seen", &seen));
    for (place, other) in rows(&record.0, "passed_over").enumerate() {
        let label = if place == 0 { "passed over" } else { "" };
        let told = format!(
            "{}, tier {} {}: {}",
            other.shown("lead_uuid"),
            other.shown("tier"),
            other.shown("match_type"),
            other.shown("why")
        );
        page.push_str(&labelled(2, label, &told));
    }
    page.push_str("  history\n");
    for version in rows(&record.0, "history") {
        page.push_str(&history(&version));
    }
    page
}

fn unlinked(record: &Row) -> String {
    let ever = |name: &str| rows(&record.0, "history").any(|version| version.is(name));
    let what = match (ever("has_email"), ever("has_phone")) {
        (false, false) => return "no lead: it never had a usable email or phone".to_owned(),
        (true, true) => "the email or the phone",
        (true, false) => "the email",
        (false, true) => "the phone",
    };
    format!("no lead: none in scope has {what} of any of its versions, hubs apart")
}

fn history(version: &Row) -> String {
    let until = version.text("valid_to").map_or_else(|| "now".to_owned(), moment);
    let from = moment(&version.shown("valid_from"));
    let line = format!("{from} to {until}: {} line {}", version.shown("file"), version.shown("line"));
    let changes: Vec<_> = version
        .0
        .get("changes")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    let told = if changes.is_empty() {
        let flags = ["set", "demo"].map(|name| format!("{name} {}", version.shown(name)));
        format!("first seen: {}, {}", flags.join(", "), said(version))
    } else {
        changes.join(", ")
    };
    let number = format!("{:>3}", version.shown("version"));
    format!("  {number} {line}\n{}", output::indented(&told, 6))
}

fn number(row: &Row) -> String {
    row.text("lead_number").map_or_else(|| format!("without number, {}", row.shown("record")), str::to_owned)
}

/// A timestamp as people read it.
fn moment(text: &str) -> String {
    text.replacen('T', " ", 1)
}

/// The objects of a list, or the one object, as rows.
fn rows<'a>(object: &'a Map<String, Json>, name: &str) -> impl Iterator<Item = Row> + use<'a> {
    let one = object.get(name).and_then(Json::as_object);
    objects(object, name).chain(one).map(|object| Row(object.clone()))
}
