//! What has been: when runs were, and how many have failed in a row, whatever the lake noted of them.
//!
//! A run that finds nothing new leaves no record, and one that fails before it writes leaves no note. Without either a
//! process that begins anew would make up for runs that have been.

use chrono::{DateTime, Utc};
use leadq_lake::DeltaLake;
use leadq_pipeline::ports::{Lake as _, PortError};
use leadq_watch::job::JobOutcome;
use serde::{Deserialize, Serialize};

/// The document of it.
const PAST: &str = "schedule";

/// What is kept from run to run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Past {
    /// When the last run began, and ended.
    started: Option<DateTime<Utc>>,
    ended: Option<DateTime<Utc>>,
    /// When the last one ended that did not fail.
    succeeded: Option<DateTime<Utc>>,
    /// How many have failed since, and why the last one did.
    failures: u32,
    error: String,
}

impl Past {
    fn after(self, started: DateTime<Utc>, ended: DateTime<Utc>, outcome: &JobOutcome) -> Self {
        let begun = Self { started: Some(started), ended: Some(ended), ..self };
        match outcome {
            JobOutcome::Failed { error } => {
                Self { failures: begun.failures.saturating_add(1), error: error.clone(), ..begun }
            }
            _ => Self { succeeded: Some(ended), failures: 0, error: String::new(), ..begun },
        }
    }
}

/// How things stood before a process began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Before {
    pub(crate) started: Option<DateTime<Utc>>,
    pub(crate) ended: Option<DateTime<Utc>>,
    pub(crate) succeeded: Option<DateTime<Utc>>,
    pub(crate) failures: (u32, String),
}

/// Reads how things stood, by what schedules and other commands left in the lake.
pub(crate) async fn before(lake: &DeltaLake) -> Result<Before, PortError> {
    let past = read(lake).await?;
    let Some(last) = lake.last_run().await? else {
        let failures = (past.failures, past.error);
        return Ok(Before { started: past.started, ended: past.ended, succeeded: past.succeeded, failures });
    };
    let failed = lake.failures().await?;
    let began = failed.iter().map(|run| &run.started_at).chain([&last.started_at]);
    let ended = failed.iter().map(|run| &run.failed_at).chain([&last.committed_at]);
    let committed = time(&last.committed_at);
    let failures = if past.ended >= committed {
        (past.failures, past.error)
    } else {
        // Somebody has run it by hand since.
        let error = failed.last().map(|run| run.error.clone()).unwrap_or_default();
        (u32::try_from(failed.len()).unwrap_or(u32::MAX), error)
    };
    Ok(Before {
        started: began.filter_map(|text| time(text)).chain(past.started).max(),
        ended: ended.filter_map(|text| time(text)).chain(past.ended).max(),
        succeeded: past.succeeded.max(committed),
        failures,
    })
}

/// Notes that a run has been. One that was interrupted has not: the next process makes up for it.
pub(super) async fn note(
    lake: &DeltaLake,
    started: DateTime<Utc>,
    ended: DateTime<Utc>,
    outcome: &JobOutcome,
) {
    if *outcome == JobOutcome::Interrupted || !matches!(lake.exists().await, Ok(true)) {
        return;
    }
    let noted = async {
        let past = read(lake).await?.after(started, ended, outcome);
        let bytes = serde_json::to_vec(&past)
            .map_err(|error| PortError::permanent("write", "what the last run was", error))?;
        lake.put_document(PAST, bytes).await
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, "cannot note in the lake that there was a run");
    }
}

async fn read(lake: &DeltaLake) -> Result<Past, PortError> {
    let stored = lake.document(PAST).await?;
    // What cannot be read is as good as nothing: a run too many does no harm.
    Ok(stored.and_then(|stored| serde_json::from_slice(&stored).ok()).unwrap_or_default())
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_are_counted_until_a_run_succeeds() {
        let at = |hour: i64| DateTime::from_timestamp(hour * 3600, 0).unwrap();
        let failed = |error: &str| JobOutcome::Failed { error: error.to_owned() };
        let past = Past::default().after(at(0), at(1), &JobOutcome::Committed);
        let past = past.after(at(2), at(3), &failed("a")).after(at(4), at(5), &failed("b"));
        assert_eq!((past.failures, past.error.as_str()), (2, "b"));
        assert_eq!((past.started, past.ended, past.succeeded), (Some(at(4)), Some(at(5)), Some(at(1))));
        let past = past.after(at(6), at(7), &JobOutcome::Unchanged);
        assert_eq!((past.failures, past.error.as_str(), past.succeeded), (0, "", Some(at(7))));
    }
}
