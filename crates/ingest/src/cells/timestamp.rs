//! Wall times (spec 1.6): a date as [`super::date`] reads it, with a time or without.

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;
use leadq_contract::CellType;

use super::{
    Read,
    clock::{self, Clock},
    date::{self, Day},
    scan::Scan,
    text,
};

const SECONDS_A_DAY: i64 = 86_400;
const MICROSECONDS: i64 = 1_000_000;

/// Reads `appt_at`, in microseconds since 1970-01-01 of the wall clock in the client's zone.
///
/// Without a time it is midnight; a time that cannot be read makes the cell invalid. A time with an offset
/// is converted to the zone; the year of the result decides whether it is in range.
#[must_use]
pub fn read(raw: &str, timezone: Tz) -> Read<i64> {
    let text = text::trim_outside(raw);
    Read::of(parse(text.as_bytes(), timezone), &text, CellType::Timestamp)
}

/// The wall time that a trimmed cell means.
fn parse(text: &[u8], timezone: Tz) -> Option<i64> {
    let mut scan = Scan::new(text);
    let seconds = match date::day(&mut scan)? {
        Day::Serial(day, seconds) if scan.is_empty() => i64::from(day) * SECONDS_A_DAY + i64::from(seconds),
        Day::Serial(..) => return None,
        Day::Calendar(day) => {
            let clock = if scan.is_empty() { Clock::MIDNIGHT } else { clock::read(&mut scan)? };
            wall_time(day, clock, timezone)?
        }
    };
    in_range(seconds)
}

/// Seconds of a wall clock in microseconds, if they lie in the years 2000 to 2100.
pub(super) fn in_range(seconds: i64) -> Option<i64> {
    let day = i32::try_from(seconds.div_euclid(SECONDS_A_DAY)).ok()?;
    date::is_in_range(day).then_some(seconds * MICROSECONDS)
}

/// Seconds since 1970-01-01 on the wall clock of the zone.
pub(super) fn wall_time(day: i32, clock: Clock, timezone: Tz) -> Option<i64> {
    let written = i64::from(day) * SECONDS_A_DAY + i64::from(clock.seconds);
    let Some(offset) = clock.offset else { return Some(written) };
    let utc = written - i64::from(offset);
    let instant = DateTime::from_timestamp(utc, 0)?.naive_utc();
    let local = timezone.offset_from_utc_datetime(&instant).fix().local_minus_utc();
    Some(utc + i64::from(local))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, timezone: Tz, expected: Read<&str>) {
        let iso = |micros| DateTime::from_timestamp_micros(micros).unwrap().naive_utc().to_string();
        let found = match read(raw, timezone) {
            Read::Value(micros) => iso(micros),
            other => format!("{other:?}"),
        };
        let expected = match expected {
            Read::Value(text) => text.to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(found, expected, "{raw:?}");
    }

    #[test]
    fn wall_times() {
        let cases = [
            ("01/02/2023  5:30PM", "2023-01-02 17:30:00"),
            ("12/09/2022  9:00AM", "2022-12-09 09:00:00"),
            ("12/09/2022 12:00AM", "2022-12-09 00:00:00"),
            ("12/09/2022 12:30 pm", "2022-12-09 12:30:00"),
            ("12/09/22 11:59:59 PM", "2022-12-09 23:59:59"),
            ("2022-12-09", "2022-12-09 00:00:00"),
            ("2022-12-09T07:08:09", "2022-12-09 07:08:09"),
            ("2022-12-09 7:08", "2022-12-09 07:08:00"),
            ("2022-12-09 07:08:09.9999999", "2022-12-09 07:08:09"),
            ("20221209 07:08", "2022-12-09 07:08:00"),
            ("9-Dec-2022 7:08PM", "2022-12-09 19:08:00"),
            ("Dec 9, 2022 7:08 PM", "2022-12-09 19:08:00"),
            ("Dec 9, 2022\u{a0} 7:08\u{a0}PM", "2022-12-09 19:08:00"),
            ("44928", "2023-01-02 00:00:00"),
            ("44928.729166666664", "2023-01-02 17:30:00"),
            ("44928.999999", "2023-01-03 00:00:00"),
            ("2100-12-31 23:59:59", "2100-12-31 23:59:59"),
            // A wall time that New York skips stays as the client wrote it.
            ("2023-03-12 02:30", "2023-03-12 02:30:00"),
        ];
        for (raw, expected) in cases {
            check(raw, Tz::America__New_York, Read::Value(expected));
        }
    }

    #[test]
    fn an_offset_is_converted_to_the_zone() {
        let cases = [
            ("2023-01-02T17:30:00Z", Tz::America__New_York, "2023-01-02 12:30:00"),
            ("2023-07-02T17:30:00Z", Tz::America__New_York, "2023-07-02 13:30:00"),
            ("2023-01-02T17:30:00-08:00", Tz::America__New_York, "2023-01-02 20:30:00"),
            ("2023-01-02T23:30:00-08:00", Tz::America__New_York, "2023-01-03 02:30:00"),
            ("2023-01-02 17:30+0530", Tz::UTC, "2023-01-02 12:00:00"),
            ("1999-12-31 23:00 -02", Tz::UTC, "2000-01-01 01:00:00"),
        ];
        for (raw, timezone, expected) in cases {
            check(raw, timezone, Read::Value(expected));
        }
    }

    #[test]
    fn placeholders() {
        for raw in ["", "\t", "-", "null", "nul", "0000-00-00 00:00:00", "1900-01-01T00:00:00.000Z"] {
            check(raw, Tz::UTC, Read::Null);
        }
    }

    #[test]
    fn what_is_no_timestamp() {
        let cases = [
            "01/02/2023 soon",
            "01/02/2023 13:30PM",
            "01/02/2023 24:00",
            "01/02/2023 5PM",
            "01/02/2023 5:30PM x",
            "01/02/20235:30PM",
            "5:30PM",
            "44928 5:30PM",
            "73415.999999",
            "2101-01-01",
            "1999-12-31 23:59",
            "2100-12-31T23:00:00-02:00",
            "2000-01-01T00:00:00+01:00",
            "1900-01-01 00:01",
            "0",
        ];
        for raw in cases {
            check(raw, Tz::UTC, Read::Invalid);
        }
    }
}
