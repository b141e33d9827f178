//! Wall times of a client's zone, as stored and as instants.

use chrono::{Duration, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

/// Wall time as microseconds since the epoch.
pub(crate) fn micros(time: NaiveDateTime) -> i64 {
    time.and_utc().timestamp_micros()
}

/// The instant of a wall time, in microseconds since the epoch. One that occurs twice is taken at its later
/// instant; one that the clocks skip, by the offset before they did.
pub(crate) fn instant_of(wall: NaiveDateTime, zone: Tz) -> i64 {
    let hour = Duration::hours(1);
    let found = zone.from_local_datetime(&wall).latest();
    let found =
        found.or_else(|| zone.from_local_datetime(&(wall - hour)).latest().map(|before| before + hour));
    found.map_or_else(|| micros(wall), |instant| instant.timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_times_at_the_clock_changes() {
        let instant = |wall: &str| {
            let micros = instant_of(wall.parse().unwrap(), chrono_tz::America::Los_Angeles);
            chrono::DateTime::from_timestamp_micros(micros).unwrap().to_rfc3339()
        };
        assert_eq!(instant("2023-01-15T12:00:00"), "2023-01-15T20:00:00+00:00");
        assert_eq!(instant("2023-03-12T02:30:00"), "2023-03-12T10:30:00+00:00", "skipped");
        assert_eq!(instant("2023-11-05T01:30:00"), "2023-11-05T09:30:00+00:00", "the later of two");
    }
}
