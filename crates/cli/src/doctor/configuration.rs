//! The configuration: which file was read, what it sets, what the environment overrides, clients' time zones.

use chrono::{DateTime, Duration, Offset, TimeZone, Utc};

use super::Check;
use crate::config::DEFAULT_FILE;
use crate::settings::{Settings, shown};

/// The file, and what it sets.
pub(super) fn file(settings: &Settings) -> Check {
    const NAME: &str = "configuration";
    let Some(path) = &settings.configuration else {
        return Check::ok(NAME, format!("no {DEFAULT_FILE} here, built-in defaults"));
    };
    let place = shown(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    Check::ok(NAME, format!("{place} sets {}", set_by(settings, |from| from == shown(path))))
}

/// What the environment sets over the file; never the values.
pub(super) fn environment(settings: &Settings) -> Check {
    let variables = settings.effective.iter().map(|row| row.from.as_str()).filter(|from| is_variable(from));
    let names: Vec<_> = variables.collect();
    let told =
        if names.is_empty() { "it sets nothing".to_owned() } else { format!("{} set", names.join(", ")) };
    Check::ok("environment", told)
}

/// What says how columns are called and read.
pub(super) fn schemas(settings: &Settings) -> Check {
    let found = settings.schemas.as_ref().map_or_else(|| "built-in defaults".to_owned(), |path| shown(path));
    Check::ok("schemas", found)
}

fn is_variable(from: &str) -> bool {
    from.starts_with("LEADQ_")
}

/// The keys that come from somewhere, those of a client as one.
fn set_by(settings: &Settings, from: impl Fn(&str) -> bool) -> String {
    let mut keys: Vec<_> =
        settings.effective.iter().filter(|row| from(&row.from)).map(|row| &*row.key).collect();
    keys.iter_mut().for_each(|key| *key = key.split_once(": ").map_or(*key, |(client, _)| client));
    keys.dedup();
    if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") }
}

/// Each client's zone: its offset now, and when the clocks change next.
pub(super) fn zones(settings: &Settings, now: DateTime<Utc>) -> Vec<Check> {
    let zone = |client: &crate::settings::ClientLocations| {
        let zone = client.settings.timezone;
        let offset = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc()).fix();
        let change = next_change(&zone, now).map_or_else(
            || "no change within a year".to_owned(),
            |at| format!("{} from {} on", offset(at), at.with_timezone(&zone).format("%Y-%m-%d %H:%M")),
        );
        Check::ok(
            "time zone",
            format!("client {}: {zone}, {} now, {change}", client.settings.id, offset(now)),
        )
    };
    settings.clients.iter().map(zone).collect()
}

/// The first moment, to the minute, at which the offset of a zone is another than before; within a year.
fn next_change<Z: TimeZone>(zone: &Z, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let offset = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    let day = |n: i64| now + Duration::days(n);
    let first = (1..=366).find(|n| offset(day(*n)) != offset(day(n - 1)))?;
    let (mut before, mut after) = (day(first - 1), day(first));
    while after - before > Duration::minutes(1) {
        let middle = before + (after - before) / 2;
        if offset(middle) == offset(before) { before = middle } else { after = middle }
    }
    // The change is at a whole minute, and `after` less than one behind it.
    Some(
        after
            - Duration::seconds(after.timestamp().rem_euclid(60))
            - Duration::nanoseconds(i64::from(after.timestamp_subsec_nanos())),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use leadq_contract::{ClientId, ClientSettings};

    #[test]
    fn the_next_change_of_the_clocks() {
        let cases = [
            ("America/Los_Angeles", "2026-01-01T00:00:00Z", Some("2026-03-08T10:00:00Z")),
            ("America/Los_Angeles", "2026-03-08T09:59:59Z", Some("2026-03-08T10:00:00Z")),
            ("America/Los_Angeles", "2026-03-08T10:00:00Z", Some("2026-11-01T09:00:00Z")),
            ("Australia/Lord_Howe", "2026-01-01T12:34:56.789Z", Some("2026-04-04T15:00:00Z")),
            ("America/Phoenix", "2026-01-01T00:00:00Z", None),
            ("UTC", "2026-01-01T00:00:00Z", None),
        ];
        for (zone, now, expected) in cases {
            let mut client = ClientSettings::with_id(ClientId("a".to_owned()));
            client.timezone = zone.parse().unwrap();
            let expected = expected.map(|at| at.parse::<DateTime<Utc>>().unwrap());
            assert_eq!(next_change(&client.timezone, now.parse().unwrap()), expected, "{zone} {now}");
        }
    }
}
