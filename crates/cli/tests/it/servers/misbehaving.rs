//! Two hundred files on a server that misbehaves: each of them is taken in whole or told as left, and a server that has
//! come to itself gets rid of all.

use std::collections::BTreeSet;

use leadq_sftp::testing::{FileAttributes, Plan, ServedFile, TestServer};

use super::{files, leads, report};
use crate::dice::Dice;
use crate::place::{Place, succeeded};

const FILES: usize = 200;
/// Of every file; long ago.
const TIME: u32 = 1_700_000_000;

fn name(number: usize) -> String {
    let day = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::TimeDelta::days(number as i64);
    format!("r_{day}.csv")
}

/// A file, with something wrong about it or not.
fn served(dice: &mut Dice, number: usize) -> ServedFile {
    let bytes = report(number).into_bytes();
    let told = |size: Option<u64>, mtime: Option<u32>| {
        Some(FileAttributes { size, mtime, permissions: Some(0o100_644), ..FileAttributes::default() })
    };
    let length = bytes.len();
    let right = ServedFile { bytes: bytes.clone(), modified: TIME, ..ServedFile::default() };
    let some = dice.below(length);
    match dice.below(12) {
        0 => ServedFile { told: told(Some(some as u64), Some(TIME)), ..right },
        1 => ServedFile { told: told(Some((length + some + 1) as u64), Some(TIME)), ..right },
        2 => ServedFile { told: told(None, Some(TIME)), ..right },
        3 => ServedFile { told: told(Some(length as u64), None), ..right },
        4 => ServedFile { ends_at: Some(some), ..right },
        // Half of it is there; the rest comes once it has been listed.
        5 => ServedFile { bytes: bytes[..some].to_vec(), once_listed: Some((bytes, TIME + 60)), ..right },
        // As long as before, and another.
        6 => ServedFile {
            bytes: bytes.iter().map(|byte| byte ^ 1).collect(),
            once_listed: Some((bytes, TIME + 60)),
            ..right
        },
        _ => right,
    }
}

#[test]
fn each_file_is_taken_in_whole_or_told_as_left() {
    let dice = &mut Dice::new(Dice::seed(7));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut plan = Plan::serving([]);
    plan.files = (0..FILES).map(|number| (format!("/drop/{}", name(number)), served(dice, number))).collect();
    plan.links.insert("/drop/link.csv".to_owned(), "/drop/r_2024-01-01.csv".to_owned());
    (plan.most_read, plan.cut_after, plan.cuts) = (Some(40), Some(40_000), Some(2));
    let server = runtime.block_on(TestServer::start(plan)).unwrap();
    let (place, clean) = (Place::new(), Place::new());
    [&place, &clean].into_iter().for_each(leads);
    place.write(
        "leadq.toml",
        format!(
            "leads = [\"leads\"]\n[drops]\nsettle = \"0s\"\n[[client]]\nid = \"default\"\nreports = [{:?}]\n\
             [[sftp]]\nhost = \"127.0.0.1\"\nhost_key = {:?}\n",
            server.location("/drop"),
            server.fingerprints()[0]
        ),
    );
    let run = || {
        let mut command = place.command(&["run", "--quiet", "--format", "json"]);
        command.env("LEADQ_SFTP_PASSWORD", "right").output().unwrap()
    };
    let output = run();
    let told = String::from_utf8(output.stderr.clone()).unwrap();
    succeeded(output);
    let taken: BTreeSet<String> = files(&place).into_iter().collect();
    let (mut left, mut wrong) = (0, Vec::new());
    for number in 0..FILES {
        let name = name(number);
        let is_told = told.lines().any(|line| line.contains(&format!("{name} in sftp://")));
        left += usize::from(is_told);
        if is_told == taken.contains(&name) {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "both taken and left, or neither: {wrong:?}\n{told}");
    assert!(told.contains("link.csv in sftp://") && told.contains("it is a link"), "{told}");
    assert!(left > FILES / 10 && taken.len() > FILES / 3, "{left} left, {} taken", taken.len());

    // It has come to itself. Nothing that was half or wrong is in what comes of it all.
    server.change(|plan| {
        (plan.most_read, plan.cut_after) = (None, None);
        plan.links.clear();
        for file in plan.files.values_mut() {
            (file.told, file.ends_at) = (None, None);
            if let Some((bytes, modified)) = file.once_listed.take() {
                (file.bytes, file.modified) = (bytes, modified);
            }
        }
    });
    let output = run();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    succeeded(output);
    assert_eq!(files(&place).len(), FILES);
    for number in 0..FILES {
        clean.write(&format!("reports/{}", name(number)), report(number));
    }
    clean.run();
    assert!(place.export("x", &[]) == clean.export("x", &[]));
}
