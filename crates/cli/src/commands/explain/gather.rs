//! Fetches what explains a lead or a record, and puts it together as one object each.

use leadq_matching::explain::{Asked, Looked, Records, Standing, passed_over, why_unmatched};
use leadq_pipeline::View;
use serde_json::{Map, Value as Json, json};

use crate::columns::{self, Row, as_uuid};
use crate::failure::Outcome;

/// Columns of a version that can differ from the version before, beside the identifiers.
const STATE: [&str; 10] =
    ["set", "demo", "dispo", "job_status", "appt_at", "entry_date", "city", "state", "zip", "set_inferred"];

/// What the tables say of the leads and the records with an id; empty if there are none.
pub(super) async fn explanations(view: &View<'_>, asked: &Asked) -> Outcome<Vec<Row>> {
    let mut all = Vec::new();
    let leads = columns::rows(&view.rows(&asked.leads()).await?);
    if !leads.is_empty() {
        let identifiers = columns::rows(&view.rows(&asked.identifiers()).await?);
        let related = Related::read(view, &asked.records_of_leads()).await?;
        all.extend(leads.into_iter().map(|lead| lead_of(lead, &identifiers, &related)));
    }
    let related = Related::read(view, &asked.records()).await?;
    let records = related.states.iter().map(|state| related.record(state));
    all.extend(records.map(|mut record| {
        record.0.insert("kind".to_owned(), json!("record"));
        record
    }));
    Ok(all)
}

/// Records with their candidates and versions.
struct Related {
    states: Vec<Row>,
    candidates: Vec<Row>,
    versions: Vec<Row>,
}

impl Related {
    async fn read(view: &View<'_>, records: &Records) -> Outcome<Self> {
        let states = columns::rows(&view.rows(&records.states()).await?);
        if states.is_empty() {
            return Ok(Self { states, candidates: Vec::new(), versions: Vec::new() });
        }
        let candidates = columns::rows(&view.rows(&records.candidates()).await?);
        let versions = columns::rows(&view.rows(&records.versions()).await?);
        Ok(Self { states, candidates, versions })
    }

    /// The candidates of a record, by rank.
    fn candidates(&self, record: &str) -> Vec<&Row> {
        self.candidates.iter().filter(|row| row.text("record") == Some(record)).collect()
    }

    /// A record with its link, who was passed over for it, and its history.
    fn record(&self, state: &Row) -> Row {
        let key = state.text("record").unwrap_or_default();
        let candidates = self.candidates(key);
        let versions: Vec<_> = self.versions.iter().filter(|row| row.text("record") == Some(key)).collect();
        let mut record = state.clone();
        record.0.insert("record".to_owned(), json!(as_uuid(key)));
        let of = |row: &&Row| Json::Object(candidate(row, candidates.first().copied()));
        let (selected, others): (Vec<_>, Vec<_>) =
            candidates.iter().copied().partition(|row| row.is("selected"));
        record.0.insert("link".to_owned(), selected.first().map_or(Json::Null, of));
        record.0.insert("passed_over".to_owned(), others.iter().map(of).collect());
        let before = std::iter::once(None).chain(versions.iter().copied().map(Some));
        let history = versions.iter().zip(before).map(|(version, before)| history_of(version, before));
        record.0.insert("history".to_owned(), history.collect());
        record
    }
}

/// A lead with what it was looked for by, the records linked to it, and those that went to others.
fn lead_of(mut lead: Row, identifiers: &[Row], related: &Related) -> Row {
    let same = |row: &&Row| ["client_id", "lead_uuid"].iter().all(|name| row.text(name) == lead.text(name));
    let looked: Vec<_> = identifiers.iter().filter(same).map(|row| (row, looked(row))).collect();
    let mut linked = Vec::new();
    let mut went_elsewhere = Vec::new();
    for state in &related.states {
        let candidates = related.candidates(state.text("record").unwrap_or_default());
        let Some(mine) = candidates.iter().find(|row| same(row)) else { continue };
        if mine.is("selected") {
            let mut record = related.record(state);
            let primary = state.text("record") == lead.text("primary_record");
            record.0.insert("primary".to_owned(), json!(primary));
            linked.push(Json::Object(record.0));
        } else {
            let mut other = candidate(mine, candidates.first().copied());
            other.insert(
                "linked_to".to_owned(),
                json!(candidates.first().and_then(|row| row.text("lead_uuid"))),
            );
            went_elsewhere.push(Json::Object(other));
        }
    }
    let bare: Vec<_> = looked.iter().map(|(_, looked)| *looked).collect();
    let why = (!lead.is("matched")).then(|| why_unmatched(lead.is("in_scope"), went_elsewhere.len(), &bare));
    let identifiers = looked.iter().map(|(row, looked)| {
        let kind = row.text("kind").unwrap_or_default();
        json!({
            "kind": kind,
            "usable": looked.usable,
            "leads": looked.leads,
            "records": looked.records,
            "records_of_kind": looked.records_of_kind,
            "records_of_client": row.count("records_of_client"),
            "hub": looked.hub(),
            "told": looked.told(kind),
        })
    });
    let identifiers: Json = identifiers.collect();
    let primary = lead.text("primary_record").map(as_uuid);
    lead.0.insert("primary_record".to_owned(), json!(primary));
    lead.0.insert("kind".to_owned(), json!("lead"));
    lead.0.insert("why_unmatched".to_owned(), json!(why));
    lead.0.insert("identifiers".to_owned(), identifiers);
    lead.0.insert("linked".to_owned(), Json::Array(linked));
    lead.0.insert("went_elsewhere".to_owned(), Json::Array(went_elsewhere));
    lead
}

fn looked(row: &Row) -> Looked {
    Looked {
        usable: row.is("usable"),
        leads: row.count("leads"),
        records: row.count("records"),
        elsewhere: row.count("other_leads") + row.count("other_records"),
        records_of_kind: row.count("records_of_kind"),
        max_leads: row.count("max_leads_per_key"),
        max_records: row.count("max_records_per_key"),
    }
}

/// A candidate, and why it was passed over for the first.
fn candidate(row: &Row, first: Option<&Row>) -> Map<String, Json> {
    let mut object = row.0.clone();
    object.remove("time_group");
    object.remove("time_order");
    object.insert("record".to_owned(), json!(row.text("record").map(as_uuid)));
    let why =
        first.filter(|_| !row.is("selected")).map(|first| passed_over(&standing(first), &standing(row)));
    object.insert("why".to_owned(), json!(why));
    object
}

fn standing(row: &Row) -> Standing {
    Standing {
        tier: row.integer("tier"),
        by_latest_version: row.is("by_latest_version"),
        by_email: row.text("match_type").is_some_and(|name| name.starts_with("email")),
        time_group: row.integer("time_group"),
        time_order: row.integer("time_order"),
        lead_uuid: row.text("lead_uuid").unwrap_or_default().to_owned(),
    }
}

/// A version, with what changed against the one before.
fn history_of(version: &Row, before: Option<&Row>) -> Json {
    let mut object = version.0.clone();
    for name in ["record", "new_email", "new_phone"] {
        object.remove(name);
    }
    let mut changes = Vec::new();
    if let Some(before) = before {
        for (kind, new, has) in [("email", "new_email", "has_email"), ("phone", "new_phone", "has_phone")] {
            if version.is(new) {
                changes.push(match (before.is(has), version.is(has)) {
                    (true, true) => format!("another {kind}"),
                    (false, _) => format!("{kind} added"),
                    (true, false) => format!("{kind} gone"),
                });
            }
        }
        let changed = STATE.into_iter().filter(|name| before.0.get(*name) != version.0.get(*name));
        changes
            .extend(changed.map(|name| format!("{name} {} → {}", before.shown(name), version.shown(name))));
    }
    object.insert("changes".to_owned(), json!(changes));
    Json::Object(object)
}

/// The candidates that an explanation speaks of.
pub(super) fn candidates_of(one: &Row) -> Vec<&Map<String, Json>> {
    let records: Vec<&Map<String, Json>> = match one.text("kind") {
        Some("lead") => objects(&one.0, "linked").collect(),
        _ => vec![&one.0],
    };
    let mut all: Vec<&Map<String, Json>> = Vec::new();
    for record in records {
        all.extend(record.get("link").and_then(Json::as_object));
        all.extend(objects(record, "passed_over"));
    }
    all.extend(objects(&one.0, "went_elsewhere"));
    all
}

/// The objects of a list.
pub(super) fn objects<'a>(
    object: &'a Map<String, Json>,
    name: &str,
) -> impl Iterator<Item = &'a Map<String, Json>> + use<'a> {
    object.get(name).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_object)
}
