//! Report files (spec 1.4 to 1.8) as a run takes them in: which stand, and where each row goes.

use serde_json::{Value as Json, json};

use crate::place::{Place, lead};

fn file<'a>(files: &'a Json, name: &str) -> &'a Json {
    files.as_array().unwrap().iter().find(|file| file["file"] == name).unwrap()
}

#[test]
fn every_row_is_in_its_bucket() {
    let place = Place::new();
    place.leads("leads.parquet", &[lead("a", "e", "p", "")]);
    let header = "Entry Date,Lead #,Email,Phone,City,Set,Demo,Appt,Comment";
    let rows = [
        "Leads of Acme Windows,,,,,,,,",
        header,
        "---,---,---,---,---,---,---,---,---",
        "01/02/2023,1,,,Reno,1,0,,free text",
        "01/02/2023,1,,,RENO,1,0,,other text",
        "01/02/2023,,,,Reno,1,0,,no identity",
        ",,-----,N/A,,,,,only a comment",
        "entry date,,,,city,,,,",
        "01/02/2023,2,,,a, b,0,0,,one cell too many",
        "\"unclosed,2,3",
        "01/32/2023,3,nohash,,,maybe,0,01/02/2023 25:00,",
        "",
        "  ",
        "(3 rows affected)",
        "Total: 3,,,,,,,,",
    ];
    // Without a line end after more than 20 lines the quote is broken; fill up with rows that are kept.
    let more: String = (10..40).map(|n| format!("01/02/2023,{n},,,Reno,0,0,,\n")).collect();
    place.write("reports/2023-01-10.csv", format!("{}\n{more}", rows.join("\n")));
    place.run();
    let files = place.json(&["files"]);
    let buckets = [
        "malformed",
        "separator",
        "footer",
        "repeated_header",
        "blank",
        "no_identity",
        "forgotten",
        "duplicate",
        "kept",
    ];
    let counts = buckets.map(|bucket| file(&files, "2023-01-10.csv")[bucket].as_u64().unwrap());
    assert_eq!(counts, [2, 1, 2, 1, 1, 1, 0, 1, 32], "{files}");
    assert_eq!(file(&files, "2023-01-10.csv")["rows_read"], 41);
    let found = |code: &str| -> Vec<String> {
        let findings = place.table("finding");
        let of = findings.iter().filter(|f| f["code"] == code);
        of.map(|f| format!("{} {} line {} {}", f["column"], f["count"], f["line"], f["samples"])).collect()
    };
    assert_eq!(found("preamble"), [" 1 line 1 Leads of Acme Windows,,,,,,,,"]);
    assert_eq!(found("unknown_column"), ["Comment 1 line 2 Comment"]);
    assert_eq!(found("invalid_date"), ["entry_date 1 line 11 line 11: 01/32/2023"]);
    assert_eq!(found("invalid_hash"), ["email_hash 1 line 11 line 11: 6 characters"]);
    assert_eq!(found("invalid_boolean"), ["set 1 line 11 line 11: maybe"]);
    assert_eq!(found("invalid_timestamp"), ["appt_at 1 line 11 line 11: 01/02/2023 25:00"]);
    let missing: Vec<_> =
        found("missing_column").iter().map(|f| f.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(missing, ["dispo", "job_status", "location", "state", "zip"]);
    let aside: Vec<_> = place
        .table("quarantine")
        .iter()
        .map(|q| format!("{} {} {}", q["line"], q["reason"], q["text"]))
        .collect();
    assert_eq!(
        aside,
        [
            "6 no_identity 01/02/2023,,,,Reno,1,0,,no identity",
            "9 malformed 01/02/2023,2,,,a, b,0,0,,one cell too many",
            "10 malformed \"unclosed,2,3",
        ]
    );
}

#[test]
fn one_bad_file_stops_nothing_else() {
    let place = Place::new();
    place.leads("leads.parquet", &[lead("a", "e", "p", "")]);
    place.report("2023-01-10.csv", &["01/02/2023,1,e,p,98311,,1,0,Data"]);
    place.write("reports/notes.txt", "buy milk\n");
    place.write("reports/2023-01-11.csv", "City,State,Lead #,Dispo\nReno,NV,1,Sale\n");
    place.write("reports/binary.bin", "\u{0}\u{1}\u{feff}");
    place.write("reports/empty.csv", "");
    place.run();
    let files = place.json(&["files"]);
    let told = |name: &str| {
        let file = file(&files, name);
        format!("{}: {}", file["status"].as_str().unwrap(), file["reason"].as_str().unwrap_or_default())
    };
    assert_eq!(told("2023-01-10.csv"), "ingested: ");
    assert_eq!(told("2023-01-11.csv"), "rejected: it has neither an email nor a phone hash column");
    for name in ["notes.txt", "binary.bin", "empty.csv"] {
        assert_eq!(told(name), "rejected: no header among the first 25 lines");
    }
    assert_eq!(place.json(&["metrics"])["rows"][0]["set"], 1);
}

#[test]
fn the_same_content_and_corrections() {
    let place = Place::new();
    place.leads("leads.parquet", &[lead("a", "e", "p", ""), lead("b", "f", "q", "")]);
    let first = "01/02/2023,1,e,p,98311,,0,0,Data";
    place.report("a/2023-01-10.csv", &[first]);
    place.report("b/2023-01-10.csv", &[first]);
    // unchanged under a later date: a snapshot of its own
    place.report("a/2023-01-11.csv", &[first]);
    place.run();
    let status = |files: &Json| -> Vec<String> {
        let of = |f: &Json| {
            format!(
                "{} {} {}",
                f["file"].as_str().unwrap(),
                f["snapshot_at"].as_str().unwrap(),
                f["status"].as_str().unwrap()
            )
        };
        files.as_array().unwrap().iter().map(of).collect()
    };
    assert_eq!(
        status(&place.json(&["files"])),
        [
            "a/2023-01-10.csv 2023-01-10T23:59:59 ingested",
            "b/2023-01-10.csv 2023-01-10T23:59:59 already_ingested",
            "a/2023-01-11.csv 2023-01-11T23:59:59 ingested",
        ]
    );
    // two folders, one name, other content: the later modified stands
    place.report("later/2023-01-10.csv", &["01/02/2023,1,e,p,98311,,1,0,Data"]);
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    std::fs::File::open(place.path("reports/a/2023-01-10.csv")).unwrap().set_modified(long_ago).unwrap();
    crate::place::succeeded(place.leadq(&[
        "run",
        "--leads",
        "leads",
        "--reports",
        "reports/a",
        "reports/later",
    ]));
    let files = place.json(&["files"]);
    let fates: Vec<_> = files.as_array().unwrap().iter().map(|f| f["status"].clone()).collect();
    assert_eq!(fates.iter().filter(|s| **s == json!("superseded")).count(), 1, "{files}");
    assert_eq!(place.json(&["metrics"])["rows"][0]["set"], 1);
}
