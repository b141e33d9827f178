//! How long files as received stay in the archive.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use crate::ports::{ContentId, Received};

/// What bounds an archive. A file stays while it is within every bound that is set; without any, for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// For how long after it was received.
    pub keep_for: Option<Duration>,
    /// How many of the latest contents of a client and kind. A content received again counts once, as of then.
    pub keep_files: Option<u32>,
}

/// By content, when it was received last, and the place of that entry in the catalogue.
type Latest<'a> = HashMap<&'a ContentId, (i64, usize)>;

/// The contents that may go: those that no entry within `retention` needs. `now` is in nanoseconds since the epoch;
/// what was received after it stays, for a clock may jump.
#[must_use]
pub fn expired(catalogue: &[Received], retention: Retention, now: i64) -> BTreeSet<ContentId> {
    let mut groups: HashMap<_, Latest<'_>> = HashMap::new();
    for (place, entry) in catalogue.iter().enumerate() {
        let group = groups.entry((entry.client.as_ref(), entry.kind)).or_default();
        let latest = group.entry(&entry.content).or_insert((entry.received_at, place));
        *latest = (*latest).max((entry.received_at, place));
    }
    let most = retention.keep_files.map_or(usize::MAX, |files| files as usize);
    let mut needed = HashSet::new();
    for group in groups.into_values() {
        let mut latest: Vec<_> = group.into_iter().collect();
        latest.sort_by_key(|(_, when)| std::cmp::Reverse(*when));
        let recent =
            latest.iter().take(most).filter(|(_, (received, _))| is_recent(*received, retention, now));
        needed.extend(recent.map(|(content, _)| *content));
    }
    let all = catalogue.iter().map(|entry| &entry.content);
    all.filter(|content| !needed.contains(content)).cloned().collect()
}

fn is_recent(received: i64, retention: Retention, now: i64) -> bool {
    let age = u128::try_from(i128::from(now) - i128::from(received)).unwrap_or(0);
    retention.keep_for.is_none_or(|longest| age <= longest.as_nanos())
}

#[cfg(test)]
mod tests {
    use leadq_contract::ClientId;

    use super::*;
    use crate::ports::ReceivedKind;

    const DAY: i64 = 86_400_000_000_000;

    /// A report of a client, received on a day.
    fn entry(client: &str, content: &str, day: i64) -> Received {
        Received {
            client: (!client.is_empty()).then(|| ClientId(client.to_owned())),
            kind: ReceivedKind::Report,
            source: "drop".to_owned(),
            name: format!("{content}.csv"),
            bytes: 1,
            modified: 0,
            version: None,
            received_at: day * DAY,
            content: ContentId(content.to_owned()),
        }
    }

    fn gone(catalogue: &[Received], days: Option<u64>, keep_files: Option<u32>, today: i64) -> Vec<String> {
        let keep_for = days.map(|days| Duration::from_secs(days * 86_400));
        expired(catalogue, Retention { keep_for, keep_files }, today * DAY)
            .into_iter()
            .map(|id| id.0)
            .collect()
    }

    #[test]
    fn without_a_bound_all_stays() {
        assert_eq!(gone(&[entry("a", "x", -9_000)], None, None, 20_000), [""; 0]);
    }

    #[test]
    fn by_age() {
        let catalogue = [entry("a", "x", 1), entry("a", "y", 5), entry("a", "z", 12)];
        assert_eq!(gone(&catalogue, Some(5), None, 10), ["x"]);
        assert_eq!(gone(&catalogue, Some(0), None, 12), ["x", "y"]);
        assert_eq!(gone(&catalogue, Some(5), None, 0), [""; 0]);
    }

    #[test]
    fn by_count_of_a_client_and_kind() {
        let leads = Received { kind: ReceivedKind::Leads, ..entry("a", "l", 0) };
        let of_all = entry("", "o", 0);
        let catalogue =
            [entry("a", "x", 3), entry("a", "y", 1), entry("a", "z", 2), entry("b", "w", 0), leads, of_all];
        assert_eq!(gone(&catalogue, None, Some(2), 9), ["y"]);
        assert_eq!(gone(&catalogue, None, Some(1), 9), ["y", "z"]);
        assert_eq!(gone(&catalogue, None, Some(0), 9).len(), 6);
        assert_eq!(gone(&catalogue, Some(7), Some(2), 9), ["l", "o", "w", "y"]);
    }

    #[test]
    fn at_the_same_moment_the_later_entry_is_the_later() {
        let catalogue = [entry("a", "x", 1), entry("a", "y", 1)];
        assert_eq!(gone(&catalogue, None, Some(1), 1), ["x"]);
    }

    #[test]
    fn what_any_entry_needs_stays() {
        // Sent again later, and by another client.
        let catalogue = [entry("a", "x", 1), entry("a", "y", 2), entry("a", "x", 9), entry("b", "y", 9)];
        assert_eq!(gone(&catalogue, Some(3), None, 10), [""; 0]);
        assert_eq!(gone(&catalogue, None, Some(1), 10), [""; 0]);
        assert_eq!(gone(&catalogue[..3], None, Some(1), 10), ["y"]);
        assert_eq!(gone(&catalogue, Some(0), None, i64::MAX / DAY), ["x", "y"]);
    }
}
