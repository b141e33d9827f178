//! Readers see whole runs (promise 3), and there is one writer (promise 4): with processes that read and write at once.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::place::{Place, failed, lead, succeeded};

const RUN: [&str; 6] = ["run", "--quiet", "--leads", "leads", "--reports", "reports"];
/// Commits that the readers read through.
const COMMITS: usize = 6;

/// Adds a lead and the report of a day: every table that is counted below grows.
fn deliver(place: &Place, day: usize) {
    const UUIDS: [&str; COMMITS + 1] = ["u0", "u1", "u2", "u3", "u4", "u5", "u6"];
    place.leads(&format!("leads_{day}.parquet"), &[lead(UUIDS[day], UUIDS[day], "", "2025-01-01T00:00:00")]);
    let row = format!("01/02/2025,{day},u{day},,98311,,1,0,Data");
    place.report(&format!("report_2025-01-{:02}.csv", day + 3), &[&row]);
}

/// What one question to several tables answers.
fn counted(place: &Place) -> Vec<u64> {
    let counts = "SELECT (SELECT count(*) FROM dim_lead) AS a, (SELECT count(*) FROM report_file) AS b, \
                  (SELECT count(*) FROM fact_lead_outcome) AS c, (SELECT count(*) FROM crm_record) AS d, \
                  (SELECT count(*) FROM lead_link) AS e";
    let answer = place.json(&["sql", counts]);
    ["a", "b", "c", "d", "e"]
        .map(|name| answer[0][name].as_u64().unwrap_or_else(|| panic!("{answer}")))
        .to_vec()
}

#[test]
fn a_polling_reader_sees_whole_runs_only() {
    let place = Place::new();
    deliver(&place, 0);
    succeeded(place.leadq(&RUN));
    let writes = AtomicBool::new(true);
    let (counts, metrics) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut counts, mut metrics) = (Vec::new(), Vec::new());
            while writes.load(Ordering::SeqCst) {
                counts.push(counted(&place));
                metrics.push(place.json(&["metrics"])["rows"][0].clone());
            }
            (counts, metrics)
        });
        for day in 1..=COMMITS {
            deliver(&place, day);
            let ran = place.leadq(&RUN);
            if !ran.status.success() {
                writes.store(false, Ordering::SeqCst);
            }
            succeeded(ran);
        }
        writes.store(false, Ordering::SeqCst);
        reader.join().unwrap()
    });
    assert!(counts.len() > 2, "{counts:?}");
    // Run n has n of each; whole runs in their order, and nothing between.
    for (count, metrics) in counts.iter().zip(&metrics) {
        assert!(count.iter().all(|number| number == &count[0]), "{counts:?}");
        assert_eq!(metrics["delivered"], metrics["matched"], "{metrics}");
    }
    assert!(counts.is_sorted(), "{counts:?}");
    let last = u64::try_from(COMMITS + 1).unwrap();
    assert_eq!(counted(&place), [last; 5]);
}

/// A process that is held still, and goes on or dies in the end.
struct Held(Child);

impl Held {
    /// Starts a run and holds it once the lake is its own.
    fn start(place: &Place) -> Self {
        let mut child = place.command(&RUN).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        let is_locked = || {
            let signed = fs::read_to_string(place.path("lake/.lock")).unwrap_or_default();
            signed.contains(&format!("\"pid\":{},", child.id()))
        };
        while !is_locked() {
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not lock the lake");
            std::thread::sleep(Duration::from_millis(1));
        }
        signal(&child, "STOP");
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was held");
        Self(child)
    }

    /// Lets it go on to its end.
    fn let_go(mut self) {
        signal(&self.0, "CONT");
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

fn runs(place: &Place) -> usize {
    place.json(&["runs"]).as_array().map_or(0, Vec::len)
}

#[test]
fn a_second_run_leaves_or_waits_and_a_dead_one_blocks_nobody() {
    let place = Place::new();
    deliver(&place, 0);
    let first = Held::start(&place);
    // Who, and since when.
    let told = failed(place.leadq(&RUN), 4);
    let pid = format!("process {}", first.0.id());
    assert!(told.contains(&pid) && told.contains(", since 20") && told.contains("wait"), "{told}");
    // One that waits finds, in the end, that all was done.
    let waiting: Vec<&str> = RUN.into_iter().chain(["--wait", "2m", "--format", "json"]).collect();
    let waiting = place.command(&waiting).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    first.let_go();
    let waited: Json = serde_json::from_str(&succeeded(waiting.wait_with_output().unwrap())).unwrap();
    assert_eq!((&waited["nothing_new"], runs(&place)), (&Json::Bool(true), 1));
    // One that is killed with the lake in hand.
    deliver(&place, 1);
    let second = Held::start(&place);
    let short: Vec<&str> = RUN.into_iter().chain(["--wait", "1s"]).collect();
    assert!(failed(place.leadq(&short), 4).contains(&format!("process {}", second.0.id())));
    drop(second);
    succeeded(place.leadq(&RUN));
    assert_eq!((runs(&place), counted(&place)), (2, vec![2; 5]));
}

#[test]
fn two_runs_that_begin_together_commit_once() {
    let place = Place::new();
    deliver(&place, 0);
    let start = || place.command(&RUN).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let ended = [start(), start()].map(|child| child.wait_with_output().unwrap());
    let codes = ended.each_ref().map(|output| output.status.code().unwrap());
    assert!(codes.contains(&0) && codes.iter().all(|code| matches!(code, 0 | 4)), "{ended:?}");
    assert_eq!((runs(&place), counted(&place)), (1, vec![1; 5]));
}
