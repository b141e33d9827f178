//! Reports of every kind that a client may send (1.1, 1.4, 1.5): whatever the file, the same outcomes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Write};

use rust_xlsxwriter::{Format, Workbook};
use zip::write::SimpleFileOptions;

use crate::place::{Place, failed, hashed, succeeded, texts};

/// The rows of the report that all files hold, header first.
fn rows() -> Vec<Vec<String>> {
    let mut rows = vec![
        ["Entry Date", "Lead #", "Email", "City", "Appt", "Set", "Demo", "Dispo"].map(str::to_owned).to_vec(),
    ];
    for (number, city, set) in
        [(1, "Espa\u{f1}ola", "1"), (2, "Reno, old town", "0"), (3, "Zo\u{eb}'s \"Mill\"", "1")]
    {
        let email = hashed("email", &format!("e{number}"));
        let row = [
            "01/02/2023",
            &number.to_string(),
            &email,
            city,
            "01/05/2023 5:30 PM",
            set,
            "0",
            "Sale \u{2013} web",
        ];
        rows.push(row.map(str::to_owned).to_vec());
    }
    rows
}

/// The rows as delimited text.
fn delimited(mark: u8, line_end: &str, always_quote: bool) -> String {
    let style = if always_quote { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
    let mut writer = csv::WriterBuilder::new().delimiter(mark).quote_style(style).from_writer(Vec::new());
    rows().iter().for_each(|row| writer.write_record(row).unwrap());
    String::from_utf8(writer.into_inner().unwrap()).unwrap().replace('\n', line_end)
}

fn csv_text() -> String {
    delimited(b',', "\n", false)
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(bytes).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The rows as Excel would hold them: dates, numbers and booleans of its own, behind a hidden sheet and a title.
fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("notes").unwrap().write(0, 0, "not this").unwrap();
    workbook
        .add_worksheet()
        .set_name("old")
        .unwrap()
        .set_hidden(true)
        .write_row(0, 0, rows()[0].clone())
        .unwrap();
    let sheet = workbook.add_worksheet().set_name("Leads").unwrap();
    let (date, time) =
        (Format::new().set_num_format("m/d/yyyy"), Format::new().set_num_format("m/d/yy h:mm"));
    sheet.write(0, 1, "Leads of Acme").unwrap();
    sheet.write_row(2, 1, rows()[0].clone()).unwrap();
    for (place, row) in rows()[1..].iter().enumerate() {
        let line = 3 + place as u32;
        sheet.write_row(line, 1, row.clone()).unwrap();
        sheet.write_with_format(line, 1, 44_928, &date).unwrap();
        sheet.write(line, 2, row[1].parse::<u32>().unwrap()).unwrap();
        sheet.write_with_format(line, 5, 44_931.729_166_666_7, &time).unwrap();
        sheet.write(line, 6, row[5] == "1").unwrap().write(line, 7, false).unwrap();
    }
    workbook.save_to_buffer().unwrap()
}

/// Each kind: the name of its file and its bytes.
fn kinds() -> Vec<(&'static str, Vec<u8>)> {
    let text = csv_text();
    let titled = format!("Leads of Acme\n\nReport run at 5\n{text}Total: 3\n(3 rows affected)\n");
    let mixed = text.replacen('\n', "\r\n", 2).replacen("\r\n", "\r", 1);
    let windows = encoding_rs::WINDOWS_1252.encode(&text).0.into_owned();
    let marked = ["\u{feff}", &text].concat();
    vec![
        ("plain.csv", text.clone().into()),
        ("marked.csv", marked.into()),
        ("utf16le.csv", utf16(&text, u16::to_le_bytes)),
        ("utf16be.csv", utf16(&text, u16::to_be_bytes)),
        ("windows.csv", windows.clone()),
        ("semicolon.csv", delimited(b';', "\n", false).into()),
        ("tab.tsv", delimited(b'\t', "\r\n", false).into()),
        ("pipe.txt", delimited(b'|', "\r", false).into()),
        ("quoted.csv", delimited(b',', "\r\n", true).into()),
        ("mixed.csv", mixed.into()),
        ("titled.csv", titled.into()),
        ("gzip.csv.gz", gzip(text.as_bytes())),
        ("gzip_by_content.csv", gzip(&windows)),
        ("zstd.csv.zst", zstd::encode_all(text.as_bytes(), 3).unwrap()),
        ("archive.zip", zip_of(&[("sub/a.csv", text.as_bytes())])),
        ("gzip_of_zip.bin", gzip(&zip_of(&[("a.csv", text.as_bytes())]))),
        ("workbook.xlsx", workbook()),
        ("workbook_by_content.csv", workbook()),
        ("archived_workbook.zip", zip_of(&[("a.xlsx", &workbook())])),
        ("archived_gzip.zip", zip_of(&[("a.csv.gz", &gzip(text.as_bytes()))])),
    ]
}

#[test]
fn every_kind_of_file_comes_to_the_same() {
    let place = Place::new();
    let mut config = String::from("leads = [\"leads\"]\n");
    let mut leads: [Vec<String>; 3] = Default::default();
    for (name, bytes) in kinds() {
        let client = name.split('.').next().unwrap();
        place.write(&format!("reports/{client}/{name}"), bytes);
        config.push_str(&format!("[[client]]\nid = \"{client}\"\nreports = [\"reports/{client}\"]\n"));
        for lead in ["e1", "e2", "e3", "e4"] {
            leads[0].push(client.to_owned());
            leads[1].push(lead.to_owned());
            leads[2].push(hashed("email", lead));
        }
    }
    let [client, lead, email] = leads.each_ref().map(|c| c.iter().map(String::as_str).collect::<Vec<_>>());
    place.leads_of(
        "all.parquet",
        vec![("client_id", texts(&client)), ("lead_uuid", texts(&lead)), ("email_hash", texts(&email))],
    );
    place.write("leadq.toml", config);
    succeeded(place.leadq(&["run"]));
    let mut outcomes: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    for mut row in place.table("fact_lead_outcome") {
        let client = row.remove("client_id").unwrap();
        let cells: Vec<_> = row.values().cloned().collect();
        outcomes.entry(cells).or_default().insert(client);
    }
    assert_eq!(outcomes.len(), 4, "{outcomes:#?}");
    assert!(outcomes.values().all(|clients| clients.len() == kinds().len()), "{outcomes:#?}");
    let cities: BTreeSet<_> =
        place.table("record_version").into_iter().map(|row| row["city"].clone()).collect();
    assert_eq!(
        cities.into_iter().collect::<Vec<_>>(),
        ["Espa\u{f1}ola", "Reno, Old Town", "Zo\u{eb}'s \"Mill\""]
    );
    let forms: BTreeSet<_> =
        place.table("report_file").into_iter().map(|row| row["read_as"].clone()).collect();
    for form in [
        "UTF-16BE, comma",
        "UTF-8, tab",
        "gzip, Windows-1252, comma",
        "zip, gzip, UTF-8, comma",
        "zip, xlsx, sheet Leads",
    ] {
        assert!(forms.contains(form), "{form}: {forms:?}");
    }
}

#[test]
fn members_of_an_archive_are_files_of_their_own() {
    let place = Place::new();
    place.leads_of(
        "a.parquet",
        vec![("lead_uuid", texts(&["e1"])), ("email_hash", texts(&[&hashed("email", "e1")]))],
    );
    let text = csv_text();
    let later = text.replace("01/02/2023", "01/03/2023");
    let members: [(&str, &[u8]); 5] = [
        ("2023-01-10.csv", text.as_bytes()),
        ("sub/../b.csv", later.as_bytes()),
        ("readme.txt", b"hello"),
        ("__MACOSX/._b.csv", b"x"),
        ("~$lock.xlsx", b"x"),
    ];
    place.write("reports/drop_20230115.zip", zip_of(&members));
    place.write("reports/broken.zip", &zip_of(&members)[..200]);
    place.run();
    let files = place.json(&["files"]);
    let told: Vec<_> = files
        .as_array()
        .unwrap()
        .iter()
        .map(|f| format!("{} {} {}", f["file"], f["snapshot_at"], f["status"]).replace('"', ""))
        .collect();
    let broken = told.iter().position(|file| file.starts_with("broken.zip")).unwrap();
    assert!(told[broken].ends_with(" rejected"), "{told:?}");
    let members: Vec<_> = told.iter().filter(|file| file.starts_with("drop")).collect();
    assert_eq!(
        members,
        [
            "drop_20230115.zip/2023-01-10.csv 2023-01-10T23:59:59 ingested",
            "drop_20230115.zip/readme.txt 2023-01-15T23:59:59 rejected",
            "drop_20230115.zip/sub/b.csv 2023-01-15T23:59:59 ingested",
        ]
    );
}

#[test]
fn a_corrected_archive_replaces_all_its_members() {
    let place = Place::new();
    place.leads_of(
        "a.parquet",
        vec![("lead_uuid", texts(&["e1"])), ("email_hash", texts(&[&hashed("email", "e1")]))],
    );
    let text = csv_text();
    let wrong = text.replace(",1,0,", ",0,0,");
    place
        .write("first/2023-01-15.zip", zip_of(&[("a.csv", wrong.as_bytes()), ("gone.csv", text.as_bytes())]));
    place.write("second/2023-01-15.zip", zip_of(&[("a.csv", text.as_bytes())]));
    let older = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    let first = std::fs::File::options().write(true).open(place.path("first/2023-01-15.zip")).unwrap();
    first.set_modified(older).unwrap();
    succeeded(place.leadq(&["run", "--leads", "leads", "--reports", "second", "first"]));
    let mut told: Vec<_> =
        place.table("report_file").iter().map(|f| format!("{} {}", f["file"], f["status"])).collect();
    told.sort();
    assert_eq!(
        told,
        [
            "2023-01-15.zip/a.csv ingested",
            "2023-01-15.zip/a.csv superseded",
            "2023-01-15.zip/gone.csv superseded"
        ]
    );
    assert_eq!(place.json(&["metrics"])["rows"][0]["set"], 1);
}

#[test]
fn hostile_files_do_no_harm() {
    let place = Place::new();
    place.leads_of(
        "a.parquet",
        vec![("lead_uuid", texts(&["e1"])), ("email_hash", texts(&[&hashed("email", "e1")]))],
    );
    let bomb = gzip(&vec![b'0'; 17 << 20]);
    place.write("reports/2023-01-10.csv", csv_text());
    place.write("reports/bomb.csv.gz", &bomb);
    place.write("reports/bomb.zip", zip_of(&[("a.csv.gz", &bomb)]));
    place.write("reports/wide.csv", format!("Lead #,Email,Set{}\n1,,1\n", ",x".repeat(100_000)));
    place.write(
        "reports/2023-01-11.csv",
        format!("Lead #,Email,Set,City\n7,,{},x\n8,,1,=cmd\n", "y".repeat(5 << 20)),
    );
    place.write("reports/evil.zip", zip_of(&[("../../evil.csv", b"x"), ("/etc/evil2.csv", b"x")]));
    let run = place.leadq(&["run", "--leads", "leads", "--reports", "reports", "--memory", "1GiB"]);
    succeeded(run);
    let files = place.json(&["files"]);
    let file = |name: &str| files.as_array().unwrap().iter().find(|f| f["file"] == name).unwrap().clone();
    let code = |name: &str| file(name)["findings"][0]["code"].as_str().unwrap().to_owned();
    for name in ["bomb.csv.gz", "bomb.zip/a.csv.gz"] {
        assert_eq!(
            (file(name)["status"].as_str(), code(name).as_str()),
            (Some("rejected"), "compression_ratio")
        );
    }
    assert_eq!(code("wide.csv"), "too_many_columns");
    assert_eq!(file("2023-01-11.csv")["malformed"], 1);
    assert_eq!(file("2023-01-11.csv")["kept"], 1);
    let oversized = |f: &serde_json::Value| f["code"] == "oversized_row";
    assert!(file("2023-01-11.csv")["findings"].as_array().unwrap().iter().any(oversized));
    assert_eq!(file("evil.zip/evil.csv")["status"], "rejected");
    assert!(!place.path("../evil.csv").exists() && !place.path("../../evil.csv").exists());
    assert_eq!(place.json(&["metrics"])["rows"][0]["set"], 1);
}

#[test]
fn any_csv_as_plain_csv() {
    let place = Place::new();
    let text = "Titel;Ort\r\n'Caf\u{e9}; alt';Gro\u{df}\r\n'it''s';x\r\n'a';'b'\r\n";
    place.write("odd.txt", encoding_rs::WINDOWS_1252.encode(text).0);
    let said = succeeded(place.leadq(&["csv", "odd.txt", "plain.csv"]));
    assert!(said.contains("4 rows") && said.contains("Windows-1252") && said.contains("quote '"), "{said}");
    let plain = std::fs::read_to_string(place.path("plain.csv")).unwrap();
    assert_eq!(
        plain,
        "Titel,Ort\nCaf\u{e9}; alt,Gro\u{df}\nit's,x\na,b\n"
            .replace("Caf\u{e9}; alt", "\"Caf\u{e9}; alt\"")
            .replace("it's", "\"it's\"")
    );
    // from stdin to stdout, and what was plain stays as it is
    let mut command = place.command(&["csv", "-", "-"]);
    command.stdin(std::fs::File::open(place.path("plain.csv")).unwrap());
    assert_eq!(succeeded(command.output().unwrap()), plain);
    let said = failed(place.leadq(&["csv", "nowhere.csv", "x.csv"]), 3);
    assert!(said.contains("cannot read nowhere.csv") && !place.path("x.csv").exists(), "{said}");
}
