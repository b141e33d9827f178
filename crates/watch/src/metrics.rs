//! The metrics that Prometheus scrapes: their names, and what moves them.

use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;

use chrono::{DateTime, Utc};
use leadq_metrics::Rate;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::job::{ClientFigures, Figures, JobOutcome};

/// A gauge of fractions.
type Fraction = Gauge<f64, AtomicU64>;

/// Of a family with one member, or none while there is nothing to say.
type NoLabels = [(&'static str, &'static str); 0];

/// Upper limits of the buckets of a run's duration, in seconds: from no work to many hours.
const DURATIONS: [f64; 12] =
    [0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 180.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 21_600.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabel {
    stage: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BucketLabels {
    stage: String,
    bucket: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FindingLabels {
    code: String,
    severity: &'static str,
    client: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ClientLabel {
    client: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabel {
    version: &'static str,
}

/// A rate by client, with its 95 % interval.
#[derive(Default)]
struct Rates {
    value: Family<ClientLabel, Fraction>,
    low: Family<ClientLabel, Fraction>,
    high: Family<ClientLabel, Fraction>,
}

impl Rates {
    fn register(&self, registry: &mut Registry, name: &str, of: &str) {
        let help = |what: &str| format!("{what} of {of}, by client");
        registry.register(name, help("Share"), self.value.clone());
        registry.register(format!("{name}_low"), help("Lower 95 % limit of the share"), self.low.clone());
        registry.register(format!("{name}_high"), help("Upper 95 % limit of the share"), self.high.clone());
    }

    fn clear(&self) {
        [&self.value, &self.low, &self.high].into_iter().for_each(Family::clear);
    }

    fn set(&self, client: &ClientLabel, events: u64, trials: u64) {
        let Some(rate) = Rate::of(events, trials) else { return };
        self.value.get_or_create(client).set(rate.value);
        self.low.get_or_create(client).set(rate.low);
        self.high.get_or_create(client).set(rate.high);
    }
}

/// All metrics.
pub(crate) struct Metrics {
    registry: Registry,
    runs: Family<OutcomeLabel, Counter>,
    duration: Histogram,
    stage: Family<StageLabel, Fraction>,
    rows: Family<BucketLabels, Counter>,
    findings: Family<FindingLabels, Gauge>,
    report_age: Family<ClientLabel, Fraction>,
    conversion: Rates,
    matched: Rates,
    last_run: Family<NoLabels, Fraction>,
    last_success: Family<NoLabels, Fraction>,
    next_run: Family<NoLabels, Fraction>,
    resident: Family<NoLabels, Gauge>,
}

impl Metrics {
    /// Registers all of them; `started` is when the process began.
    pub(crate) fn new(started: DateTime<Utc>) -> Self {
        let metrics = Self {
            registry: Registry::default(),
            runs: Family::default(),
            duration: Histogram::new(DURATIONS),
            stage: Family::default(),
            rows: Family::default(),
            findings: Family::default(),
            report_age: Family::default(),
            conversion: Rates::default(),
            matched: Rates::default(),
            last_run: Family::default(),
            last_success: Family::default(),
            next_run: Family::default(),
            resident: Family::default(),
        };
        // A counter is there from the beginning, so that its first step is seen.
        for outcome in JobOutcome::NAMES {
            metrics.runs.get_or_create(&OutcomeLabel { outcome }).inc_by(0);
        }
        metrics.registered(started)
    }

    fn registered(mut self, started: DateTime<Utc>) -> Self {
        let mut all = Registry::default();
        let registry = all.sub_registry_with_prefix("leadq");
        registry.register("runs", "Runs that ended, by outcome", self.runs.clone());
        registry.register("run_duration_seconds", "How long runs took", self.duration.clone());
        registry.register(
            "run_stage_seconds",
            "How long each stage of the last run took",
            self.stage.clone(),
        );
        registry.register("rows", "Rows that runs took in, by stage and bucket", self.rows.clone());
        let findings = "Findings of the last run, by code, severity and client";
        registry.register("findings", findings, self.findings.clone());
        let age = "Age of the latest report, by client";
        registry.register("report_age_seconds", age, self.report_age.clone());
        self.conversion.register(registry, "conversion_rate", "delivered leads that are set");
        self.matched.register(registry, "matched_rate", "delivered leads that are matched");
        let last = "When the last run ended";
        registry.register("last_run_timestamp_seconds", last, self.last_run.clone());
        let success = "When the last run ended that did not fail";
        registry.register("last_success_timestamp_seconds", success, self.last_success.clone());
        let next = "When the next run is due";
        registry.register("next_run_timestamp_seconds", next, self.next_run.clone());
        let build: Family<BuildLabel, Gauge> = Family::default();
        build.get_or_create(&BuildLabel { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build_info", "Version of leadq", build);
        let start = Fraction::default();
        start.set(seconds(started));
        all.register("process_start_time_seconds", "When the process began", start);
        let resident = "Resident memory of the process";
        all.register("process_resident_memory_bytes", resident, self.resident.clone());
        self.registry = all;
        self
    }

    /// A run ended.
    pub(crate) fn ended(&self, began: DateTime<Utc>, now: DateTime<Utc>, outcome: &JobOutcome) {
        self.runs.get_or_create(&OutcomeLabel { outcome: outcome.name() }).inc();
        self.duration.observe((now - began).as_seconds_f64().max(0.0));
        self.last_run.get_or_create(&[]).set(seconds(now));
        if matches!(outcome, JobOutcome::Committed | JobOutcome::Unchanged) {
            self.last_success.get_or_create(&[]).set(seconds(now));
        }
    }

    /// When runs ended before this process began.
    pub(crate) fn before(&self, last_run: Option<DateTime<Utc>>, last_success: Option<DateTime<Utc>>) {
        let set = |family: &Family<NoLabels, Fraction>, then| family.get_or_create(&[]).set(seconds(then));
        last_run.map(|then| set(&self.last_run, then));
        last_success.map(|then| set(&self.last_success, then));
    }

    /// When the next run is due.
    pub(crate) fn next_run(&self, next: Option<DateTime<Utc>>) {
        match next {
            Some(next) => {
                self.next_run.get_or_create(&[]).set(seconds(next));
            }
            None => self.next_run.clear(),
        }
    }

    /// The rows of a run that just ended.
    pub(crate) fn rows(&self, figures: &Figures) {
        for (name, rows) in &figures.rows {
            let (stage, bucket) = name.split_once('.').unwrap_or((name, "all"));
            let labels = BucketLabels { stage: stage.to_owned(), bucket: bucket.to_owned() };
            self.rows.get_or_create(&labels).inc_by(*rows);
        }
    }

    /// How things stand after the last committed run; what stood before is gone.
    pub(crate) fn stand(&self, figures: &Figures) {
        self.stage.clear();
        for (stage, seconds) in &figures.seconds {
            self.stage.get_or_create(&StageLabel { stage: stage.clone() }).set(*seconds);
        }
        self.findings.clear();
        for found in &figures.findings {
            let labels = FindingLabels {
                code: found.code.clone(),
                severity: found.severity.name(),
                client: found.client.clone(),
            };
            self.findings.get_or_create(&labels).inc_by(i64::try_from(found.count).unwrap_or(i64::MAX));
        }
        self.conversion.clear();
        self.matched.clear();
        for client in &figures.clients {
            let label = ClientLabel { client: client.client.clone() };
            self.conversion.set(&label, client.set, client.delivered);
            self.matched.set(&label, client.matched, client.delivered);
        }
    }

    /// All of them as text, at an instant.
    pub(crate) fn text(&self, now: DateTime<Utc>, clients: &[ClientFigures]) -> String {
        self.report_age.clear();
        for client in clients {
            if let Some(latest) = client.latest_snapshot {
                let label = ClientLabel { client: client.client.clone() };
                self.report_age.get_or_create(&label).set((now - latest).as_seconds_f64());
            }
        }
        if let Some(bytes) = resident_bytes() {
            self.resident.get_or_create(&[]).set(bytes);
        }
        let mut text = String::new();
        if prometheus_text::encode(&mut text, &self.registry).is_err() {
            // Only a writer that fails makes it fail, and a string does not.
            let _ = writeln!(text, "# incomplete");
        }
        text
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since the epoch stay far under 2^53")]
fn seconds(instant: DateTime<Utc>) -> f64 {
    instant.timestamp_millis() as f64 / 1000.0
}

/// Resident memory of this process, where the system tells it in `/proc`.
fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}
