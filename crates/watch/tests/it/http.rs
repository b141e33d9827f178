//! Probes and metrics, asked over a socket.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use leadq_contract::Severity;
use leadq_watch::http::Server;
use leadq_watch::job::{ClientFigures, Figures, FindingCount, JobOutcome, JobResult};
use leadq_watch::monitor::{Monitor, Tolerance};
use leadq_watch::systemd::Systemd;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::clock::{TestClock, at};

struct Daemon {
    clock: Arc<TestClock>,
    monitor: Arc<Monitor>,
    address: SocketAddr,
    _stop: watch::Sender<bool>,
}

async fn daemon(tolerance: Tolerance) -> Daemon {
    let clock = Arc::new(TestClock::starting("2023-05-01T12:00:00Z"));
    let monitor = Arc::new(Monitor::new(clock.clone(), tolerance, Systemd::of_this_process()));
    let hosts = vec!["leadq.internal".to_owned()];
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), hosts).await.unwrap();
    let address = server.address().unwrap();
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(server.serve(monitor.clone(), stopped));
    Daemon { clock, monitor, address, _stop: stop }
}

impl Daemon {
    /// The status, and the body.
    async fn ask(&self, path: &str, host: &str) -> (u16, String) {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), body.to_owned())
    }

    async fn get(&self, path: &str) -> (u16, String) {
        self.ask(path, &self.address.to_string()).await
    }
}

fn failed(error: &str) -> JobResult {
    JobResult { outcome: JobOutcome::Failed { error: error.to_owned() }, figures: None }
}

#[tokio::test]
async fn it_is_ready_while_the_lake_opens_and_runs_succeed() {
    let daemon = daemon(Tolerance::default()).await;
    let monitor = &daemon.monitor;
    let told = (503, "the lake has not been opened yet\n".to_owned());
    assert_eq!(daemon.get("/readyz").await, told);
    assert_eq!(daemon.get("/healthz").await.0, 200);
    monitor.lake(Err("cannot open lake: permission denied".to_owned()));
    assert_eq!(daemon.get("/readyz").await, (503, "cannot open lake: permission denied\n".to_owned()));
    monitor.lake(Ok(()));
    assert_eq!(daemon.get("/readyz").await, (200, "ok\n".to_owned()));
    let now = at("2023-05-01T13:00:00Z");
    monitor.ended(now, &failed("disk full"));
    monitor.ended(now, &failed("disk full"));
    assert_eq!(daemon.get("/readyz").await.0, 200);
    monitor.ended(now, &failed("disk still full"));
    let told = (503, "the last 3 runs failed; the last: disk still full\n".to_owned());
    assert_eq!(daemon.get("/readyz").await, told);
    // An interrupted run says neither.
    monitor.ended(now, &JobResult { outcome: JobOutcome::Interrupted, figures: None });
    assert_eq!(daemon.get("/readyz").await.0, 503);
    monitor.ended(now, &JobResult { outcome: JobOutcome::Unchanged, figures: None });
    assert_eq!(daemon.get("/readyz").await.0, 200);
    assert_eq!(daemon.get("/healthz").await.0, 200);
}

#[tokio::test]
async fn a_loop_that_stands_still_is_not_healthy() {
    let daemon = daemon(Tolerance { silence: Duration::ZERO, failures: 2 }).await;
    daemon.monitor.lake(Ok(()));
    for path in ["/healthz", "/readyz"] {
        let (status, body) = daemon.get(path).await;
        assert!(status == 503 && body.starts_with("the loop has not turned for"), "{body}");
    }
}

#[tokio::test]
async fn only_known_hosts_are_answered() {
    let daemon = daemon(Tolerance::default()).await;
    for (host, status) in [
        ("localhost:9464", 200),
        ("leadq.internal", 200),
        ("[::1]:9464", 200),
        ("evil.example:9464", 421),
        ("", 421),
    ] {
        assert_eq!(daemon.ask("/healthz", host).await.0, status, "{host}");
    }
    assert_eq!(daemon.get("/").await.0, 404);
}

#[tokio::test]
async fn an_address_that_is_taken_is_told() {
    let daemon = daemon(Tolerance::default()).await;
    let error = Server::bind(daemon.address, Vec::new()).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot listen on {}: ", daemon.address)), "{error}");
    assert!(error.hint.unwrap().contains("schedule.listen"));
}

fn figures() -> Figures {
    let client = |client: &str, latest: Option<&str>, delivered, matched, set| ClientFigures {
        client: client.to_owned(),
        latest_snapshot: latest.map(at),
        delivered,
        matched,
        set,
    };
    Figures {
        seconds: BTreeMap::from([("reports".to_owned(), 1.5), ("commit".to_owned(), 0.25)]),
        rows: BTreeMap::from([("reports.kept".to_owned(), 3720), ("reports.quarantined".to_owned(), 2)]),
        findings: vec![FindingCount {
            code: "dead_column".to_owned(),
            severity: Severity::Error,
            client: "a\"c\\me\n".to_owned(),
            count: 1,
        }],
        clients: vec![
            client("acme", Some("2023-05-01T00:00:00Z"), 4364, 2000, 940),
            client("new", None, 0, 0, 0),
        ],
    }
}

/// The samples of a scrape by name and labels, each line looked at.
fn parsed(text: &str) -> BTreeMap<String, f64> {
    let mut samples = BTreeMap::new();
    let (mut types, mut helped) = (BTreeMap::new(), BTreeSet::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(helped.insert(name.to_owned()) && !help.is_empty(), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "{line}");
        } else {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            let name = sample.split('{').next().unwrap();
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{line}");
            assert!(name.starts_with("leadq_") || name.starts_with("process_"), "{line}");
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            assert!(
                types.contains_key(name) || family.is_some_and(|name| types.contains_key(name)),
                "{line}"
            );
            let value: f64 = value.parse().unwrap();
            assert!(samples.insert(sample.to_owned(), value).is_none(), "{line}");
        }
    }
    samples
}

#[tokio::test]
async fn metrics_as_prometheus_reads_them() {
    let daemon = daemon(Tolerance::default()).await;
    let first = parsed(&daemon.get("/metrics").await.1);
    assert_eq!(first["leadq_runs_total{outcome=\"committed\"}"], 0.0);
    assert!(!first.keys().any(|name| name.starts_with("leadq_last_run_timestamp_seconds")), "{first:?}");
    let now = at("2023-05-01T13:00:00Z");
    let committed = JobResult { outcome: JobOutcome::Committed, figures: Some(figures()) };
    daemon.monitor.ended(now, &committed);
    daemon.monitor.ended(now + TimeDelta::hours(12), &failed("x"));
    let (status, text) = daemon.get("/metrics").await;
    assert_eq!(status, 200);
    let found = parsed(&text);
    let seconds = |instant: &str| at(instant).timestamp() as f64;
    let expected = [
        ("leadq_runs_total{outcome=\"committed\"}", 1.0),
        ("leadq_runs_total{outcome=\"failed\"}", 1.0),
        ("leadq_run_duration_seconds_count", 2.0),
        ("leadq_run_stage_seconds{stage=\"reports\"}", 1.5),
        ("leadq_rows_total{stage=\"reports\",bucket=\"kept\"}", 3720.0),
        ("leadq_rows_total{stage=\"reports\",bucket=\"quarantined\"}", 2.0),
        ("leadq_findings{code=\"dead_column\",severity=\"error\",client=\"a\\\"c\\\\me\\n\"}", 1.0),
        ("leadq_report_age_seconds{client=\"acme\"}", 12.0 * 3600.0),
        ("leadq_conversion_rate{client=\"acme\"}", 940.0 / 4364.0),
        ("leadq_matched_rate{client=\"acme\"}", 2000.0 / 4364.0),
    ];
    for (name, value) in expected {
        assert_eq!(found.get(name), Some(&value), "{name}: {text}");
    }
    let one = |begin: &str| {
        let found = found.iter().find(|(name, _)| name.starts_with(begin));
        *found.unwrap_or_else(|| panic!("{begin}: {text}")).1
    };
    assert!((one("leadq_conversion_rate_low") - 0.203_454_850).abs() < 1e-8);
    assert!((one("leadq_conversion_rate_high") - 0.227_843_189).abs() < 1e-8);
    assert_eq!(one("leadq_last_run_timestamp_seconds"), seconds("2023-05-02T01:00:00Z"));
    assert_eq!(one("leadq_last_success_timestamp_seconds"), seconds("2023-05-01T13:00:00Z"));
    assert_eq!(one("leadq_build_info"), 1.0);
    assert_eq!(one("process_start_time_seconds"), seconds("2023-05-01T12:00:00Z"));
    // A client without leads has no rate, and one without a report no age.
    assert!(!text.contains("client=\"new\""), "{text}");
    // The age is that of the scrape; what the next run no longer finds is gone.
    daemon.clock.advance(TimeDelta::minutes(1));
    let figures = Figures { findings: Vec::new(), ..figures() };
    daemon.monitor.ended(now, &JobResult { outcome: JobOutcome::Committed, figures: Some(figures) });
    let later = parsed(&daemon.get("/metrics").await.1);
    assert_eq!(later["leadq_report_age_seconds{client=\"acme\"}"], 12.0 * 3600.0 + 60.0);
    assert_eq!(later["leadq_rows_total{stage=\"reports\",bucket=\"kept\"}"], 7440.0);
    assert!(!later.keys().any(|name| name.starts_with("leadq_findings{")), "{later:?}");
}

#[tokio::test]
async fn a_restart_knows_how_things_stood() {
    let daemon = daemon(Tolerance::default()).await;
    let (run, success) = (at("2023-05-01T01:00:00Z"), at("2023-04-30T13:00:00Z"));
    daemon.monitor.lake(Ok(()));
    daemon.monitor.before(Some(run), Some(success), (3, "time-out".to_owned()), &figures());
    let text = daemon.get("/metrics").await.1;
    assert!(text.contains(&format!("leadq_last_run_timestamp_seconds {}", run.timestamp())), "{text}");
    assert!(text.contains("leadq_findings{") && !text.contains("leadq_rows_total{"), "{text}");
    assert_eq!(daemon.get("/readyz").await.0, 503);
}
