//! What systemd is told, on a socket of its kind. The address comes by the environment, so that the test calls itself.

use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use leadq_watch::job::{JobOutcome, JobResult};
use leadq_watch::monitor::{Monitor, Tolerance};
use leadq_watch::run_loop::{Start, run_loop};
use leadq_watch::schedule::Schedule;
use leadq_watch::systemd::Systemd;
use tokio::sync::watch;

use crate::clock::TestClock;

const DAEMON: &str = "systemd::a_daemon_of_its_own";

#[test]
fn systemd_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut daemon = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", DAEMON, "--ignored"])
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "400000")
        .env_remove("WATCHDOG_PID")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut told = Vec::new();
    let mut buffer = [0; 4096];
    while told.last().is_none_or(|last| last != "STOPPING=1") {
        let length = socket.recv(&mut buffer).unwrap();
        told.push(String::from_utf8_lossy(&buffer[..length]).trim_end().to_owned());
    }
    assert!(daemon.wait().unwrap().success());
    let beats = told.iter().filter(|told| *told == "WATCHDOG=1").count();
    // During half a second of work, at least every 200 ms.
    assert!((2..20).contains(&beats), "{told:?}");
    told.retain(|told| told != "WATCHDOG=1");
    let expected = [
        "READY=1",
        "STATUS=waiting; next run 2023-05-01T13:00:00Z",
        "STATUS=a run since 2023-05-01T13:00:00Z",
        "STATUS=waiting; next run 2023-05-02T01:00:00Z; 1 failed in a row",
        "STATUS=a run since 2023-05-02T01:00:00Z",
        "STOPPING=1",
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
#[ignore = "is called by the test above, with systemd's variables"]
async fn a_daemon_of_its_own() {
    let schedule = Schedule::new(["0 1,13 * * *"], Tz::UTC).unwrap();
    let clock = TestClock::starting("2023-05-01T12:59:59Z")
        .jumping("2023-05-01T13:00:00.1Z", "2023-05-02T00:59:59.9Z");
    let clock = Arc::new(clock);
    let monitor = Monitor::new(clock.clone(), Tolerance::default(), Systemd::of_this_process());
    let (stop, stopped) = watch::channel(false);
    let mut runs = 0;
    let job = async |_| {
        runs += 1;
        if runs == 1 {
            tokio::time::sleep(Duration::from_millis(500)).await;
            return JobResult { outcome: JobOutcome::Failed { error: "x".to_owned() }, figures: None };
        }
        stop.send(true).unwrap();
        JobResult { outcome: JobOutcome::Committed, figures: None }
    };
    run_loop(&schedule, &*clock, Start::default(), &monitor, job, stopped).await;
}
