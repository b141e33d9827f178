//! How each client's rates were after earlier runs: a bounded history that every scheduled run adds to.
//!
//! Counting them anew from the tables of sixty runs would take longer than a run.

use chrono::{DateTime, Utc};
use leadq_contract::run::RunRecord;
use leadq_lake::DeltaLake;
use leadq_pipeline::ports::Lake as _;
use leadq_watch::alerts::{ClientRates, Sample};
use serde::{Deserialize, Serialize};

/// The document of it.
const RATES: &str = "rates";
/// Earlier runs that are remembered of a client.
const REMEMBERED: usize = 60;

/// How a client's leads fared as of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    run: u64,
    client: String,
    /// When the run was committed.
    at: DateTime<Utc>,
    delivered: u64,
    matched: u64,
    set: u64,
}

impl Known {
    fn new(run: u64, client: &str, sample: Sample) -> Self {
        let Sample { at, delivered, matched, set } = sample;
        Self { run, client: client.to_owned(), at, delivered, matched, set }
    }

    const fn sample(&self) -> Sample {
        Sample { at: self.at, delivered: self.delivered, matched: self.matched, set: self.set }
    }
}

/// Each client's rates now and earlier, by what the lake remembers; it remembers those of now, too.
pub(super) async fn of(lake: &DeltaLake, run: &RunRecord, now: Vec<(String, Sample)>) -> Vec<ClientRates> {
    let stored = match lake.document(RATES).await {
        Ok(stored) => stored.map(|stored| serde_json::from_slice::<Vec<Known>>(&stored)).transpose(),
        Err(error) => {
            tracing::warn!(%error, "earlier rates cannot be read; nothing is told of rates this time");
            return Vec::new();
        }
    };
    let before = stored.unwrap_or_else(|error| {
        tracing::warn!(%error, "the stored rates are damaged; they are begun anew");
        None
    });
    let before = before.unwrap_or_default();
    let after = with(&before, run.run, &now);
    if after != before
        && let Ok(bytes) = serde_json::to_vec(&after)
        && let Err(error) = lake.put_document(RATES, bytes).await
    {
        tracing::warn!(%error, "the lake cannot remember the rates of this run");
    }
    let earlier = |client: &str| {
        let of_client = after.iter().filter(|known| known.run < run.run && known.client == client);
        of_client.map(Known::sample).collect()
    };
    now.into_iter().map(|(client, now)| ClientRates { earlier: earlier(&client), client, now }).collect()
}

/// The same with those of a run. Later ones than that are of a lake that was put back from a backup since.
fn with(before: &[Known], run: u64, now: &[(String, Sample)]) -> Vec<Known> {
    let mut all: Vec<Known> = Vec::new();
    for (client, sample) in now {
        let of_client = before.iter().filter(|known| known.run < run && known.client == *client);
        let mut of_client: Vec<_> = of_client.cloned().collect();
        of_client.sort_by_key(|known| known.run);
        of_client.drain(..of_client.len().saturating_sub(REMEMBERED));
        all.append(&mut of_client);
        all.push(Known::new(run, client, *sample));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(set: u64) -> Sample {
        Sample { at: DateTime::UNIX_EPOCH, delivered: 100, matched: 50, set }
    }

    #[test]
    fn so_many_runs_of_each_client_are_remembered() {
        let of = |set| [("a".to_owned(), sample(set)), ("b".to_owned(), sample(1))];
        let all = (1..=100).fold(Vec::new(), |before, run| with(&before, run, &of(run)));
        let runs = |client: &str| -> Vec<_> {
            all.iter().filter(|known| known.client == client).map(|known| known.run).collect()
        };
        assert_eq!(runs("a"), (40..=100).collect::<Vec<_>>());
        assert_eq!(runs("a"), runs("b"));
        // The same run again: nothing new was found.
        assert_eq!(with(&all, 100, &of(100)), all);
        // The lake was put back to run 50.
        let back = with(&all, 51, &of(7));
        assert_eq!(back.iter().map(|known| known.run).max(), Some(51));
        assert_eq!(back.iter().filter(|known| known.run == 51).count(), 2);
    }
}
