//! Promise 9: no hash as received, in any table, export, output or error.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Read;

use arrow::util::pretty::pretty_format_batches;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::place::{Place, failed, lead, repository, succeeded};

/// Runs of hexadecimal digits long enough to be a hash, lower-case.
fn hex_runs(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() >= 32).map(str::to_lowercase)
}

fn shown(path: &std::path::Path) -> String {
    if path.extension().is_some_and(|extension| extension == "parquet") {
        let reader =
            ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap();
        let batches: Vec<_> = reader.map(Result::unwrap).collect();
        return pretty_format_batches(&batches).unwrap().to_string();
    }
    String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
}

/// All parts of a workbook.
fn workbook(path: &std::path::Path) -> String {
    let mut archive = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    for part in 0..archive.len() {
        archive.by_index(part).unwrap().read_to_string(&mut text).unwrap();
    }
    text
}

#[test]
fn no_received_hash_leaves() {
    let place = Place::new();
    let root = repository();
    let source = |below: &str| root.join("source").join(below).to_string_lossy().into_owned();
    let mut received: HashSet<String> = HashSet::new();
    for entry in fs::read_dir(source("contractor_reports")).unwrap() {
        received.extend(hex_runs(&fs::read_to_string(entry.unwrap().path()).unwrap()));
    }
    received.extend(hex_runs(&shown(source("leads/leads.parquet").as_ref())));
    assert!(received.len() > 900);

    let run = place.leadq(&[
        "-vvv",
        "run",
        "--leads",
        &source("leads"),
        "--reports",
        &source("contractor_reports"),
    ]);
    let mut said = vec![String::from_utf8_lossy(&run.stderr).into_owned(), succeeded(run)];
    for command in [
        &["findings"][..],
        &["findings", "--format", "json"],
        &["files"],
        &["metrics", "--format", "csv"],
        &["metrics", "--by", "city,dispo", "--format", "json"],
        &["trend", "--format", "json"],
        &["maturation", "--format", "json"],
        &["changes", "--from", "2000-01-01", "--format", "json"],
        &["claims", "--format", "json"],
        &["sql", "SELECT * FROM dim_lead", "--format", "csv"],
        &["sql", "SELECT * FROM record_version", "--format", "json"],
    ] {
        said.push(succeeded(place.leadq(command)));
    }
    for page in [&["report", "--to", "a.html"][..], &["report", "--for-client", "default", "--to", "b.html"]]
    {
        succeeded(place.leadq(page));
        let page = shown(&place.path(page.last().unwrap()));
        assert_eq!(hex_runs(&page).next(), None, "pages have no keys either");
        said.push(page);
    }
    succeeded(place.leadq(&["report", "--to", "a.xlsx"]));
    said.push(workbook(&place.path("a.xlsx")));
    succeeded(place.leadq(&["export", "all", "--to", "csv"]));
    succeeded(place.leadq(&["export", "all", "--to", "parquet", "--as", "parquet"]));
    for folder in ["lake", "csv", "parquet"] {
        let files = place.tree(folder);
        assert!(files.len() >= 14);
        said.extend(files.iter().map(|path| shown(path)));
    }
    for text in &said {
        for run in hex_runs(text) {
            // A keyed identifier has 64 digits; a received hash must not stand in it either.
            let leaked = received.contains(&run)
                || run.as_bytes().windows(40).any(|w| received.contains(std::str::from_utf8(w).unwrap()));
            assert!(!leaked, "{run}");
        }
    }
}

#[test]
fn plain_text_is_hashed_on_the_spot_and_never_kept() {
    let place = Place::new();
    place.leads("leads.parquet", &[lead("a", "!jane@example.com", "!+15550100001", "")]);
    place.write(
        "reports/2023-01-10.csv",
        "Entry Date,Lead #,Email,Phone,Set,Demo,Dispo\n\
         01/02/2023,1, Jane@Example.com ,(555) 010-0001,1,0,jane@example.com\n\
         01/02/2023,,not an email at all 555-010-0002,,1,0,x\n\
         oops jane@example.com\n",
    );
    let mut said = vec![place.run()];
    let links = place.table("lead_link");
    assert_eq!(links[0]["match_type"], "email_and_phone", "hashed as most of the leads are");
    let codes: Vec<_> = place.table("finding").iter().map(|f| f["code"].clone()).collect();
    assert!(codes.iter().any(|code| code == "plaintext_pii"), "{codes:?}");
    said.push(succeeded(place.leadq(&["findings", "--format", "json"])));
    succeeded(place.leadq(&["report", "--to", "report.html"]));
    succeeded(place.leadq(&["report", "--for-client", "default", "--to", "note.html"]));
    said.extend(["report.html", "note.html"].map(|page| shown(&place.path(page))));
    place.export("csv", &[]);
    // Not even where the client typed it into free text.
    said.extend(place.tree("lake").into_iter().chain(place.tree("csv")).map(|path| shown(&path)));
    for text in said {
        assert!(!text.to_lowercase().contains("jane@") && !text.contains("010-000"), "{text}");
    }
}

#[test]
fn the_secret_is_not_shown() {
    let place = Place::new();
    let output = place.command(&["run"]).env("LEADQ_SECRET", "too short a secret").output().unwrap();
    assert!(!failed(output, 3).contains("too short a secret"));
    place.leads("leads.parquet", &[lead("a", "e", "p", "")]);
    let arguments = ["run", "--leads", "leads", "--reports", "reports"];
    let output = place.command(&arguments).env("LEADQ_SECRET", "too short a secret").output().unwrap();
    let told = failed(output, 2);
    assert!(told.contains("at least 32") && !told.contains("too short a secret"), "{told}");
}
