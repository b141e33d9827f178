//! From facts to the alerts that are open: a pure function.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use leadq_contract::{AlertKind, FindingCode};

use super::band::Deviation;
use super::facts::{ClientRates, DataFacts, Facts, LatestReport, RowCount, RunFact, Sample};
use super::message::fit;
use super::{Alert, AlertKey};

/// After so long a rate that is outside its band is the usual one.
const USUAL_AFTER: TimeDelta = TimeDelta::days(14);

/// The alerts that are open after a run. `since` says when one was opened, if it is open already: what is usual is
/// then what was so before, for two weeks, so that a rate does not close its alert by staying where it is.
#[must_use]
pub fn judge(facts: &Facts, since: impl Fn(&AlertKey) -> Option<DateTime<Utc>>) -> Vec<Alert> {
    let mut alerts = Vec::new();
    if let RunFact::Failed { error, advice } = &facts.run {
        let advice = advice.clone().unwrap_or_else(|| {
            "run `leadq doctor`, and look at the log of the run; the next run tries again".to_owned()
        });
        alerts.push(alert(AlertKind::RunFailed, "", "", format!("the run failed: {}", fit(error)), &advice));
    }
    if let Some(data) = &facts.data {
        of_files(data, &mut alerts);
        alerts.extend(data.latest.iter().filter_map(|report| stale(report, facts.now)));
        alerts.extend(data.rows.iter().filter_map(halved));
        for rates in &data.rates {
            let of = [
                (AlertKind::MatchRate, "match rate", (|sample| sample.matched) as fn(&Sample) -> u64),
                (AlertKind::ConversionRate, "conversion rate", |sample| sample.set),
            ];
            alerts.extend(of.iter().filter_map(|(kind, name, events)| {
                let key = AlertKey { kind: *kind, client: rates.client.clone(), subject: String::new() };
                outside(rates, *events, since(&key), facts.now).map(|found| of_rate(key, name, &found))
            }));
        }
    }
    alerts
}

fn alert(kind: AlertKind, client: &str, subject: &str, what: String, advice: &str) -> Alert {
    let key = AlertKey { kind, client: client.to_owned(), subject: subject.to_owned() };
    Alert { key, what, advice: advice.to_owned() }
}

fn of_files(data: &DataFacts, alerts: &mut Vec<Alert>) {
    for file in &data.rejected {
        let what = format!("file {} was rejected: {}", fit(&file.file), fit(&file.reason));
        let advice =
            "ask the client for the report as it should be; `leadq files` shows what became of each file";
        alerts.push(alert(AlertKind::FileRejected, &file.client, &file.file, what, advice));
    }
    for dead in &data.dead_columns {
        let what = format!(
            "column {} says nothing any more since file {}; before, {} of its cells did",
            fit(&dead.column),
            fit(&dead.file),
            percent(dead.share_before)
        );
        alerts.push(alert(
            AlertKind::DeadColumn,
            &dead.client,
            &dead.column,
            what,
            FindingCode::DeadColumn.advice(),
        ));
    }
}

fn stale(report: &LatestReport, now: DateTime<Utc>) -> Option<Alert> {
    let expected = TimeDelta::from_std(report.expected_interval).unwrap_or(TimeDelta::MAX);
    let snapshot = report.snapshot?;
    if now.signed_duration_since(snapshot) <= expected {
        return None;
    }
    let what = format!(
        "the latest report is of {}; one is expected every {}",
        snapshot.to_rfc3339_opts(SecondsFormat::Secs, true),
        span(expected)
    );
    let advice =
        "ask the client for a new report; if it sends fewer by now, raise expected_interval in leadq.toml";
    Some(alert(AlertKind::StaleReport, &report.client, "", what, advice))
}

fn halved(rows: &RowCount) -> Option<Alert> {
    if rows.kept.saturating_mul(2) >= rows.before {
        return None;
    }
    let what = format!("file {} has {} rows, the one before had {}", fit(&rows.file), rows.kept, rows.before);
    let advice = FindingCode::RowCountDrop.advice();
    Some(alert(AlertKind::RowsHalved, &rows.client, "", what, advice))
}

fn outside(
    rates: &ClientRates,
    events: fn(&Sample) -> u64,
    since: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<Deviation> {
    let until = since.filter(|since| now - *since < USUAL_AFTER).unwrap_or(now);
    let earlier = rates.earlier.iter().filter(|sample| sample.at < until);
    let earlier: Vec<_> = earlier.map(|sample| (events(sample), sample.delivered)).collect();
    Deviation::of(events(&rates.now), rates.now.delivered, &earlier)
}

fn of_rate(key: AlertKey, name: &str, found: &Deviation) -> Alert {
    let what = format!(
        "the {name} is {} (95 % interval {} to {}); usual after the {} runs before are {} to {}",
        percent(found.now.value),
        percent(found.now.low),
        percent(found.now.high),
        found.earlier,
        percent(found.band.low),
        percent(found.band.high)
    );
    let advice = match key.kind {
        AlertKind::MatchRate => {
            "compare the latest files with those before (`leadq findings`, `leadq hash`): has the client changed \
             how it hashes, or what it exports?"
        }
        _ => {
            "see `leadq trend` and `leadq changes` for when it moved, and `leadq findings` for what broke then; \
             after two weeks the new rate counts as usual"
        }
    };
    Alert { key, what, advice: advice.to_owned() }
}

/// A share, with one digit more where it is small.
fn percent(share: f64) -> String {
    if share < 0.1 { format!("{:.2} %", share * 100.0) } else { format!("{:.1} %", share * 100.0) }
}

/// A span of time in the largest unit that it is a whole number of.
fn span(time: TimeDelta) -> String {
    let seconds = time.num_seconds();
    let units = [(86_400, "days"), (3_600, "hours"), (60, "minutes")];
    let fitting = units.into_iter().find(|(unit, _)| seconds >= *unit * 2 && seconds % unit == 0);
    fitting.map_or_else(|| format!("{seconds} seconds"), |(unit, name)| format!("{} {name}", seconds / unit))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::alerts::facts::{DeadColumn, RejectedFile};

    const HOUR: u64 = 3600;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + hour * 3600, 0).unwrap()
    }

    fn facts(data: DataFacts) -> Facts {
        Facts { now: at(1000), run: RunFact::Done, data: Some(data) }
    }

    fn open(facts: &Facts) -> Vec<Alert> {
        judge(facts, |_| None)
    }

    #[track_caller]
    fn check(data: DataFacts, expected: &[(&str, &str, &str)]) {
        let found = open(&facts(data));
        let found: Vec<_> = found
            .iter()
            .map(|alert| (alert.key.kind.name(), alert.key.client.as_str(), alert.what.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_failed_run_says_nothing_of_the_data() {
        let run = RunFact::Failed { error: "cannot list the drop:\ntime-out".to_owned(), advice: None };
        let found = open(&Facts { now: at(0), run, data: None });
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].what, "the run failed: cannot list the drop: time-out");
        assert!(found[0].advice.contains("leadq doctor"));
    }

    #[test]
    fn files_and_columns() {
        let data = DataFacts {
            rejected: vec![RejectedFile {
                client: "acme".to_owned(),
                file: "jane@example.com_\u{1b}.csv".to_owned(),
                reason: "not_a_report".to_owned(),
            }],
            dead_columns: vec![DeadColumn {
                client: "acme".to_owned(),
                column: "set".to_owned(),
                file: "data_16.csv".to_owned(),
                share_before: 0.2172,
            }],
            ..DataFacts::default()
        };
        let dead = "column set says nothing any more since file data_16.csv; before, 21.7 % of its cells did";
        let rejected = "file [email] .csv was rejected: not_a_report";
        check(data, &[("file_rejected", "acme", rejected), ("dead_column", "acme", dead)]);
    }

    #[test]
    fn stale_reports() {
        let report = |client: &str, snapshot: Option<i64>| LatestReport {
            client: client.to_owned(),
            snapshot: snapshot.map(at),
            expected_interval: Duration::from_secs(48 * HOUR),
        };
        let latest =
            vec![report("a", Some(952)), report("b", Some(951)), report("c", None), report("d", Some(1001))];
        let stale = "the latest report is of 2023-12-24T13:13:20Z; one is expected every 2 days";
        check(DataFacts { latest, ..DataFacts::default() }, &[("stale_report", "b", stale)]);
    }

    #[test]
    fn halved_rows() {
        let row = |client: &str, kept, before| RowCount {
            client: client.to_owned(),
            file: "f.csv".to_owned(),
            kept,
            before,
        };
        let rows = vec![row("a", 50, 100), row("b", 49, 100), row("c", 0, 0), row("d", 0, 1)];
        let b = ("rows_halved", "b", "file f.csv has 49 rows, the one before had 100");
        let d = ("rows_halved", "d", "file f.csv has 0 rows, the one before had 1");
        check(DataFacts { rows, ..DataFacts::default() }, &[b, d]);
    }

    fn rates(matched: u64, set: u64, after: i64) -> ClientRates {
        let sample = |hour, matched, set| Sample { at: at(hour), delivered: 1000, matched, set };
        let earlier = (0..20).map(|run| sample(run * 12, 800, 200));
        // The alert has been open since hour 240, with the figures as they are now.
        let later = (20..20 + after).map(|run| sample(run * 12, matched, set));
        ClientRates {
            client: "acme".to_owned(),
            now: sample(1000, matched, set),
            earlier: earlier.chain(later).collect(),
        }
    }

    #[test]
    fn rates_outside_their_band() {
        let data = |rates| DataFacts { rates: vec![rates], ..DataFacts::default() };
        check(data(rates(790, 210, 0)), &[]);
        let found = open(&facts(data(rates(400, 200, 0))));
        assert_eq!(found.len(), 1, "{found:?}");
        let (alert, begins) =
            (&found[0], "the match rate is 40.0 % (95 % interval 37.0 % to 43.1 %); usual after the 20");
        assert!(alert.key.kind == AlertKind::MatchRate && alert.what.starts_with(begins), "{}", alert.what);
        let found = open(&facts(data(rates(800, 100, 0))));
        assert_eq!(found[0].key.kind, AlertKind::ConversionRate);
    }

    #[test]
    fn a_rate_that_stays_outside_stays_open_for_two_weeks() {
        let mut facts = facts(DataFacts { rates: vec![rates(400, 200, 27)], ..DataFacts::default() });
        let since = |_: &AlertKey| Some(at(240));
        facts.now = at(240 + 13 * 24);
        assert_eq!(judge(&facts, since).len(), 1);
        facts.now = at(240 + 14 * 24);
        assert_eq!(judge(&facts, since).len(), 0);
    }

    #[test]
    fn spans_in_words() {
        let words =
            [(86_400, "24 hours"), (172_800, "2 days"), (5_400, "90 minutes"), (7_201, "7201 seconds")];
        for (seconds, expected) in words {
            assert_eq!(span(TimeDelta::seconds(seconds)), expected);
        }
    }
}
