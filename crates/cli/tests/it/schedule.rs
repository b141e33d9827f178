//! `leadq schedule`: runs with nobody watching, what people are told, and how it ends.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::place::{Place, failed, lead, repository, succeeded};
use crate::webhook::Webhook;

/// The longest that anything may take, on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

const CONFIGURATION: &str = "leads = [\"leads\"]\n[schedule]\ncron = \"* * * * *\"\n\
    [alerts]\noff = [\"stale_report\"]\n[[client]]\nid = \"acme\"\nreports = [\"reports\"]\n";

/// One run, which tells a webhook.
fn once(place: &Place, webhook: &Webhook) -> Output {
    place.command(&["schedule", "--once"]).env("LEADQ_WEBHOOK", webhook.address()).output().unwrap()
}

fn small() -> Place {
    let place = Place::new();
    place.write("leadq.toml", CONFIGURATION);
    place.leads("leads.parquet", &[lead("a", "a", "a", ""), lead("b", "b", "b", "")]);
    place.report("2023-01-10.csv", &["01/02/2023,1,a,a,98311,01/09/2023,0,0,Data"]);
    place
}

/// A report of the sample.
fn sample(name: &str) -> String {
    fs::read_to_string(repository().join("source/contractor_reports").join(name)).unwrap()
}

/// The text with every cell of a column set to a value.
fn with_column(text: &str, column: &str, value: &str) -> String {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let place = header.iter().position(|name| name.trim() == column).unwrap();
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    writer.write_record(&header).unwrap();
    for row in reader.records().map(Result::unwrap) {
        writer
            .write_record(row.iter().enumerate().map(|(n, cell)| if n == place { value } else { cell }))
            .unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// Words of a text that may be hashes.
fn hashes(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_hexdigit()).filter(|word| word.len() >= 32).collect()
}

#[test]
fn a_dead_column_is_told_once_and_its_repair_once() {
    let (place, webhook) = (Place::new(), Webhook::new());
    place.write("leadq.toml", CONFIGURATION);
    fs::copy(repository().join("source/leads/leads.parquet"), place.path("leads/leads.parquet")).unwrap();
    place.write("reports/data_15.csv", sample("data_15.csv"));
    succeeded(once(&place, &webhook));
    assert_eq!(webhook.told(), [""; 0]);
    place.write("reports/data_16.csv", sample("data_16.csv"));
    succeeded(once(&place, &webhook));
    let opened = webhook.told();
    assert_eq!(opened.len(), 1, "{opened:?}");
    assert!(
        opened[0].contains("OPEN  acme: column set says nothing any more since file data_16.csv; before, 2")
    );
    succeeded(once(&place, &webhook));
    assert_eq!(webhook.told(), [""; 0]);
    // The client sends it again, as it should be.
    place.write("reports/data_16.csv", with_column(&sample("data_16.csv"), "Set", "1"));
    succeeded(once(&place, &webhook));
    let closed = webhook.told();
    assert_eq!(closed.len(), 1, "{closed:?}");
    assert!(closed[0].contains("CLOSED  acme: dead column"), "{closed:?}");
    succeeded(once(&place, &webhook));
    assert_eq!(webhook.told(), [""; 0]);
    // No personal data in any, nor in what the lake keeps of them.
    let (fifteen, sixteen) = (sample("data_15.csv"), sample("data_16.csv"));
    let known: BTreeSet<_> = hashes(&fifteen).union(&hashes(&sixteen)).copied().collect();
    assert!(known.len() > 300);
    let mut kept = opened.into_iter().chain(closed).collect::<Vec<_>>();
    for name in ["alerts", "rates", "schedule"] {
        kept.push(fs::read_to_string(place.path(&format!("lake/documents/{name}.json"))).unwrap());
    }
    for text in kept {
        assert!(hashes(&text).is_disjoint(&known) && !text.contains('@'), "{text}");
    }
}

#[test]
fn a_failing_run_is_told_once_and_leaves_with_its_code() {
    let (place, webhook) = (small(), Webhook::new());
    succeeded(once(&place, &webhook));
    assert_eq!(webhook.told(), [""; 0]);
    let leads = fs::read(place.path("leads/leads.parquet")).unwrap();
    place.write("leads/leads.parquet", "no Parquet at all");
    let said = failed(once(&place, &webhook), 3);
    assert!(said.contains("leads.parquet"), "{said}");
    let told = webhook.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("OPEN  the run failed: cannot take in leads from")
            && told[0].contains("what to do: ")
    );
    failed(once(&place, &webhook), 3);
    assert_eq!(webhook.told(), [""; 0]);
    // Everybody can see it.
    let attempts = place.json(&["runs"]);
    assert!(attempts[0]["failed"].as_str().unwrap().contains("leads.parquet"), "{attempts}");
    assert_eq!(attempts.as_array().unwrap().last().unwrap()["run"], 1);
    assert!(succeeded(place.leadq(&["runs"])).contains("failed at 2"));
    let doctor = succeeded(place.leadq(&["doctor"]));
    assert!(doctor.contains("since the last run that was committed, the latest"), "{doctor}");
    place.write("leads/leads.parquet", leads);
    succeeded(once(&place, &webhook));
    let told = webhook.told();
    assert!(told.len() == 1 && told[0].contains("CLOSED  run failed"), "{told:?}");
    place.write("leadq.toml", "no = \"key\"\n");
    failed(once(&place, &webhook), 2);
}

#[test]
fn alerts_that_cannot_be_sent_fail_a_run_by_hand_and_not_its_tables() {
    let place = small();
    place.write("leadq.toml", CONFIGURATION.replace("off =", "webhook_file = \"absent\"\noff ="));
    let said = failed(place.leadq(&["schedule", "--once"]), 5);
    assert!(said.contains("absent") && said.contains("put the secret alone into this file"), "{said}");
    assert_eq!(place.json(&["runs"])[0]["run"], 1);
    let said = failed(place.leadq(&["schedule", "--listen", "127.0.0.1:0"]), 5);
    assert!(said.contains("absent"), "{said}");
    place.write("leadq.toml", CONFIGURATION.replace("* * * * *", "0 99 * * *"));
    let said = failed(place.leadq(&["schedule", "--listen", "127.0.0.1:0"]), 2);
    assert!(
        said.contains("leadq.toml, line 3") && said.contains("\"0 99 * * *\" is no cron expression"),
        "{said}"
    );
}

#[test]
fn one_writer_at_a_time() {
    let place = small();
    place.run();
    place.report("2023-01-11.csv", &["01/02/2023,1,a,a,98311,01/09/2023,1,0,Set"]);
    let lock = File::options().write(true).open(place.path("lake/.lock")).unwrap();
    lock.try_lock().unwrap();
    failed(place.leadq(&["schedule", "--once"]), 4);
    let waits = place.command(&["schedule", "--once", "--wait"]).stderr(Stdio::piped()).spawn().unwrap();
    drop(lock);
    succeeded(waits.wait_with_output().unwrap());
    assert_eq!(place.json(&["runs"])[0]["run"], 2);
}

/// A daemon, and what it says.
struct Daemon {
    process: Child,
    log: Arc<Mutex<String>>,
}

impl Daemon {
    fn start(place: &Place, more: &[&str]) -> Self {
        let arguments: Vec<_> =
            ["schedule", "--listen", "127.0.0.1:0"].into_iter().chain(more.iter().copied()).collect();
        let mut process = place.command(&arguments).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (keeps, mut lines) = (Arc::clone(&log), BufReader::new(process.stderr.take().unwrap()));
        thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                keeps.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        Self { process, log }
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until the log says something, so many times.
    #[track_caller]
    fn until(&self, words: &str, times: usize) {
        let begun = Instant::now();
        while self.log().matches(words).count() < times {
            assert!(begun.elapsed() < PATIENCE, "{words}: {}", self.log());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it answers.
    fn get(&self, path: &str) -> String {
        self.until("listening address=", 1);
        let log = self.log();
        let address = log.split("address=").nth(1).unwrap().split_whitespace().next().unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Ends it, which is a matter of seconds.
    fn end(mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end: {}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Makes the last run look as if it had begun days ago: times of the schedule have been missed since.
fn long_ago(place: &Place, run: u64) {
    let name = format!("lake/runs/{run:08}.json");
    let text = fs::read_to_string(place.path(&name)).unwrap();
    let mut record: serde_json::Value = serde_json::from_str(&text).unwrap();
    record["started_at"] = "2023-01-01T00:00:00Z".into();
    place.write(&name, record.to_string());
}

#[cfg(unix)]
#[test]
fn the_daemon_runs_at_its_times_answers_and_ends() {
    let place = small();
    let configuration = CONFIGURATION.replace("* * * * *", "* * * * * *");
    place.write("leadq.toml", &configuration);
    succeeded(place.leadq(&["run"]));
    let daemon = Daemon::start(&place, &[]);
    daemon.until("a scheduled run ended outcome=\"unchanged\"", 1);
    place.report("2023-01-11.csv", &["01/02/2023,1,a,a,98311,01/09/2023,1,0,Set"]);
    daemon.until("committed what was new run=2", 1);
    assert!(daemon.get("/healthz").ends_with("\r\n\r\nok\n"));
    daemon.until("a scheduled run ended outcome=\"committed\"", 1);
    assert!(daemon.get("/readyz").ends_with("\r\n\r\nok\n"));
    let metrics = daemon.get("/metrics");
    for expected in [
        "leadq_runs_total{outcome=\"committed\"} 1\n",
        "leadq_conversion_rate{client=\"acme\"} 0.5\n",
        "leadq_matched_rate{client=\"acme\"} 0.5\n",
        "leadq_rows_total{stage=\"reports\",bucket=\"kept\"} 1\n",
        "leadq_findings{code=\"stale_report\",severity=\"warning\",client=\"acme\"} 1\n",
        "leadq_report_age_seconds{client=\"acme\"} ",
        "leadq_last_success_timestamp_seconds ",
    ] {
        assert!(metrics.contains(expected), "{expected}: {metrics}");
    }
    // A broken configuration is a run that fails, and no end of it; the next one is read anew.
    place.write("leadq.toml", "no = \"key\"\n");
    daemon.until("a scheduled run ended outcome=\"failed\"", 1);
    assert!(daemon.log().contains("unknown key \"no\""), "{}", daemon.log());
    daemon.signal("-TERM");
    let log = Arc::clone(&daemon.log);
    assert_eq!(daemon.end().code(), Some(0), "{}", log.lock().unwrap());
    place.write("leadq.toml", &configuration);
    place.report("2023-01-12.csv", &["01/02/2023,1,a,a,98311,01/09/2023,1,1,Demo"]);
    assert!(succeeded(place.leadq(&["run"])).contains("Run 3 committed"));
}

#[cfg(unix)]
#[test]
fn a_run_that_is_not_yet_committing_is_dropped_and_made_up_for() {
    let place = small();
    succeeded(place.leadq(&["run"]));
    long_ago(&place, 1);
    place.report("2023-01-11.csv", &["01/02/2023,1,a,a,98311,01/09/2023,1,0,Set"]);
    // Somebody else writes: the run waits for it.
    let lock = File::options().write(true).open(place.path("lake/.lock")).unwrap();
    lock.try_lock().unwrap();
    let daemon = Daemon::start(&place, &["--wait"]);
    daemon.until("a scheduled run begins", 1);
    assert!(daemon.get("/healthz").ends_with("\r\n\r\nok\n"));
    failed(place.leadq(&["run"]), 4);
    daemon.signal("-TERM");
    daemon.until("interrupted before the commit", 1);
    assert_eq!(daemon.end().code(), Some(0));
    drop(lock);
    assert_eq!(place.json(&["runs"]).as_array().unwrap().len(), 1);
    let daemon = Daemon::start(&place, &[]);
    daemon.until("committed what was new run=2", 1);
    daemon.signal("-INT");
    assert_eq!(daemon.end().code(), Some(0));
}
