//! The loop: which times have their run, whatever the clock does, and how it ends.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use leadq_watch::job::{JobOutcome, JobResult};
use leadq_watch::monitor::{Monitor, Tolerance};
use leadq_watch::run_loop::{Start, run_loop};
use leadq_watch::schedule::Schedule;
use leadq_watch::systemd::Systemd;
use tokio::sync::watch;

use crate::clock::{TestClock, at};

const TWICE: &str = "0 1,13 * * *";

const fn done() -> JobResult {
    JobResult { outcome: JobOutcome::Unchanged, figures: None }
}

/// Runs the loop until so many runs have begun, or the clock is past the end; says when each began, and for which time.
async fn begun(
    zone: Tz,
    clock: TestClock,
    start: Start,
    runs: usize,
    length: TimeDelta,
) -> Vec<(String, String)> {
    let schedule = Schedule::new([TWICE], zone).unwrap();
    let clock = Arc::new(clock);
    let monitor = Monitor::new(clock.clone(), Tolerance::default(), Systemd::of_this_process());
    let (stop, stopped) = watch::channel(false);
    let mut seen = Vec::new();
    let written = |instant: DateTime<Utc>| instant.with_timezone(&zone).format("%d %H:%M:%S").to_string();
    let job = async |slot| {
        use leadq_watch::clock::Clock as _;
        seen.push((written(clock.now()), written(slot)));
        clock.advance(length);
        if seen.len() == runs {
            stop.send(true).unwrap();
        }
        done()
    };
    run_loop(&schedule, &*clock, start, &monitor, job, stopped).await;
    seen
}

#[track_caller]
fn check(found: &[(String, String)], expected: &[(&str, &str)]) {
    let found: Vec<_> = found.iter().map(|(now, slot)| (now.as_str(), slot.as_str())).collect();
    assert_eq!(found, expected);
}

const SHORT: TimeDelta = TimeDelta::seconds(20);

#[tokio::test]
async fn each_time_has_its_run_across_a_change_of_the_clock() {
    let berlin = Tz::Europe__Berlin;
    let clock = TestClock::starting("2023-03-25T13:00:00Z");
    let found = begun(berlin, clock, Start::default(), 3, SHORT).await;
    check(
        &found,
        &[("26 01:00:00", "26 01:00:00"), ("26 13:00:00", "26 13:00:00"), ("27 01:00:00", "27 01:00:00")],
    );
    // 01:00 comes twice in Los Angeles.
    let clock = TestClock::starting("2023-11-05T00:00:00Z");
    let found = begun(Tz::America__Los_Angeles, clock, Start::default(), 2, SHORT).await;
    check(&found, &[("05 01:00:00", "05 01:00:00"), ("05 13:00:00", "05 13:00:00")]);
}

#[tokio::test]
async fn one_run_makes_up_for_all_that_were_missed() {
    let start = Start { last_run_started: Some(at("2023-05-01T01:00:01Z")), catch_up: true };
    let clock = || TestClock::starting("2023-05-09T12:00:00Z");
    let found = begun(Tz::UTC, clock(), start, 3, SHORT).await;
    check(
        &found,
        &[("09 12:00:00", "09 01:00:00"), ("09 13:00:00", "09 13:00:00"), ("10 01:00:00", "10 01:00:00")],
    );
    let found = begun(Tz::UTC, clock(), Start { catch_up: false, ..start }, 1, SHORT).await;
    check(&found, &[("09 13:00:00", "09 13:00:00")]);
    // Nothing was missed; nothing has ever run.
    let recent = Start { last_run_started: Some(at("2023-05-09T01:00:01Z")), catch_up: true };
    for start in [recent, Start { last_run_started: None, catch_up: true }] {
        let found = begun(Tz::UTC, clock(), start, 1, SHORT).await;
        check(&found, &[("09 13:00:00", "09 13:00:00")]);
    }
}

#[tokio::test]
async fn a_jump_forwards_runs_once() {
    let clock =
        TestClock::starting("2023-05-01T10:00:00Z").jumping("2023-05-01T11:00:00Z", "2023-05-04T12:00:00Z");
    let found = begun(Tz::UTC, clock, Start::default(), 2, SHORT).await;
    check(&found, &[("04 12:00:00", "04 01:00:00"), ("04 13:00:00", "04 13:00:00")]);
}

#[tokio::test]
async fn a_jump_backwards_runs_nothing_twice() {
    // An hour back after the run, and again a few seconds.
    let clock = TestClock::starting("2023-05-01T12:00:00Z")
        .jumping("2023-05-01T13:00:30Z", "2023-05-01T12:00:00Z")
        .jumping("2023-05-01T13:00:00Z", "2023-05-01T12:59:58Z");
    let found = begun(Tz::UTC, clock, Start::default(), 2, SHORT).await;
    check(&found, &[("01 13:00:00", "01 13:00:00"), ("02 01:00:00", "02 01:00:00")]);
    // Two days back: times that have not had their run have it.
    let clock =
        TestClock::starting("2023-05-03T12:00:00Z").jumping("2023-05-03T14:00:00Z", "2023-05-02T12:00:00Z");
    let found = begun(Tz::UTC, clock, Start::default(), 4, SHORT).await;
    let slots: Vec<_> = found.iter().map(|(_, slot)| slot.as_str()).collect();
    assert_eq!(slots, ["03 13:00:00", "02 13:00:00", "03 01:00:00", "04 01:00:00"]);
    // A clock that was decades ahead, and is set right.
    let clock =
        TestClock::starting("2060-05-03T12:00:00Z").jumping("2060-05-03T14:00:00Z", "2023-05-02T12:00:00Z");
    let found = begun(Tz::UTC, clock, Start::default(), 2, SHORT).await;
    check(&found, &[("03 13:00:00", "03 13:00:00"), ("02 13:00:00", "02 13:00:00")]);
}

#[tokio::test]
async fn a_clock_put_back_while_it_was_down_runs_nothing_twice() {
    let start = Start { last_run_started: Some(at("2023-05-01T13:00:01Z")), catch_up: true };
    let found = begun(Tz::UTC, TestClock::starting("2023-05-01T12:30:00Z"), start, 1, SHORT).await;
    check(&found, &[("02 01:00:00", "02 01:00:00")]);
    // A last run that a wrong clock put decades ahead does not count.
    let start = Start { last_run_started: Some(at("2060-05-01T13:00:01Z")), catch_up: true };
    let found = begun(Tz::UTC, TestClock::starting("2023-05-01T12:30:00Z"), start, 1, SHORT).await;
    check(&found, &[("01 13:00:00", "01 13:00:00")]);
}

#[tokio::test]
async fn one_run_at_a_time() {
    // A run of 30 hours: what came due meanwhile runs once when it ends.
    let clock = TestClock::starting("2023-05-01T12:00:00Z");
    let found = begun(Tz::UTC, clock, Start::default(), 2, TimeDelta::hours(30)).await;
    check(&found, &[("01 13:00:00", "01 13:00:00"), ("02 19:00:00", "02 13:00:00")]);
}

#[tokio::test]
async fn it_ends_with_the_job_at_its_next_safe_point() {
    let schedule = Schedule::new([TWICE], Tz::UTC).unwrap();
    let clock = Arc::new(TestClock::starting("2023-05-01T12:59:00Z"));
    let monitor = Monitor::new(clock.clone(), Tolerance::default(), Systemd::of_this_process());
    let (stop, stopped) = watch::channel(false);
    let mut seen = stopped.clone();
    let ended = std::cell::Cell::new(0);
    let job = async |_| {
        stop.send(true).unwrap();
        // The loop has been told, and waits for the job all the same.
        seen.wait_for(|stop| *stop).await.unwrap();
        tokio::task::yield_now().await;
        ended.set(ended.get() + 1);
        JobResult { outcome: JobOutcome::Interrupted, figures: None }
    };
    run_loop(&schedule, &*clock, Start::default(), &monitor, job, stopped).await;
    assert_eq!(ended.get(), 1);
    assert!(monitor.metrics().contains("leadq_runs_total{outcome=\"interrupted\"} 1"));
}

#[tokio::test]
async fn it_ends_while_it_waits() {
    let schedule = Schedule::new([TWICE], Tz::UTC).unwrap();
    let monitor = Monitor::new(
        Arc::new(leadq_watch::clock::SystemClock),
        Tolerance::default(),
        Systemd::of_this_process(),
    );
    // By the signal, or because nobody is left who could send one.
    let (stop, stopped) = watch::channel(false);
    let job = async |_| done();
    let ends = async {
        tokio::task::yield_now().await;
        drop(stop);
    };
    let clock = leadq_watch::clock::SystemClock;
    tokio::join!(run_loop(&schedule, &clock, Start::default(), &monitor, job, stopped), ends);
}
