//! Files made up at random, with all that a drop may bring: reports that are corrected, sent again, overwritten, damaged
//! or packed, and leads that come in parts and are replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Write as _};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;

use crate::dice::Dice;
use crate::place::hashed;

/// Client, person, whether it is without a phone, and when it was delivered.
type LeadRow = (usize, usize, bool, i64);

/// The clients that files are made up for: most often the first alone.
const CLIENTS: [&str; 2] = ["acme", "bolt"];
/// Versions of one file at most.
pub(crate) const VERSIONS: usize = 3;
/// People that a client has leads of, or reports on.
const PEOPLE: usize = 16;
/// 1 January 2025 in seconds since the epoch.
const NEW_YEAR: i64 = 1_735_689_600;

/// What a file was at some time.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    /// The client whose report it is; none for leads.
    pub(crate) client: Option<&'static str>,
    /// Path below its folder.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// In seconds since the epoch; no two versions have the same.
    pub(crate) modified: i64,
}

/// Makes up all versions of all files.
pub(crate) fn versions(dice: &mut Dice) -> Vec<Version> {
    let clients = if dice.one_in(3) { &CLIENTS[..] } else { &CLIENTS[..1] };
    let mut all: Vec<(Option<&'static str>, String, Vec<u8>)> = Vec::new();
    for part in 0..2 + dice.below(2) {
        for _ in 0..1 + dice.below(2) {
            all.push((None, format!("part_{part}.parquet"), leads(dice, clients)));
        }
    }
    for client in clients.iter().copied() {
        for (name, bytes) in reports(dice) {
            all.push((Some(client), name, bytes));
        }
    }
    let mut taken = BTreeSet::new();
    let mut times: BTreeMap<(Option<&str>, String), usize> = BTreeMap::new();
    all.retain(|(client, name, _)| {
        let times = times.entry((*client, name.clone())).or_default();
        *times += 1;
        *times <= VERSIONS
    });
    all.into_iter()
        .map(|(client, name, bytes)| {
            let mut modified = moment(dice);
            while !taken.insert(modified) {
                modified += 1;
            }
            Version { client, name, bytes, modified }
        })
        .collect()
}

/// A modification time: of those days mostly, but clocks are odd.
fn moment(dice: &mut Dice) -> i64 {
    let seconds = i64::try_from(dice.below(2_000_000)).unwrap();
    match dice.below(10) {
        0 => seconds % 100,
        1 => 4_000_000_000 + seconds,
        _ => NEW_YEAR + seconds,
    }
}

/// Files of one client, each as a name and what is in it; what has the same name are versions of one file.
fn reports(dice: &mut Dice) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for number in 0..4 + dice.below(4) {
        let day = 1 + dice.below(28);
        let name = format!("report_2025-01-{day:02}.csv");
        match dice.below(8) {
            // Corrected, once or twice; perhaps by something that is no report.
            0 | 1 => {
                for _ in 0..2 + dice.below(2) {
                    files.push((name.clone(), report(dice, day)));
                }
                if dice.one_in(3) {
                    files.push((name, format!("not a report {number}").into_bytes()));
                }
            }
            // Overwritten; the dates in it say when it was made.
            2 => {
                for later in 0..2 + dice.below(2) {
                    files.push(("report.csv".to_owned(), report(dice, (day + later) % 28 + 1)));
                }
            }
            // Sent again: with another time, under another name, or both.
            3 | 4 => {
                let bytes = report(dice, day);
                files.push((name.clone(), bytes.clone()));
                if dice.one_in(2) {
                    files.push((format!("again/A report_2025-01-{day:02} ({number}).csv"), bytes.clone()));
                }
                for _ in 0..dice.below(3) {
                    files.push((name.clone(), bytes.clone()));
                }
                if dice.one_in(2) {
                    files.push((name, report(dice, day)));
                }
            }
            5 => files.extend(archives(dice, number, day)),
            // Without any date.
            6 => {
                for _ in 0..1 + dice.below(2) {
                    files.push((format!("undated_{number}.csv"), sheet(dice, None)));
                }
            }
            _ => files.push((name, report(dice, day))),
        }
    }
    files
}

/// A ZIP archive with reports in it, and perhaps a corrected one.
fn archives(dice: &mut Dice, number: usize, day: usize) -> Vec<(String, Vec<u8>)> {
    let name = if dice.one_in(2) { format!("batch_{number}.zip") } else { format!("b 2025-01-{day:02}.zip") };
    let members: Vec<(String, Vec<u8>)> = (day..=day + 1 + dice.below(2))
        .map(|day| (format!("r_2025-01-{day:02}.csv"), report(dice, day)))
        .collect();
    let mut versions = vec![(name.clone(), zip_of(&members))];
    match dice.below(4) {
        0 => {
            let mut corrected = members;
            corrected[0].1 = report(dice, day);
            versions.push((name, zip_of(&corrected)));
        }
        1 => versions.push((name, zip_of(&members[..1]))),
        2 => {
            let whole = versions[0].1.clone();
            versions.push((name, whole[..whole.len() / 2].to_vec()));
        }
        _ => {}
    }
    versions
}

fn zip_of(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(&**name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn report(dice: &mut Dice, day: usize) -> Vec<u8> {
    sheet(dice, Some(day))
}

/// Rows of some people as they stand on a day, with what goes wrong by hand.
fn sheet(dice: &mut Dice, day: Option<usize>) -> Vec<u8> {
    let mut text =
        "ENTRYDATE,LEADNUMBER,email_hash,phone_hash,ZIP,Appt Date,Set,Demo,Dispo,Job Status\n".to_owned();
    // A column is judged by 50 rows and more.
    let rows = if dice.one_in(4) { 52 + dice.below(10) } else { 3 + dice.below(9) };
    let is_dead = rows > 50 && dice.one_in(3);
    for row in 0..rows {
        let person = dice.below(PEOPLE);
        let number = if rows > 50 { 100 + row } else { person };
        let entry = day.map(|day| format!("01/{:02}/2025", 1 + dice.below(day))).unwrap_or_default();
        let email =
            if dice.one_in(9) { email(person) } else { hashed("email", &format!("!{}", email(person))) };
        let phone =
            if dice.one_in(5) { String::new() } else { hashed("phone", &format!("!{}", phone(person))) };
        let flag = |dice: &mut Dice| if dice.one_in(2) { "1" } else { "0" };
        let set = if is_dead { "0" } else { flag(dice) };
        let demo = flag(dice);
        let appt = if dice.one_in(2) { format!("02/{:02}/2025", 1 + dice.below(20)) } else { String::new() };
        let dispo = dice.pick(&["Data", "Sold", "DQ - Duplicate", "Not home", "", "No such number"]);
        let job = dice.pick(&["", "Sale", "Cancel", "?"]);
        text +=
            &format!("{entry},{number},{email},{phone},983{:02},{appt},{set},{demo},{dispo},{job}\n", person);
        if dice.one_in(40) {
            text += "a,row,that,is,too,short\n";
        }
    }
    text.into_bytes()
}

fn email(person: usize) -> String {
    format!("p{person}@example.com")
}

fn phone(person: usize) -> String {
    format!("+1360555{:04}", 100 + person)
}

/// A part of the leads, hashed in either way.
fn leads(dice: &mut Dice, clients: &[&str]) -> Vec<u8> {
    let is_long = dice.one_in(3);
    let digest = |text: String| {
        if is_long {
            Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
        } else {
            hashed("", &format!("!{text}"))
        }
    };
    let rows: Vec<LeadRow> = (0..6 + dice.below(10))
        .map(|_| {
            let delivered = NEW_YEAR - 86_400 * i64::try_from(dice.below(20)).unwrap();
            (dice.below(clients.len()), dice.below(PEOPLE), dice.one_in(6), delivered)
        })
        .collect();
    let texts = |value: &dyn Fn(&LeadRow) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(value).collect::<StringArray>())
    };
    let delivered = rows.iter().map(|row| Some(row.3 * 1_000_000));
    let columns: [(&str, ArrayRef); 5] = [
        ("client_id", texts(&|row| Some(clients[row.0].to_owned()))),
        ("lead_UUID", texts(&|row| Some(format!("{}-{}-{}", clients[row.0], row.1, row.2)))),
        ("email_hash", texts(&|row| Some(digest(email(row.1))))),
        ("phone_hash", texts(&|row| (!row.2).then(|| digest(phone(row.1))))),
        ("delivered_at", Arc::new(delivered.collect::<TimestampMicrosecondArray>())),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}
