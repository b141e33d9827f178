//! Files that stand rejected: no later report of their client has been taken in.

use std::collections::{BTreeMap, BTreeSet};

use leadq_contract::FindingCode;
use leadq_contract::run::{FileStatus, RunFile, RunRecord};
use leadq_pipeline::View;
use leadq_pipeline::ports::Lake;
use leadq_watch::alerts::RejectedFile;

use crate::columns;
use crate::failure::Outcome;

/// Runs that are looked back on.
const RUNS: usize = 60;

/// Files by client and name.
type ByFile<T> = BTreeMap<(String, String), T>;

/// The report files that the last run knows.
#[derive(Debug, Default)]
struct Known {
    /// Instants that order a client's snapshots.
    snapshots: ByFile<i64>,
    /// Those that are rejected, and why.
    rejected: ByFile<String>,
}

/// The files that stand rejected, latest run first.
pub(super) async fn read(view: &View<'_>, lake: &dyn Lake) -> Outcome<Vec<RejectedFile>> {
    let files = "SELECT client_id, file, CAST(snapshot_at AS BIGINT) AS at, status, reason FROM report_file";
    let mut known = Known::default();
    for row in columns::rows(&view.rows(files).await?) {
        let text = |name: &str| row.text(name).unwrap_or_default().to_owned();
        let file = (text("client_id"), text("file"));
        known.snapshots.insert(file.clone(), row.integer("at"));
        if text("status") == FileStatus::Rejected.name() {
            known.rejected.insert(file, text("reason"));
        }
    }
    let mut standing = Standing { known, ..Standing::default() };
    for number in (1..=view.run.run).rev().take(RUNS) {
        if standing.is_done() {
            break;
        }
        // One that is no longer kept ends it.
        let Ok(run) = lake.run(number).await else { break };
        standing.look_at(&run);
    }
    Ok(standing.found)
}

/// What is known while runs are looked at, latest first.
#[derive(Debug, Default)]
struct Standing {
    known: Known,
    /// Clients of which a report has been taken in by a later run.
    answered: BTreeSet<String>,
    found: Vec<RejectedFile>,
}

impl Standing {
    fn is_done(&self) -> bool {
        self.known.rejected.keys().all(|(client, _)| self.answered.contains(client))
    }

    fn look_at(&mut self, run: &RunRecord) {
        let taken_in = |file: &&RunFile| file.status == FileStatus::Ingested.name();
        for file in &run.files {
            let name = (file.client.clone(), file.name.clone());
            if file.status != FileStatus::Rejected.name() || self.answered.contains(&file.client) {
                continue;
            }
            let Some(reason) = self.known.rejected.remove(&name) else { continue };
            let snapshot = |file: &RunFile| {
                self.known
                    .snapshots
                    .get(&(file.client.clone(), file.name.clone()))
                    .copied()
                    .unwrap_or_default()
            };
            // A correction that came too late is not made good by a later snapshot that came with it.
            let later = |other: &RunFile| other.client == file.client && snapshot(other) > snapshot(file);
            let made_good =
                reason != FindingCode::TooLate.name() && run.files.iter().filter(taken_in).any(later);
            if !made_good {
                let RunFile { client, name, .. } = file.clone();
                self.found.push(RejectedFile { client, file: name, reason });
            }
        }
        self.answered.extend(run.files.iter().filter(taken_in).map(|file| file.client.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs, latest first, of files `client name status`; `snapshots` in order; what stands.
    #[track_caller]
    fn check(snapshots: &[&str], rejected: &[(&str, &str)], runs: &[&[&str]], expected: &[&str]) {
        let file = |name: &str| ("a".to_owned(), name.to_owned());
        let known = Known {
            snapshots: snapshots.iter().zip(0..).map(|(name, at)| (file(name), at)).collect(),
            rejected: rejected.iter().map(|(name, why)| (file(name), (*why).to_owned())).collect(),
        };
        let mut standing = Standing { known, ..Standing::default() };
        for run in runs {
            let files = run.iter().map(|file| {
                let (name, status) = file.split_once(' ').unwrap();
                let (client, name, status) = ("a".to_owned(), name.to_owned(), status.to_owned());
                RunFile { client, name, status, rows: 1 }
            });
            standing.look_at(&RunRecord { files: files.collect(), ..RunRecord::default() });
        }
        assert_eq!(standing.found.iter().map(|file| file.file.as_str()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_file_stands_rejected_until_the_next_report_is_taken_in() {
        let names = ["1", "2", "3"];
        let second = [("2", "not_a_report")];
        check(&names, &second, &[&["2 rejected"], &["1 ingested"]], &["2"]);
        check(&names, &second, &[&["3 ingested"], &["2 rejected"], &["1 ingested"]], &[]);
        check(&names, &second, &[&["1 ingested", "2 rejected", "3 ingested"]], &[]);
        check(&names, &second, &[&["1 ingested", "2 rejected"]], &["2"]);
        // Another one that is rejected is no answer.
        let both = [("2", "not_a_report"), ("3", "too_large")];
        check(&names, &both, &[&["3 rejected"], &["2 rejected"], &["1 ingested"]], &["3", "2"]);
        // It is gone from the tables.
        check(&names, &[], &[&["2 rejected"]], &[]);
        let late = [("1", "too_late")];
        check(&names, &late, &[&["1 rejected", "2 ingested"]], &["1"]);
        check(&names, &late, &[&["3 ingested"], &["1 rejected", "2 ingested"]], &[]);
    }
}
