//! `schemas.json`: what it says, what it takes away, and where it is wrong.

use super::*;
use crate::vocabulary::{Outcome, Vocabulary};

fn reports(entries: &str) -> ReportSchema {
    let file = SchemasFile::parse(&of_reports(entries)).unwrap();
    let mut schema = ReportSchema::default();
    schema.lay(&file.contractor_reports.columns);
    schema
}

fn of_reports(entries: &str) -> String {
    format!("{{\"input_schemas\": {{\"contractor_reports\": {{\"entries\": [\n{entries}\n]}}}}}}")
}

#[test]
fn the_documented_default_is_the_default() {
    let file = SchemasFile::parse(include_str!("../../../../schemas.json")).unwrap();
    let mut reports = ReportSchema::bare();
    reports.lay(&file.contractor_reports.columns);
    assert_eq!(reports, ReportSchema::default());
    let mut leads = LeadSchema::bare();
    leads.lay(&file.leads);
    assert_eq!(leads, LeadSchema::default());
    let mut vocabulary = Vocabulary::bare();
    vocabulary.lay(&file.contractor_reports);
    assert_eq!(vocabulary, Vocabulary::default());
    // Every column is there to start from, and so is its type.
    for column in ReportColumn::ALL {
        let of = |entry: &&Entry<_>| entry.target == Target::Column(column);
        let entry = file.contractor_reports.columns.entries.0.iter().find(of).unwrap();
        assert_eq!(entry.cell_type, Some(column.cell_type()), "{column:?}");
        assert_eq!(entry.names[0], column.name());
    }
    for column in LeadColumn::ALL {
        assert!(
            file.leads.entries.0.iter().any(|entry| entry.target == Target::Column(column)),
            "{column:?}"
        );
    }
}

#[test]
fn a_file_over_the_defaults_changes_nothing_that_it_does_not_name() {
    let file = SchemasFile::parse(include_str!("../../../../schemas.json")).unwrap();
    let mut reports = ReportSchema::default();
    reports.lay(&file.contractor_reports.columns);
    assert_eq!(reports, ReportSchema::default());
    assert!(ReportColumn::ALL.into_iter().all(|column| reports.special_rule(column).is_none()));
}

#[test]
fn headers_are_added_and_taken_away_1_3() {
    let schema = reports(
        r#"{"name": ["Angebot", "Lead Date"], "new_name": "set"},
           {"name": "Result", "new_name": null},
           {"name": "Ort", "new_name": "City Name"},
           {"name": "Sit"}"#,
    );
    let cases = [
        ("ANGEBOT", Some(ReportColumn::Set)),
        ("lead_date", Some(ReportColumn::Set)),
        ("Entry Date", Some(ReportColumn::EntryDate)),
        ("result", None),
        ("Disposition", Some(ReportColumn::Dispo)),
        ("ort", Some(ReportColumn::City)),
        ("Sit", Some(ReportColumn::Demo)),
        ("Comment", None),
    ];
    for (header, expected) in cases {
        assert_eq!(schema.recognise(header), expected, "{header:?}");
    }
}

#[test]
fn a_clients_file_is_laid_over_the_one_of_all() {
    let mut schema = reports(
        r#"{"name": "Day", "new_name": "entry_date", "format": "%d/%m/%Y", "placeholders": ["tbd"]},
           {"name": "Ja", "new_name": "set", "true": ["ja"]}"#,
    );
    let file = SchemasFile::parse(&of_reports(
        r#"{"name": "Day", "new_name": "appt_at"},
           {"name": "Entered", "new_name": "entry_date", "format": ["yyyyMMdd"]}"#,
    ))
    .unwrap();
    schema.lay(&file.contractor_reports.columns);
    assert_eq!(schema.recognise("Day"), Some(ReportColumn::ApptAt));
    let rule = schema.special_rule(ReportColumn::EntryDate).unwrap();
    assert_eq!(rule.formats.iter().map(TimeFormat::as_str).collect::<Vec<_>>(), ["yyyyMMdd"]);
    assert!(rule.is_placeholder("TBD") && !rule.is_placeholder("tbd?"));
    assert_eq!(schema.rule(ReportColumn::Set).boolean("JA"), Some(true));
    assert_eq!(schema.rule(ReportColumn::Demo).boolean("ja"), None);
}

#[test]
fn the_form_of_the_seed_loads() {
    let text = r#"{"input_schemas": {
        "leads": {"entries": [
            {"name": "lead_UUID", "new_name": "lead_uuid", "type": "string"},
            {"name": "email_hash", "new_name": "email_hash", "type": "string"}]},
        "contractor_reports": {"entries": [
            {"name": "ENTRYDATE", "new_name": "entry_date", "type": "date", "format": "MM/dd/yyyy"},
            {"name": "Appt Date", "new_name": "appt_date", "type": "timestamp", "format": "MM/dd/yyyy h:mma"},
            {"name": "phone_hash", "new_name": "phone_hash", "type": "string"},
            {"name": "Set", "new_name": "set", "type": "bool"},
            {"name": "STATE", "new_name": "state", "type": "string"},
            {"name": "LEADNUMBER", "new_name": "lead_number", "type": "string"},
            {"name": "Job Status", "new_name": "job_status", "type": "string"}]}}}"#;
    let file = SchemasFile::parse(text).unwrap();
    let types: Vec<_> = file.contractor_reports.columns.entries.0.iter().map(|e| e.cell_type).collect();
    // Spark's string leaves states states.
    let expected = [
        CellType::Date,
        CellType::Timestamp,
        CellType::Hash,
        CellType::Boolean,
        CellType::State,
        CellType::LeadNumber,
        CellType::Text,
    ];
    assert_eq!(types, expected.map(Some));
}

#[test]
fn vocabularies_of_2_5_and_2_7() {
    let text = r#"{"input_schemas": {"contractor_reports": {
        "dispositions": [{"outcome": "sale", "whole": ["verkauft"], "prefix": ["sale -"]},
                         {"outcome": "unmapped", "prefix": ["cxl"]}],
        "cancelled_job_statuses": ["Storno"], "placeholders": ["(none)"]}}}"#;
    let file = SchemasFile::parse(text).unwrap();
    let mut vocabulary = Vocabulary::default();
    vocabulary.lay(&file.contractor_reports);
    let cases = [
        ("Verkauft", Outcome::Sale),
        ("verkauft?", Outcome::Unmapped),
        ("SALE - cash", Outcome::Sale),
        ("Sold", Outcome::Sale),
        ("CXL-BT", Outcome::Unmapped),
        ("DNS", Outcome::NoSale),
    ];
    for (dispo, expected) in cases {
        assert_eq!(vocabulary.outcome(dispo), expected, "{dispo:?}");
    }
    assert!(vocabulary.is_cancelled("STORNO") && vocabulary.is_cancelled("Credit Decline"));
    let mut schema = ReportSchema::default();
    schema.lay(&file.contractor_reports.columns);
    assert!(schema.rule(ReportColumn::Dispo).is_placeholder("(NONE)"));
}

#[test]
fn dimensions_of_the_leads_may_have_other_headers() {
    let text = r#"{"input_schemas": {"leads": {"entries": [{"name": "utm_source", "new_name": "source"},
        {"name": "id", "new_name": "lead_uuid"}]}}}"#;
    let mut schema = LeadSchema::default();
    schema.lay(&SchemasFile::parse(text).unwrap().leads);
    assert_eq!(schema.target("UTM Source"), Some(&Target::Dimension("source".to_owned())));
    assert_eq!(schema.recognise("ID"), Some(LeadColumn::LeadUuid));
    assert_eq!(schema.dimensions().collect::<Vec<_>>(), ["source"]);
}

#[test]
fn what_is_wrong_has_its_line() {
    let cases = [
        (r#"{"name": "x", "new_name": "sett"}"#, "new_name \"sett\"", "is \"set\" meant?"),
        (r#"{"name": "x", "newname": "set"}"#, "unknown key \"newname\"", "new_name"),
        (r#"{"name": "x", "new_name": "set", "type": "text"}"#, "set cannot be of type text", "boolean"),
        (r#"{"name": "x", "new_name": "set", "type": "boolen"}"#, "type \"boolen\"", "boolean"),
        (r#"{"name": "x", "new_name": "city", "format": "%d/%m/%Y"}"#, "city has no format", "leave"),
        (r#"{"name": "x", "new_name": "entry_date", "format": ["%d/%m/%Y", "%H"]}"#, "\"%H\"", "%m/%d/%Y"),
        (r#"{"name": "x", "new_name": "city", "true": ["y"]}"#, "city has no words", "leave"),
        (r#"{"name": "x", "new_name": "set", "true": ["J"], "false": ["j"]}"#, "\"J\" means both", "one"),
        (r#"{"name": "First Header", "new_name": "set"}"#, "\"First Header\" is named twice", "one entry"),
        (r#"{"name": [], "new_name": "set"}"#, "name is empty", "header"),
        (r#"{"name": "x"}"#, "has no new_name", "column"),
        (r#"{"name": "x", "new_name": null, "true": ["y"]}"#, "is no column", "leave out"),
        (r#"{"name": "d", "new_name": "zip", "type": "text"}"#, "zip is of type zip", ""),
        (r#"{"name": 5, "new_name": "set"}"#, "expected a text or a list", ""),
    ];
    for (entry, message, help) in cases {
        let first = r#"{"name": "firstheader", "new_name": "zip", "type": "zip"},"#;
        let text = of_reports(&format!("{first}\n{entry},\n{{\"name\": \"z\", \"new_name\": null}}"));
        let error = SchemasFile::parse(&text).unwrap_err();
        assert!(error.message.contains(message), "{entry}: {error}");
        assert!(error.help.as_deref().unwrap_or_default().contains(help), "{entry}: {error:?}");
        assert_eq!(error.line(&text), Some(3), "{entry}: {error:?}");
    }
}

#[test]
fn what_is_wrong_elsewhere() {
    let cases = [
        ("{\"input_schema\": {}}", "unknown key \"input_schema\"", 1),
        ("{\"input_schemas\": {\n\"reports\": {}}}", "unknown key \"reports\"", 2),
        ("{\"input_schemas\": {\n\"leads\": {\n\"dispositions\": []}}}", "unknown key \"dispositions\"", 3),
        (
            "{\"input_schemas\": {\"contractor_reports\": {\"dispositions\": [\n{\"outcome\": \"sail\"}]}}}",
            "outcome \"sail\" is none",
            2,
        ),
        (
            "{\"input_schemas\": {\"contractor_reports\": {\"dispositions\": [\n{\"outcome\": \"sale\", \"prefix\": [\"\"]}]}}}",
            "a prefix is empty",
            2,
        ),
        ("{\n\"input_schemas\": {", "EOF", 2),
        ("", "EOF", 1),
    ];
    for (text, message, line) in cases {
        let error = SchemasFile::parse(text).unwrap_err();
        assert!(error.message.contains(message), "{text}: {error}");
        assert_eq!(error.line(text).unwrap_or(1), line, "{text}: {error:?}");
    }
}
