//! Promise 9: who is forgotten is gone from tables, older runs and the archive, and does not come back.

use std::fs::{self, File};
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use leadq_archive::FileArchive;
use leadq_contract::IdentifierSecret;
use leadq_pipeline::ports::Archive as _;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value as Json, json};
use zip::write::SimpleFileOptions;

use crate::dice::{Dice, number};
use crate::place::{Place, SECRET, failed, succeeded, texts};

// Of `jane@example.com` and of `+15551234567`, by Python's hashlib and base64.
const JANE: &str = "jane@example.com";
const JANE_SHA256: &str = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d";
const JANE_SHA1: &str = "0850a4cffb73cbc53fd33e8990c2184c915ff041";
const JANE_MD5: &str = "9e26471d35a78862c17e467d87cddedf";
const JANE_BASE64: &str = "jIe0ic41zy4vOfgOKCyy6ASTKlaiE5g+7rQoQH1DtS0";
const PHONE: &str = "(555) 123-4567";
const PHONE_SHA256: &str = "8a59780bb8cd2ba022bfa5ba2ea3b6e07af17a7d8b30c1f9b3390e36f69019e4";
const PHONE_SHA1: &str = "1861e395c5cdad6abd2fee461b24c97f109aa5e0";
/// Of nobody in particular.
const JOE_SHA1: &str = "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8";

/// A report with Jane, written as given, as record 1, and Joe as record 2.
fn report(email: &str, phone: &str) -> String {
    format!(
        "Entry Date,Lead #,Email,Phone,City,Set,Demo,Dispo\n01/02/2023,1,{email},{phone},Reno,1,0,Sold\n\
         01/03/2023,2,{JOE_SHA1},,Sparks,1,1,x\n"
    )
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zip_of(members: &[(&str, String)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn workbook(text: &str) -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, line) in text.lines().enumerate() {
        for (column, cell) in line.split(',').enumerate() {
            sheet.write(row as u32, column as u16, cell).unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

/// A place with drops that have Jane in every form.
fn with_jane() -> Place {
    let place = Place::new();
    place.write("leadq.toml", "leads = [\"leads\"]\n\n[[client]]\nid = \"acme\"\nreports = [\"reports\"]\n");
    place.leads_of(
        "leads.parquet",
        vec![
            ("lead_UUID", texts(&["a", "b"])),
            ("email_hash", texts(&[JANE_SHA1, JOE_SHA1])),
            ("phone_hash", texts(&[PHONE_SHA1, ""])),
            ("zip", texts(&["89501", "89431"])),
        ],
    );
    let utf16: Vec<u8> =
        format!("\u{feff}{}", report(JANE, "")).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let reports: [(&str, Vec<u8>); 9] = [
        ("2023-01-10.csv", report(JANE_SHA1, PHONE_SHA1).into()),
        ("2023-01-11.csv", report(" Jane@Example.COM ", PHONE).into()),
        ("2023-01-12.csv", utf16),
        ("2023-01-13.csv.gz", gzip(&report(JANE_MD5, PHONE_SHA256))),
        (
            "2023-01-15.zip",
            zip_of(&[
                ("2023-01-14.csv", report(JANE_BASE64, "")),
                ("2023-01-15.csv", report("", PHONE_SHA1)),
            ]),
        ),
        ("2023-01-16.xlsx", workbook(&report(JANE_SHA1, ""))),
        ("2023-01-17.csv", report(&JANE_SHA256.to_uppercase(), "").into()),
        ("2023-01-18.csv", format!("%PDF-1.7 {JANE}").into_bytes()),
        ("2023-01-19.csv", format!("no,report\n{JANE},{JANE_SHA1}\n").into_bytes()),
    ];
    for (name, bytes) in reports {
        place.write(&format!("reports/{name}"), bytes);
    }
    place
}

fn secret() -> IdentifierSecret {
    IdentifierSecret::new(SECRET.as_bytes()).unwrap()
}

/// Whether bytes of any kind hold Jane: packed, in UTF-16, hashed or not.
fn holds_jane(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"\x1f\x8b") {
        let mut inner = Vec::new();
        flate2::read::GzDecoder::new(bytes).read_to_end(&mut inner).unwrap();
        return holds_jane(&inner);
    }
    if bytes.starts_with(b"PK") {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        return (0..archive.len()).any(|member| {
            let mut inner = Vec::new();
            archive.by_index(member).unwrap().read_to_end(&mut inner).unwrap();
            holds_jane(&inner)
        });
    }
    let text = if bytes.starts_with(b"PAR1") {
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::copy_from_slice(bytes)).unwrap();
        let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
        arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string()
    } else {
        String::from_utf8_lossy(bytes).replace('\0', "")
    };
    let hashes = [JANE_SHA256, JANE_SHA1, JANE_MD5, PHONE_SHA256, PHONE_SHA1];
    let keys = hashes.map(|hash| secret().key(hash.as_bytes()));
    let hexes: Vec<String> = keys.iter().map(|key| leadq_contract::identifier::hex(&key.0)).collect();
    let lower = text.to_lowercase();
    hashes.iter().any(|hash| lower.contains(hash))
        || hexes.iter().any(|key| lower.contains(key))
        || ["jane@", "123-4567", "5551234567"].iter().any(|plain| lower.contains(plain))
        || text.contains(JANE_BASE64)
        || bytes.windows(32).any(|window| keys.iter().any(|key| window == key.0))
}

/// Where Jane still is, in the lake's files and in the archive, decrypted.
fn traces(place: &Place) -> Vec<String> {
    let mut found = Vec::new();
    for path in place.tree("lake") {
        let name = path.strip_prefix(place.path("lake")).unwrap().to_string_lossy().into_owned();
        if name.starts_with("archive") || name == "documents/forgotten.json" {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let bytes = if name.starts_with("state") { zstd::decode_all(&bytes[..]).unwrap() } else { bytes };
        found.extend(holds_jane(&bytes).then_some(name));
    }
    found.extend(
        archived(&place.path("lake/archive"))
            .into_iter()
            .filter(|(_, bytes)| holds_jane(bytes))
            .map(|(id, _)| id),
    );
    found
}

/// The contents of an archive.
fn archived(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let archive = FileArchive::local(folder, &secret()).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut contents = Vec::new();
        for (content, _) in archive.contents().await.unwrap() {
            let mut bytes = Vec::new();
            archive.open(&content).await.unwrap().read_to_end(&mut bytes).unwrap();
            contents.push((content.0, bytes));
        }
        contents
    })
}

fn run(place: &Place) {
    succeeded(place.leadq(&["run"]));
}

/// Rows read, and rows of the forgotten, by file.
fn rows(place: &Place) -> Vec<(String, u64, u64)> {
    let files = place.json(&["files"]);
    let files = files.as_array().unwrap().iter();
    let count = |file: &Json, what: &str| file[what].as_u64().unwrap();
    let one = |file: &Json| {
        (file["file"].as_str().unwrap().to_owned(), count(file, "rows_read"), count(file, "forgotten"))
    };
    files.map(one).collect()
}

#[test]
fn a_person_is_gone_and_does_not_come_back() {
    let place = with_jane();
    run(&place);
    assert_eq!(place.table("lead_link").len(), 2);
    let before = rows(&place);
    let found = traces(&place);
    assert!(found.len() > 12, "{found:?}");
    assert!(found.iter().any(|name| name.starts_with("tables/dim_lead/")), "{found:?}");
    assert!(found.iter().any(|name| name.starts_with("state/")), "{found:?}");

    let told = place.json(&["forget", "--email", JANE, "--dry-run"]);
    assert_eq!((&told["person"]["leads"], &told["person"]["records"]), (&json!(1), &json!(1)), "{told}");
    assert_eq!((&told["archive"]["files"], &told["archive"]["rows"]), (&json!(10), &json!(8)), "{told}");
    assert_eq!(told["not_looked_into"], json!(["2023-01-18.csv"]));
    assert_eq!(traces(&place), found, "a dry run changes nothing");

    let done = place.json(&["forget", "--email", " JANE@example.com", "--yes"]);
    assert_eq!(done["found"], json!([]), "{done}");
    assert_eq!(traces(&place), Vec::<String>::new());
    let leads = place.table("dim_lead");
    assert_eq!(leads.len(), 2);
    let jane = &leads[0];
    assert_eq!((&jane["lead_uuid"][..], &jane["email_key"][..], &jane["phone_key"][..]), ("a", "", ""));
    assert_eq!((&jane["zip"][..], &jane["matchable"][..]), ("", "false"));
    let fact = &place.table("fact_lead_outcome")[0];
    assert_eq!((&fact["lead_uuid"][..], &fact["matched"][..]), ("a", "false"));
    for table in ["crm_record", "record_version", "lead_link", "claim"] {
        assert!(place.table(table).iter().all(|row| row["lead_number"] != "1"), "{table}");
    }
    assert_eq!(place.table("crm_record").len(), 1, "Joe's");
    let after = rows(&place);
    for ((file, read, forgotten), (_, read_after, forgotten_after)) in before.iter().zip(&after) {
        assert_eq!((read, forgotten), (read_after, &0), "{file}");
        let gone = u64::from(!file.contains("-18") && !file.contains("-19"));
        assert_eq!(*forgotten_after, gone, "{file}");
    }
    let rejected = |table: Vec<std::collections::BTreeMap<String, String>>| -> Vec<String> {
        table.iter().filter(|file| file["status"] == "rejected").map(|file| file["reason"].clone()).collect()
    };
    let reasons = rejected(place.table("report_file"));
    assert_eq!(reasons.len(), 2);
    assert!(reasons[0].contains("a PDF"), "told as before: {reasons:?}");
    assert!(failed(place.leadq(&["metrics", "--run", "1"]), 3).contains("no longer kept"));
    let tables = place.export("before", &[]);
    succeeded(place.leadq(&["replay"]));
    assert_eq!(place.export("after", &[]), tables, "a replay gives the same");

    // Sent again under another date, in a new file, and fetched by itself.
    fs::copy(place.path("reports/2023-01-10.csv"), place.path("reports/2023-02-10.csv")).unwrap();
    place.write("reports/2023-02-11.csv", report(JANE_SHA256, PHONE).replace("Sparks", "Elko"));
    place.write("reports/2023-02-12.csv", workbook(&report(JANE, PHONE_SHA1)));
    place.json(&["sync"]);
    assert_eq!(traces(&place), Vec::<String>::new());
    run(&place);
    assert_eq!(traces(&place), Vec::<String>::new());
    let again = rows(&place);
    assert_eq!(
        again.iter().filter(|(file, ..)| file.contains("2023-02")).map(|(.., gone)| gone).sum::<u64>(),
        3
    );
    assert_eq!(place.table("crm_record").len(), 1);
    let tables = place.export("before_replay", &[]);
    succeeded(place.leadq(&["replay"]));
    assert_eq!(place.export("after_replay", &[]), tables);
}

/// As many rounds as `LEADQ_SOAK_FORGETS` says, from `LEADQ_TEST_SEED` on.
#[test]
fn what_is_killed_is_finished_by_the_same_command() {
    let (seed, rounds) = (Dice::seed(1), number("LEADQ_SOAK_FORGETS", 2));
    let mut dice = Dice::new(seed);
    for round in 0..rounds {
        let milliseconds = 20 + dice.below(700) as u64;
        let place = with_jane();
        run(&place);
        let arguments = ["forget", "--phone", "555-123-4567", "--email", JANE, "--yes"];
        let mut child = place.command(&arguments).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        if round % 2 == 1 {
            run(&place);
        }
        let done = place.json(&arguments);
        assert_eq!(done["found"], json!([]), "seed {seed}, {milliseconds} ms: {done}");
        assert_eq!(traces(&place), Vec::<String>::new(), "seed {seed}, {milliseconds} ms");
        assert_eq!(place.table("crm_record").len(), 1);
    }
}

#[test]
fn history_whose_files_are_gone_loses_the_person_too() {
    let place = with_jane();
    let toml = fs::read_to_string(place.path("leadq.toml")).unwrap();
    place.write("leadq.toml", format!("{toml}\n[archive]\nkeep_files = 1\n"));
    for file in place.tree("reports") {
        fs::remove_file(file).unwrap();
    }
    for day in 10..14 {
        let text = report(JANE_SHA1, PHONE_SHA1).replace("Sparks", &format!("City {day}"));
        place.write(&format!("reports/2023-01-{day}.csv"), text.replace("Reno", &format!("Town {day}")));
        run(&place);
    }
    assert_eq!(archived(&place.path("lake/archive")).len(), 2, "the leads and the last report");
    assert_eq!(place.table("record_version").len(), 8);
    let done = place.json(&["forget", "--lead", "a", "--yes"]);
    assert_eq!(done["found"], json!([]), "{done}");
    assert_eq!(traces(&place), Vec::<String>::new());
    let versions = place.table("record_version");
    assert_eq!(versions.len(), 4, "Joe's stay");
    assert!(versions.iter().all(|version| version["lead_number"] == "2"));
    assert_eq!(place.table("crm_record").len(), 1);
}

#[test]
fn a_lead_of_the_sample_is_stripped() {
    let place = Place::new();
    place.run_sample();
    let linked = place.table("lead_link");
    let uuid = &linked.iter().find(|link| link["selected"] == "true").unwrap()["lead_uuid"];
    let leads = place.table("dim_lead").len();
    let done = place.json(&["forget", "--lead", uuid, "--yes"]);
    assert_eq!(done["found"], json!([]), "{done}");
    assert!(done["archive"]["rows"].as_u64().unwrap() > 0, "{done}");
    assert_eq!(place.table("dim_lead").len(), leads);
    assert!(place.table("lead_link").iter().all(|link| link["lead_uuid"] != *uuid));
    let again = place.json(&["forget", "--lead", uuid, "--yes"]);
    assert_eq!((&again["person"]["leads"], &again["found"]), (&json!(0), &json!([])));
}

#[test]
fn an_office_s_phone_is_left() {
    let place = Place::new();
    place.write(
        "leadq.toml",
        "leads = [\"leads\"]\n\n[[client]]\nid = \"acme\"\nreports = [\"reports\"]\nmax_leads_per_key = 5\n",
    );
    let emails: Vec<String> = (0..8).map(|n| crate::place::hashed("email", &format!("p{n}"))).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    let uuids: Vec<String> = (0..8).map(|n| format!("lead-{n}")).collect();
    place.leads_of(
        "leads.parquet",
        vec![
            ("lead_UUID", texts(&uuids.iter().map(String::as_str).collect::<Vec<_>>())),
            ("email_hash", texts(&emails)),
            ("phone_hash", texts(&[PHONE_SHA1; 8])),
        ],
    );
    place.write("reports/2023-01-10.csv", report(emails[0], PHONE_SHA1));
    run(&place);
    let told = place.json(&["forget", "--lead", "lead-0", "--dry-run"]);
    assert_eq!(
        (&told["person"]["leads"], &told["person"]["shared_identifiers_left"]),
        (&json!(1), &json!(1)),
        "{told}"
    );
}

#[test]
fn wrong_calls_change_nothing() {
    let place = with_jane();
    assert!(failed(place.leadq(&["forget", "--email", JANE, "--yes"]), 3).contains("no lake"));
    run(&place);
    let tree = place.tree("lake");
    for wrong in
        [&["--email", "jane"][..], &["--phone", "12"], &["--email", "test@test.com"], &["--email", JANE]]
    {
        let arguments: Vec<_> = ["forget"].iter().chain(wrong).copied().collect();
        let told = failed(place.leadq(&arguments), 2);
        assert!(!told.contains("jane@"), "{told}");
    }
    assert!(failed(place.leadq(&["forget", "--lead", "nobody", "--yes"]), 3).contains("no such lead"));
    failed(place.leadq(&["forget"]), 2);
    assert_eq!(place.tree("lake"), tree);
}

#[test]
fn somebody_who_is_not_known_yet_does_not_come_in() {
    let place = with_jane();
    for file in place.tree("reports") {
        fs::remove_file(file).unwrap();
    }
    place.write("reports/2023-01-10.csv", report("", "").replace("01/02/2023,1,,,Reno,1,0,Sold\n", ""));
    place.leads_of("leads.parquet", vec![("lead_UUID", texts(&["b"])), ("email_hash", texts(&[JOE_SHA1]))]);
    run(&place);
    let done = place.json(&["forget", "--phone", PHONE, "--yes"]);
    assert_eq!((&done["person"]["leads"], &done["found"]), (&json!(0), &json!([])));
    place.write("reports/2023-01-11.csv", report("", PHONE_SHA256));
    run(&place);
    assert_eq!(rows(&place)[1].2, 1);
    assert_eq!((place.table("crm_record").len(), traces(&place)), (1, vec![]));
    assert!(File::open(place.path("lake/documents/forgotten.json")).is_ok());
}
