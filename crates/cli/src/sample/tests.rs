//! What the sample promises, told from its bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::person::{PLACEHOLDER, sha1_hex};
use super::*;

/// The rows of a snapshot, by header; those with a cell too many are left out.
fn rows(files: &SampleFiles, number: usize) -> Vec<BTreeMap<&str, &str>> {
    let path = format!("contractor_reports/data_{number}.csv");
    let (_, bytes) = files.iter().find(|(name, _)| *name == path).unwrap();
    let mut lines = std::str::from_utf8(bytes).unwrap().split_terminator("\r\n");
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|cells| cells.len() == header.len() && cells[0] != "-----")
        .map(|cells| header.iter().copied().zip(cells).collect())
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_gives_others() {
    let seven = generate(7).unwrap();
    assert_eq!(seven, generate(7).unwrap());
    let eight = generate(8).unwrap();
    for ((path, bytes), (other_path, other_bytes)) in seven.iter().zip(eight.iter()) {
        assert_eq!(path, other_path);
        assert_ne!(bytes, other_bytes, "{path}");
    }
}

#[test]
fn the_repository_holds_the_sample_of_seed_7() {
    let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../source"));
    for (path, bytes) in generate(7).unwrap().iter() {
        let there = std::fs::read(source.join(path)).unwrap();
        assert!(there == bytes, "source/{path} is another one: run `leadq sample --seed 7 --overwrite`");
    }
}

#[test]
fn counts_and_size() {
    let files = generate(7).unwrap();
    assert_eq!(files.iter().count(), 23);
    assert!(files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() < 1_600_000);
    for number in 1..=22 {
        let rows = rows(&files, number).len();
        assert!((370..=430).contains(&rows), "data_{number}.csv has {rows} rows");
    }
    let mut leads = tempfile::tempfile().unwrap();
    leads.write_all(files.iter().next().unwrap().1).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(leads).unwrap().build().unwrap();
    assert_eq!(reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 480);
}

#[test]
fn set_is_dead_from_the_16th_snapshot_on_while_demos_and_appointments_go_on() {
    let files = generate(7).unwrap();
    for number in 1..=22 {
        let rows = rows(&files, number);
        let count =
            |column: &str, test: fn(&str) -> bool| rows.iter().filter(|row| test(row[column])).count();
        let set = count("Set", |cell| cell == "1");
        assert_eq!(set > 50, number < 16, "data_{number}.csv has {set} set");
        assert!(count("Demo", |cell| matches!(cell, "1" | "True")) > 30);
        assert!(count("Appt Date", |cell| !cell.is_empty()) > 50);
        assert_eq!(count("STATE", |cell| !cell.is_empty()) == 0, number >= 21);
    }
}

#[test]
fn records_age_out_and_each_snapshot_has_an_entry_of_its_day() {
    let files = generate(7).unwrap();
    for (number, day) in (1..).zip(days::SNAPSHOTS) {
        let entries: BTreeSet<String> = rows(&files, number)
            .iter()
            .map(|row| {
                let date = row["ENTRYDATE"];
                format!("{}{}", &date[6..], &date[..5])
            })
            .collect();
        let iso = |day| days::date(day).format("%Y%m/%d").to_string();
        assert_eq!(entries.last(), Some(&iso(day)));
        assert!(entries.first().unwrap() >= &iso(day - days::WINDOW));
    }
}

#[test]
fn appointments_are_moved_and_taken_back() {
    let files = generate(7).unwrap();
    let (mut moved, mut taken_back) = (0, 0);
    for number in 2..16 {
        let before = rows(&files, number - 1);
        for row in rows(&files, number) {
            let Some(old) = before.iter().find(|old| old["LEADNUMBER"] == row["LEADNUMBER"]) else {
                continue;
            };
            let (from, to) = (old["Appt Date"], row["Appt Date"]);
            moved += usize::from(!from.is_empty() && !to.is_empty() && from != to);
            taken_back += usize::from((old["Set"], row["Set"]) == ("1", "0"));
        }
    }
    assert!(moved >= 3 && taken_back >= 3, "moved {moved}, taken back {taken_back}");
}

#[test]
fn the_placeholder_stands_in_both_columns() {
    let files = generate(7).unwrap();
    let (rows, hash) = (rows(&files, 1), sha1_hex(PLACEHOLDER));
    let count = |column: &str| rows.iter().filter(|row| row[column] == hash).count();
    assert!(count("email_hash") > 5 && count("phone_hash") > 0);
}

#[test]
fn every_quirk_is_there() {
    let files = generate(7).unwrap();
    let text = |number: usize| {
        let path = format!("contractor_reports/data_{number}.csv");
        let (_, bytes) = files.iter().find(|(name, _)| *name == path).unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    };
    assert_eq!((1..=22).find(|number| text(*number).contains("-----,-----")), Some(6));
    assert!(text(10).ends_with(" rows affected)\r\n"));
    assert!(text(7).contains(", USA,"));
    assert!(text(20).contains(",False,0,") && !text(21).contains(",False,"));
    assert!(text(1).contains("   ,CO,"), "a city padded with spaces");
    assert!(text(1).contains("  1:00PM,1,1,"), "two spaces before a time");
    for number in [4, 12] {
        let text = text(number);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.windows(2).any(|pair| pair[0] == pair[1]), "data_{number}.csv has a row twice");
    }
}
