//! The calendar of the sample: days are counted from the day of the first snapshot.

use chrono::{NaiveDate, TimeDelta};

/// A day, counted from the day of the first snapshot (0).
pub(super) type Day = i64;

/// How many days of entries a snapshot shows.
pub(super) const WINDOW: Day = 120;

/// When the client exported its snapshots: on working days, with two days missed and a week off.
pub(super) const SNAPSHOTS: [Day; 22] =
    [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18, 22, 23, 25, 32, 35, 36, 37];

/// The day of the last snapshot.
pub(super) const LAST: Day = SNAPSHOTS[SNAPSHOTS.len() - 1];

/// Day 0, a Monday.
const ORIGIN: NaiveDate = match NaiveDate::from_ymd_opt(2025, 3, 3) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

/// The date of a day.
pub(super) fn date(day: Day) -> NaiveDate {
    ORIGIN.checked_add_signed(TimeDelta::days(day)).unwrap_or(ORIGIN)
}

/// Midnight of a day, in microseconds since 1970.
pub(super) fn micros(day: Day) -> i64 {
    date(day).and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros()
}

/// A day as the client's CRM writes it.
pub(super) fn american(day: Day) -> String {
    date(day).format("%m/%d/%Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_the_first_snapshot() {
        assert_eq!(american(0), "03/03/2025");
        assert_eq!(american(LAST), "04/09/2025");
        assert_eq!(micros(0), 1_740_960_000_000_000);
    }

    #[test]
    fn snapshots_ascend() {
        assert!(SNAPSHOTS.is_sorted());
    }
}
