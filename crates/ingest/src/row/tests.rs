//! Cells of columns that `schemas.json` speaks of, row by row.

use leadq_contract::schema::SchemasFile;
use leadq_contract::{ClientId, IdentifierSecret};

use super::*;

const SCHEMAS: &str = r#"{"input_schemas": {"contractor_reports": {"placeholders": ["(none)"], "entries": [
    {"name": "Eingang", "new_name": "entry_date", "format": ["%d.%m.%Y", "%Y-%m-%d"], "placeholders": ["offen"]},
    {"name": "Nr", "new_name": "lead_number", "type": "text"},
    {"name": "Ort", "new_name": "city", "type": "text"},
    {"name": "Land", "new_name": "state", "type": "text"},
    {"name": "PLZ", "new_name": "zip", "type": "text"},
    {"name": "Termin", "new_name": "appt_at", "format": "d.M.yyyy HH:mm"},
    {"name": "Gesetzt", "new_name": "set", "true": ["ja"], "false": ["nein"]},
    {"name": "Email", "new_name": "email_hash"},
    {"name": "Result", "new_name": null}]}}}"#;

const HEADER: &str = "Eingang;Nr;Email;Phone;Ort;Land;PLZ;Termin;Gesetzt;Dispo;Result";

/// What a row's cells come to, and the findings.
fn read(row: &str) -> String {
    let client = ClientSettings::with_id(ClientId::default_client())
        .with_schemas(&SchemasFile::parse(SCHEMAS).unwrap());
    let secret = IdentifierSecret::new(&[1; 32]).unwrap();
    let header = Header::read(HEADER.split(';'), &client.reports).unwrap();
    let mut cleaner = Cleaner::new(&client, HashAlgorithm::Sha256, Keying::new(&secret));
    let cells: Vec<_> = row.split(';').collect();
    cleaner.read(&header, |cell| cells[cell]);
    let (r, known) = (&cleaner.row, &cleaner.categories);
    let text = |category: &Category, value: Option<Spelled>| {
        value.map_or("-".to_owned(), |value| category.text(value).to_owned())
    };
    let number = r.lead_number.clone().unwrap_or("-".to_owned());
    let bad: Vec<_> = cleaner.bad.iter().map(|bad| bad.code.name()).collect();
    format!(
        "{:?} {number} {} {} {} {} {:?} {:?} {} {}",
        r.entry_date,
        r.email.is_some(),
        text(&known.city, r.city),
        text(&known.state, r.state),
        text(&known.zip, r.zip),
        r.appt_at.map(|micros| micros / 1_000_000),
        r.set,
        text(&known.dispo, r.dispo),
        bad.join(",")
    )
}

#[test]
fn cells_by_schema_1_6() {
    let cases = [
        (
            "5.2.2023;12.0;;;WIEN  west;Wien;A-1010;5.2.2023 10:30;JA;Sale;x",
            "Some(19393) 12.0 false WIEN west Wien A-1010 Some(1675593000) Some(true) Sale ",
        ),
        ("offen;(None);(none);;;;;;nein;(NONE);", "None - false - - - None Some(false) - "),
        ("2023-02-05;1;;;;;;;1;;", "Some(19393) 1 false - - - None Some(true) - "),
        (
            "2/5/2023;1;;;;;;5/2/23 10:30;vielleicht;;",
            "None 1 false - - - None None - invalid_date,invalid_timestamp,invalid_boolean",
        ),
        ("-;null;n/a;;-;NULL;na;00/00/0000;;;", "None - false - - - None None - "),
    ];
    for (row, expected) in cases {
        assert_eq!(read(row), expected, "{row}");
    }
}

#[test]
fn a_schema_of_defaults_reads_as_none_does() {
    let with = ClientSettings::with_id(ClientId::default_client())
        .with_schemas(&SchemasFile::parse(include_str!("../../../../schemas.json")).unwrap());
    let secret = IdentifierSecret::new(&[1; 32]).unwrap();
    assert!(Cleaner::new(&with, HashAlgorithm::Sha256, Keying::new(&secret)).special.is_empty());
}
