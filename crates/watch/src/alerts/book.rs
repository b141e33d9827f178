//! Which alerts are open, and who has not been told yet: state that goes from run to run.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use leadq_contract::AlertKind;
use serde::{Deserialize, Serialize};

use super::{Alert, AlertKey};
use crate::error::WatchError;

/// Form of the stored state.
const VERSION: u32 = 1;
/// Changes that are kept for a channel that cannot be reached; the oldest are dropped beyond.
const MOST_WAITING: usize = 1000;

/// Whether an alert opened or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Opened,
    /// Its cause is gone.
    Closed,
}

/// An alert that opened or closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// Which of the two.
    pub change: Change,
    /// The alert, as it was told last.
    pub alert: Alert,
    /// When it opened.
    pub since: DateTime<Utc>,
    /// When it closed, or opened.
    pub at: DateTime<Utc>,
}

/// An alert that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    alert: Alert,
    since: DateTime<Utc>,
}

/// A change that some channel has not been told yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    transition: Transition,
    channels: BTreeSet<String>,
}

/// Which alerts are open, and who has not been told yet.
///
/// It is stored as bytes after the channels have been told. A process that dies between the two tells the same again
/// at the next run: rather twice than never.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlertBook {
    open: BTreeMap<AlertKey, Open>,
    waiting: Vec<Waiting>,
}

/// The book as it is stored; JSON has no maps with such keys.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    open: Vec<Open>,
    waiting: Vec<Waiting>,
}

impl AlertBook {
    /// Reads a stored book.
    ///
    /// # Errors
    /// If it is damaged, or of a newer leadq. An empty book in its place opens what is open once more.
    pub fn read(bytes: &[u8]) -> Result<Self, WatchError> {
        let wrong = |reason: String| {
            WatchError::new("read", "the stored alerts", reason)
                .hint("they are begun anew: what is open will be told once more")
        };
        let stored: Stored = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
        if stored.version != VERSION {
            return Err(wrong(format!("they have form {}, this leadq reads {VERSION}", stored.version)));
        }
        let open = stored.open.into_iter().map(|open| (open.alert.key.clone(), open)).collect();
        Ok(Self { open, waiting: stored.waiting })
    }

    /// The book as it is stored.
    ///
    /// # Errors
    /// None that anybody has seen: JSON holds all of it.
    pub fn write(&self) -> Result<Vec<u8>, WatchError> {
        let (open, waiting) = (self.open.values().cloned().collect(), self.waiting.clone());
        serde_json::to_vec(&Stored { version: VERSION, open, waiting })
            .map_err(|error| WatchError::new("write", "the alerts", error))
    }

    /// Since when an alert is open.
    #[must_use]
    pub fn since(&self, key: &AlertKey) -> Option<DateTime<Utc>> {
        self.open.get(key).map(|open| open.since)
    }

    /// The alerts that are open, with when they opened.
    pub fn open(&self) -> impl Iterator<Item = (&Alert, DateTime<Utc>)> {
        self.open.values().map(|open| (&open.alert, open.since))
    }

    /// Takes in what [`judge`](super::judge) says: opens what is new, closes what is no longer there. `data_known` says
    /// whether the data could be judged: if not, what is open about them stays so. Kinds that are `off` are
    /// forgotten without a word. `channels` are those that are to be told.
    pub fn turn(
        &mut self,
        now: DateTime<Utc>,
        alerts: Vec<Alert>,
        data_known: bool,
        off: &[AlertKind],
        channels: &[&str],
    ) {
        self.open.retain(|key, _| !off.contains(&key.kind));
        let judged: BTreeMap<_, _> = alerts
            .into_iter()
            .filter(|alert| !off.contains(&alert.key.kind))
            .map(|alert| (alert.key.clone(), alert))
            .collect();
        let gone =
            |key: &AlertKey| !judged.contains_key(key) && (data_known || key.kind == AlertKind::RunFailed);
        let closed: Vec<_> = self.open.extract_if(.., |key, _| gone(key)).map(|(_, open)| open).collect();
        for Open { alert, since } in closed {
            self.tell(Transition { change: Change::Closed, alert, since, at: now }, channels);
        }
        for (key, alert) in judged {
            match self.open.get_mut(&key) {
                Some(open) => open.alert = alert,
                None => {
                    self.open.insert(key, Open { alert: alert.clone(), since: now });
                    self.tell(Transition { change: Change::Opened, alert, since: now, at: now }, channels);
                }
            }
        }
        self.bound(channels);
    }

    fn tell(&mut self, transition: Transition, channels: &[&str]) {
        let (kind, client) = (transition.alert.key.kind.name(), &transition.alert.key.client);
        match transition.change {
            Change::Opened => tracing::warn!(alert.kind = kind, alert.client = client, "an alert opened"),
            Change::Closed => tracing::info!(alert.kind = kind, alert.client = client, "an alert closed"),
        }
        let channels = channels.iter().map(|name| (*name).to_owned()).collect();
        self.waiting.push(Waiting { transition, channels });
    }

    /// Drops what waits for nobody any more, and the oldest of too much.
    fn bound(&mut self, channels: &[&str]) {
        for waiting in &mut self.waiting {
            waiting.channels.retain(|name| channels.contains(&name.as_str()));
        }
        self.waiting.retain(|waiting| !waiting.channels.is_empty());
        if let Some(more) = self.waiting.len().checked_sub(MOST_WAITING).filter(|more| *more > 0) {
            tracing::warn!(alerts.dropped = more, "the oldest alerts that nobody could be told are dropped");
            self.waiting.drain(..more);
        }
    }

    /// What a channel has not been told yet, oldest first.
    #[must_use]
    pub fn waiting_for(&self, channel: &str) -> Vec<Transition> {
        let waiting = self.waiting.iter().filter(|waiting| waiting.channels.contains(channel));
        waiting.map(|waiting| waiting.transition.clone()).collect()
    }

    /// A channel has been told all that [`waiting_for`](Self::waiting_for) said.
    pub fn told(&mut self, channel: &str) {
        for waiting in &mut self.waiting {
            waiting.channels.remove(channel);
        }
        self.waiting.retain(|waiting| !waiting.channels.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNELS: &[&str] = &["smtp", "webhook"];

    fn alert(kind: AlertKind, subject: &str) -> Alert {
        let key = AlertKey { kind, client: "acme".to_owned(), subject: subject.to_owned() };
        Alert { key, what: format!("{subject} is wrong"), advice: "mend it".to_owned() }
    }

    fn at(run: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(run * 43_200, 0).unwrap()
    }

    fn waiting(book: &AlertBook, channel: &str) -> Vec<String> {
        let told = book.waiting_for(channel);
        told.iter().map(|t| format!("{:?} {}", t.change, t.alert.key.subject)).collect()
    }

    #[test]
    fn each_opens_once_and_closes_once() {
        let mut book = AlertBook::default();
        let dead = alert(AlertKind::DeadColumn, "set");
        for run in 0..3 {
            book.turn(at(run), vec![dead.clone()], true, &[], CHANNELS);
            assert_eq!(waiting(&book, "smtp"), ["Opened set"]);
            // From run to run as bytes.
            book = AlertBook::read(&book.write().unwrap()).unwrap();
        }
        assert_eq!(book.since(&dead.key), Some(at(0)));
        book.told("smtp");
        book.turn(at(3), Vec::new(), true, &[], CHANNELS);
        assert_eq!(waiting(&book, "smtp"), ["Closed set"]);
        assert_eq!(waiting(&book, "webhook"), ["Opened set", "Closed set"]);
        let closed = &book.waiting_for("smtp")[0];
        assert_eq!((closed.since, closed.at), (at(0), at(3)));
        CHANNELS.iter().for_each(|channel| book.told(channel));
        book.turn(at(4), Vec::new(), true, &[], CHANNELS);
        assert_eq!(book, AlertBook::default());
    }

    #[test]
    fn what_nobody_could_judge_stays_open() {
        let mut book = AlertBook::default();
        book.turn(at(0), vec![alert(AlertKind::DeadColumn, "set")], true, &[], CHANNELS);
        book.told("smtp");
        book.turn(at(1), vec![alert(AlertKind::RunFailed, "")], false, &[], CHANNELS);
        assert_eq!(waiting(&book, "smtp"), ["Opened "]);
        assert_eq!(book.open().count(), 2);
        book.told("smtp");
        // The next run fails otherwise: the same alert.
        book.turn(at(2), vec![alert(AlertKind::RunFailed, "")], false, &[], CHANNELS);
        assert_eq!(waiting(&book, "smtp"), [""; 0]);
        book.turn(at(3), vec![alert(AlertKind::DeadColumn, "set")], true, &[], CHANNELS);
        assert_eq!(waiting(&book, "smtp"), ["Closed "]);
    }

    #[test]
    fn kinds_that_are_off_and_channels_that_are_gone() {
        let mut book = AlertBook::default();
        let dead = || vec![alert(AlertKind::DeadColumn, "set")];
        book.turn(at(0), dead(), true, &[], &["webhook"]);
        book.turn(at(1), dead(), true, &[AlertKind::DeadColumn], &["smtp"]);
        assert_eq!(book, AlertBook::default());
        book.turn(at(2), dead(), true, &[], &[]);
        assert_eq!((book.waiting.len(), book.open().count()), (0, 1));
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut book = AlertBook::default();
        let many = |from: usize| {
            (from..from + 600).map(|n| alert(AlertKind::FileRejected, &n.to_string())).collect()
        };
        book.turn(at(0), many(0), true, &[], CHANNELS);
        book.turn(at(1), many(1000), true, &[], CHANNELS);
        assert_eq!(book.waiting.len(), MOST_WAITING);
        assert_eq!(waiting(&book, "smtp").last().unwrap(), "Opened 1599");
    }

    #[test]
    fn a_damaged_book_is_told() {
        for bytes in [&b"{"[..], b"[]", br#"{"version":2,"open":[],"waiting":[]}"#] {
            let error = AlertBook::read(bytes).unwrap_err();
            assert!(error.to_string().starts_with("cannot read the stored alerts: "), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn openings_and_closings_of_a_thing_take_turns(runs in proptest::collection::vec((0..8_u8, proptest::bool::ANY), 1..40)) {
            let mut book = AlertBook::default();
            let mut log: BTreeMap<String, Vec<Change>> = BTreeMap::new();
            for (run, (set, reached)) in (0..).zip(runs) {
                let alerts = (0..3).filter(|bit| set & (1 << bit) != 0);
                let alerts = alerts.map(|bit| alert(AlertKind::FileRejected, &bit.to_string())).collect();
                book.turn(at(run), alerts, true, &[], CHANNELS);
                if reached {
                    for told in book.waiting_for("smtp") {
                        log.entry(told.alert.key.subject).or_default().push(told.change);
                    }
                    book.told("smtp");
                }
                book = AlertBook::read(&book.write().unwrap()).unwrap();
            }
            for changes in log.values() {
                for (place, change) in changes.iter().enumerate() {
                    let expected = if place % 2 == 0 { Change::Opened } else { Change::Closed };
                    proptest::prop_assert_eq!(*change, expected);
                }
            }
        }
    }
}
