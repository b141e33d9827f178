//! What was found of a person, what was done, and what the search came to: counts and names of files only.

use leadq_pipeline::forget::{Person, Redacted};
use serde_json::{Value as Json, json};

use super::Found;
use super::prove::Proven;
use crate::failure::Outcome;
use crate::output::{self, Format, thousands};

/// Counts by name.
type Counts = Vec<(&'static str, u64)>;

fn of_person(person: &Person) -> Counts {
    vec![
        ("identifiers", person.identifiers.len() as u64),
        ("shared_identifiers_left", person.shared.len() as u64),
        ("leads", person.leads),
        ("records", person.records),
    ]
}

fn of_archive(archive: &Redacted) -> Counts {
    vec![
        ("files", archive.held.len() as u64),
        ("rows", archive.rows),
        ("files_not_looked_into", archive.unread.len() as u64),
    ]
}

fn of_proof(proof: &Proven) -> Counts {
    vec![
        ("data_files", proof.lake.data_files),
        ("table_rows", proof.lake.rows),
        ("state_files", proof.lake.state_files),
        ("other_files", proof.lake.other_files),
        ("archived_files", proof.archive.contents),
        ("found", found_in(proof).len() as u64),
    ]
}

/// Where somebody who is forgotten was found, and why that is thought.
fn found_in(proof: &Proven) -> Vec<(String, &'static str)> {
    let archive = &proof.archive;
    let held = archive.held.iter().map(|name| (name.clone(), "the archived file holds an identifier"));
    let unread = archive.unread.iter().map(|name| (name.clone(), "the archived file cannot be looked into"));
    proof.lake.found.iter().cloned().chain(held).chain(unread).collect()
}

fn as_json(counts: Counts) -> Json {
    counts
        .into_iter()
        .map(|(name, count)| (name.to_owned(), json!(count)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// What there is of a person.
pub(super) fn found(found: &Found, format: Format) -> Outcome<()> {
    let counts = [of_person(&found.person), of_archive(&found.archive)].concat();
    match format {
        Format::Table => output::print(&format!("{}\nNothing was changed.\n", person_told(found))),
        Format::Json => output::print_json(&json!({
            "dry_run": true,
            "person": as_json(of_person(&found.person)),
            "archive": as_json(of_archive(&found.archive)),
            "not_looked_into": found.archive.unread,
        })),
        Format::Csv => csv(counts),
    }
}

/// What there is of a person, and the question.
pub(super) fn ask(found: &Found) -> Outcome<()> {
    output::print(&format!(
        "{}\nIt cannot be undone, and only the last run stays readable. Type yes to forget: ",
        person_told(found)
    ))
}

fn person_told(found: &Found) -> String {
    let Found { person, archive } = found;
    let mut text = format!(
        "Found {} leads, {} records, and {} rows in {} archived files of the person.\n",
        thousands(person.leads),
        thousands(person.records),
        thousands(archive.rows),
        thousands(archive.held.len() as u64),
    );
    if !person.shared.is_empty() {
        text.push_str(&output::indented(
            &format!(
                "{} identifiers beside the person's are shared by more leads or records than one person has, and are left.",
                person.shared.len()
            ),
            0,
        ));
    }
    for name in &archive.unread {
        text.push_str(&format!("{name} cannot be looked into, and goes from the archive wholly.\n"));
    }
    text
}

/// What was done, and what the search came to.
pub(super) fn done(person: &Person, out: &Redacted, proof: &Proven, format: Format) -> Outcome<()> {
    let found = found_in(proof);
    match format {
        Format::Table => output::print(&done_told(person, out, proof, &found)),
        Format::Json => output::print_json(&json!({
            "dry_run": false,
            "person": as_json(of_person(person)),
            "archive": as_json(of_archive(out)),
            "not_looked_into": out.unread,
            "searched": as_json(of_proof(proof)),
            "found": found.iter().map(|(file, why)| json!({ "file": file, "why": why })).collect::<Vec<_>>(),
        })),
        Format::Csv => csv([of_person(person), of_archive(out), of_proof(proof)].concat()),
    }
}

fn done_told(person: &Person, out: &Redacted, proof: &Proven, found: &[(String, &'static str)]) -> String {
    let mut text = format!(
        "Forgotten: {} leads are stripped, {} records are gone, {} rows went from {} archived files.\n",
        thousands(person.leads),
        thousands(person.records),
        thousands(out.rows),
        thousands(out.held.len() as u64),
    );
    for name in &out.unread {
        text.push_str(&format!("{name} could not be looked into, and went from the archive wholly.\n"));
    }
    text.push_str(&format!(
        "\nSearched: {} rows in {} data files, {} state files, {} logs, run records and documents, {} archived files.\n",
        thousands(proof.lake.rows),
        thousands(proof.lake.data_files),
        thousands(proof.lake.state_files),
        thousands(proof.lake.other_files),
        thousands(proof.archive.contents),
    ));
    if found.is_empty() {
        text.push_str("Nobody who is forgotten was found.\n");
    } else {
        text.push_str("\nFound, although it should not be there:\n");
    }
    for (file, why) in found {
        text.push_str(&format!("  {file}: {why}\n"));
    }
    text.push_str(&output::indented(
        "leadq keeps no log of its own: what it says goes to stderr, without identifiers. Backups, exports and copies \
         of the drops are not its to reach.",
        0,
    ));
    text
}

fn csv(counts: Counts) -> Outcome<()> {
    let rows = counts.into_iter().map(|(name, count)| vec![name.to_owned(), count.to_string()]);
    output::print_csv(&["what", "count"], rows)
}
