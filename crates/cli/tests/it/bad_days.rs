//! Bad days: a full disk, a lake or a scratch folder that cannot be written to, file times that no clock would give. A
//! clear error, nothing half-visible, and the next run goes on.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::place::{Place, SECRET, failed, lead, succeeded};

const RUN: [&str; 6] = ["run", "--quiet", "--leads", "leads", "--reports", "reports"];

/// Leads and reports; with a second delivery, more of them.
fn deliver(place: &Place, delivery: u32) {
    place.leads("leads.parquet", &[lead("u1", "a", "", "2025-01-01T00:00:00"), lead("u2", "b", "", "")]);
    for report in 0..=delivery {
        let rows: Vec<String> =
            (0..200).map(|row| format!("01/02/2025,{row},p{row}-{report},a,98311,,1,0,Data")).collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        place.report(&format!("report_2025-01-{:02}.csv", report + 3), &rows);
    }
}

/// Runs a shell script with the binary as `$0` and the arguments of a run as `$@`.
fn shell(place: &Place, script: &str) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_leadq")]).args(RUN).current_dir(place.path("."));
    command.env("LEADQ_SECRET", SECRET).env("LEADQ_LAKE", place.path("lake")).env("NO_COLOR", "1");
    command.output().unwrap()
}

/// What a reader finds: the funnel and the files of the last run.
fn seen(place: &Place) -> (serde_json::Value, serde_json::Value) {
    (place.json(&["metrics"]), place.json(&["files"]))
}

/// After a first run, a second one fails as `fails` says, and with a message that holds `words`; readers see the first;
/// then it succeeds.
fn check(fails: impl Fn(&Place) -> Output, words: &[&str]) {
    let place = Place::new();
    deliver(&place, 0);
    succeeded(place.leadq(&RUN));
    let before = seen(&place);
    deliver(&place, 1);
    let told = failed(fails(&place), 5);
    assert!(words.iter().all(|word| told.contains(word)), "{told}");
    assert_eq!(seen(&place), before);
    succeeded(place.leadq(&RUN));
    assert_eq!(place.json(&["files"]).as_array().unwrap().len(), 2);
    let clean = Place::new();
    deliver(&clean, 1);
    succeeded(clean.leadq(&RUN));
    assert!(place.export("x", &[]) == clean.export("x", &[]));
}

#[test]
fn files_that_cannot_grow() {
    // As a full disk, but every file by itself; the signal that comes with it is not wanted. In blocks of 512 bytes.
    check(|place| shell(place, "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""), &["help:"]);
}

/// Whether this process may mount: as root, or as its own root in a namespace.
fn namespace() -> Option<&'static str> {
    ["unshare -m", "unshare -Urm"].into_iter().find(|unshare| {
        let script = format!("{unshare} mount -t tmpfs none /mnt");
        Command::new("sh").args(["-c", &script]).output().is_ok_and(|output| output.status.success())
    })
}

/// A disk of two sizes, so that it is full at another moment each time; then there is room.
#[test]
fn a_full_disk() {
    let Some(unshare) = namespace() else {
        eprintln!("no file system can be mounted here: `files_that_cannot_grow` has to do");
        return;
    };
    let clean = Place::new();
    deliver(&clean, 1);
    succeeded(clean.leadq(&RUN));
    let (mut codes, tables) = (BTreeMap::new(), clean.export("x", &[]));
    for size in [40, 200] {
        let place = Place::new();
        deliver(&place, 1);
        fs::create_dir(place.path("lake")).unwrap();
        // What comes out is copied before the disk is gone.
        let script = format!(
            "mount -t tmpfs -o size={size}k none lake && \"$0\" \"$@\" 2>told; echo $? >code; \"$0\" runs >before 2>&1; \
             mount -o remount,size=64m none lake && \"$0\" \"$@\" && \"$0\" export all --to x"
        );
        let unshared = format!("exec {unshare} sh -c '{script}' \"$0\" \"$@\"");
        succeeded(shell(&place, &unshared));
        let read = |name: &str| fs::read_to_string(place.path(name)).unwrap();
        let code: i32 = read("code").trim().parse().unwrap();
        if code != 0 {
            let told = read("told");
            assert!(code == 5 && told.contains("help:") && told.contains("space"), "{size}: {code} {told}");
            assert!(
                read("before").to_lowercase().contains("no run has been committed"),
                "{size}: {}",
                read("before")
            );
        }
        codes.insert(size, code);
        for (name, text) in &tables {
            assert!(read(&format!("x/{name}")) == *text, "{size}: {name}");
        }
    }
    assert!(codes.values().any(|code| *code == 5), "{codes:?}");
}

#[test]
fn a_lake_that_cannot_be_written_to() {
    // Permissions do not bind root, unless it gives up the right to pass them over.
    let bound = "p=; [ \"$(id -u)\" = 0 ] && p='setpriv --bounding-set -dac_override,-dac_read_search --inh-caps=-all'; ";
    for folder in ["lake", "lake/tables/fact_lead_outcome/_delta_log"] {
        let script = format!(
            "{bound}chmod -R a-w {folder}; $p \"$0\" \"$@\"; code=$?; chmod -R u+w {folder}; exit $code"
        );
        check(|place| shell(place, &script), &["ermission denied", "help:"]);
    }
}

#[test]
fn a_scratch_folder_that_is_none() {
    let fails = |place: &Place| {
        place.write("file", "in the way");
        place.write("leadq.toml", "scratch = \"file/scratch\"\n");
        let output = place.leadq(&RUN);
        fs::remove_file(place.path("leadq.toml")).unwrap();
        output
    };
    check(fails, &["scratch folder", "leadq.toml"]);
}

#[test]
fn odd_file_times_are_taken_in_once() {
    let place = Place::new();
    deliver(&place, 5);
    let times = [
        UNIX_EPOCH,
        UNIX_EPOCH - Duration::from_secs(86_400 * 365 * 50),
        UNIX_EPOCH + Duration::from_secs(5_000_000_000),
        SystemTime::now() + Duration::from_secs(3600),
        SystemTime::now(),
        UNIX_EPOCH + Duration::from_nanos(1_700_000_000_123_456_789),
    ];
    for (report, time) in times.into_iter().enumerate() {
        let path = place.path(&format!("reports/report_2025-01-{:02}.csv", report + 3));
        fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    }
    let run: Vec<&str> = RUN.into_iter().chain(["--format", "json"]).collect();
    let ran = |what: &str| -> serde_json::Value {
        let output = place.leadq(&run);
        assert!(output.stderr.is_empty(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&succeeded(output)).unwrap()
    };
    assert_eq!(ran("first")["run"]["files"].as_array().unwrap().len(), 7);
    assert_eq!(ran("again")["nothing_new"], true);
    // A time from ahead does not hide a change.
    let path = place.path("reports/report_2025-01-05.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("Data", "Sold", 1)).unwrap();
    fs::File::options().write(true).open(path).unwrap().set_modified(times[2]).unwrap();
    let changed = ran("changed");
    assert_eq!(
        (&changed["nothing_new"], place.json(&["files"]).as_array().unwrap().len()),
        (&false.into(), 7)
    );
    assert_eq!(ran("at last")["nothing_new"], true);
}
