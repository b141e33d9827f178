//! Cells of columns that `schemas.json` has read otherwise than by default: its notations of dates, its
//! words, in front of the readers of spec 1.6.

use chrono_tz::Tz;
use leadq_contract::CellType;
use leadq_contract::schema::{ColumnRule, TimeFormat};

use super::clock::{self, Clock};
use super::scan::Scan;
use super::{Read, boolean, date, text, timestamp};

const SECONDS_A_DAY: i64 = 86_400;
const MICROSECONDS_A_DAY: i64 = SECONDS_A_DAY * 1_000_000;

/// Whether a cell is one of the rule's own placeholders.
#[must_use]
pub fn is_placeholder(raw: &str, rule: &ColumnRule) -> bool {
    !rule.placeholders.is_empty() && rule.is_placeholder(&text::tidy(raw))
}

/// Reads `entry_date` by a rule, in days since 1970-01-01; of a timestamp it is the wall date in the
/// client's zone.
#[must_use]
pub fn date(raw: &str, rule: &ColumnRule, timezone: Tz) -> Read<i32> {
    if rule.cell_type == CellType::Timestamp {
        return match self::timestamp(raw, rule, timezone) {
            Read::Value(micros) => {
                i32::try_from(micros.div_euclid(MICROSECONDS_A_DAY)).map_or(Read::Invalid, Read::Value)
            }
            Read::Null => Read::Null,
            Read::Invalid => Read::Invalid,
        };
    }
    if rule.formats.is_empty() {
        return date::read(raw);
    }
    let text = text::tidy(raw);
    let day = rule.formats.iter().find_map(|format| day_by(format, &text));
    let day = day.or_else(|| date::read(named_month(&text)?).value());
    Read::of(day, &text, CellType::Date)
}

/// Reads `appt_at` by a rule, in microseconds since 1970-01-01 of the wall clock; a date is its midnight.
#[must_use]
pub fn timestamp(raw: &str, rule: &ColumnRule, timezone: Tz) -> Read<i64> {
    if rule.cell_type == CellType::Date {
        return match date(raw, rule, timezone) {
            Read::Value(day) => Read::Value(i64::from(day) * MICROSECONDS_A_DAY),
            Read::Null => Read::Null,
            Read::Invalid => Read::Invalid,
        };
    }
    if rule.formats.is_empty() {
        return timestamp::read(raw, timezone);
    }
    let text = text::tidy(raw);
    let time = rule.formats.iter().find_map(|format| time_by(format, &text, timezone));
    let time = time.or_else(|| timestamp::read(named_month(&text)?, timezone).value());
    Read::of(time, &text, CellType::Timestamp)
}

/// Reads `set` and `demo` by a rule's words, else by the default ones.
#[must_use]
pub fn boolean(raw: &str, rule: &ColumnRule) -> Read<bool> {
    match rule.boolean(&text::tidy(raw)) {
        Some(value) => Read::Value(value),
        None => boolean::read(raw),
    }
}

/// A text that begins with a day, a month by its name, and a year: a date cell of a workbook comes so,
/// whatever notation the client's CSV has, and no other date can be meant.
fn named_month(text: &str) -> Option<&str> {
    let shape = |(at, b): (usize, &u8)| match at {
        2 | 6 => *b == b'-',
        3..=5 => b.is_ascii_alphabetic(),
        _ => b.is_ascii_digit(),
    };
    text.as_bytes().get(..11)?.iter().enumerate().all(shape).then_some(text)
}

/// The day that a format reads; a time behind it is ignored.
fn day_by(format: &TimeFormat, text: &str) -> Option<i32> {
    let read = format.read(text)?;
    let mut rest = Scan::new(read.rest.as_bytes());
    let whole = match read.seconds {
        Some(_) => clock::end(&mut rest).is_some(),
        None => rest.is_empty() || clock::begins(&mut rest),
    };
    let day = read.day.to_epoch_days();
    (whole && date::is_in_range(day)).then_some(day)
}

/// The wall time that a format reads; a time may follow a format without one.
fn time_by(format: &TimeFormat, text: &str, timezone: Tz) -> Option<i64> {
    let read = format.read(text)?;
    let mut rest = Scan::new(read.rest.as_bytes());
    let clock = match read.seconds {
        Some(seconds) => Clock { seconds, offset: clock::end(&mut rest)?.or(read.offset) },
        None if rest.is_empty() => Clock::MIDNIGHT,
        None => clock::read(&mut rest)?,
    };
    timestamp::in_range(timestamp::wall_time(read.day.to_epoch_days(), clock, timezone)?)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};

    use super::*;

    fn rule(cell_type: CellType, formats: &[&str]) -> ColumnRule {
        let formats = formats.iter().map(|format| format.parse().unwrap()).collect();
        ColumnRule { formats, ..ColumnRule::of(cell_type) }
    }

    fn told<T>(read: Read<T>, show: impl Fn(T) -> String) -> String {
        match read {
            Read::Value(value) => show(value),
            Read::Null => "null".to_owned(),
            Read::Invalid => "invalid".to_owned(),
        }
    }

    #[test]
    fn dates_by_format_1_6() {
        let cases: [(&[&str], &str, &str); 19] = [
            (&["%d/%m/%Y"], " 05/02/2023 ", "2023-02-05"),
            (&["%d/%m/%Y"], "25/02/2023  whenever", "invalid"),
            (&["%d/%m/%Y"], "25/02/2023 10:30 or so", "2023-02-25"),
            (&["%d/%m/%Y"], "2023-02-05", "invalid"),
            (&["%d/%m/%Y"], "05-Feb-2023", "2023-02-05"),
            (&["%Y-%d-%m"], "05-Feb-2023", "2023-02-05"),
            (&["%d/%m/%Y"], "30-Feb-2023", "invalid"),
            (&["%d/%m/%Y", "yyyy-MM-dd"], "2023-02-05", "2023-02-05"),
            (&["%d/%m/%Y"], "31/02/2023", "invalid"),
            (&["%d/%m/%Y"], "31/12/1999", "invalid"),
            (&["%d/%m/%Y"], "01/01/1900", "null"),
            (&["%d/%m/%Y"], "00/00/0000 00:00", "null"),
            (&["%d/%m/%Y"], "nul", "null"),
            (&["%d/%m/%Y"], "", "null"),
            (&["%d.%m.%y"], "05.02.99", "2099-02-05"),
            (&["%d.%m.%Y %H:%M"], "05.02.2023 23:59:30.5+02:00", "invalid"),
            (&["%d.%m.%Y %H:%M:%S"], "05.02.2023 23:59:30.5+02:00", "2023-02-05"),
            (&["M/d/yyyy h:mm a"], "2/5/2023  5:30 PM", "2023-02-05"),
            (&["%d/%m/%Y"], "44962", "invalid"),
        ];
        for (formats, raw, expected) in cases {
            let read = date(raw, &rule(CellType::Date, formats), Tz::America__New_York);
            let found = told(read, |day| NaiveDate::from_epoch_days(day).unwrap().to_string());
            assert_eq!(found, expected, "{raw:?} by {formats:?}");
        }
    }

    #[test]
    fn timestamps_by_format_1_6() {
        let cases: [(CellType, &[&str], &str, &str); 14] = [
            (CellType::Timestamp, &["%d/%m/%Y"], "25/02/2023", "2023-02-25 00:00:00"),
            (CellType::Timestamp, &["%d/%m/%Y"], "25-Feb-2023 17:30:00", "2023-02-25 17:30:00"),
            (CellType::Timestamp, &["%d/%m/%Y"], "25/02/2023 5:30 PM", "2023-02-25 17:30:00"),
            (CellType::Timestamp, &["%d/%m/%Y"], "25/02/2023 25:30", "invalid"),
            (CellType::Timestamp, &["%d/%m/%Y"], "25/02/2023 17:30Z", "2023-02-25 12:30:00"),
            (CellType::Timestamp, &["dd.MM.yyyy HH:mm"], "25.02.2023 17:30", "2023-02-25 17:30:00"),
            (CellType::Timestamp, &["dd.MM.yyyy HH:mm:ss"], "25.02.2023 17:30:01.999", "2023-02-25 17:30:01"),
            (CellType::Timestamp, &["dd.MM.yyyy HH:mm"], "25.02.2023 17:30 soon", "invalid"),
            (
                CellType::Timestamp,
                &["yyyy-MM-dd'T'HH:mmXXX"],
                "2023-02-25T17:30+01:00",
                "2023-02-25 11:30:00",
            ),
            (CellType::Timestamp, &["%z %Y-%m-%d %H:%M"], "+0100 2023-02-25 17:30", "2023-02-25 11:30:00"),
            (CellType::Timestamp, &["%d/%m/%Y %H:%M", "%d/%m/%Y"], "25/02/2023", "2023-02-25 00:00:00"),
            (CellType::Timestamp, &["%d/%m/%Y"], "31/12/2100", "2100-12-31 00:00:00"),
            (CellType::Date, &[], "2023-02-25 17:30", "2023-02-25 00:00:00"),
            (CellType::Date, &["%d/%m/%Y"], "25/02/2023 17:30", "2023-02-25 00:00:00"),
        ];
        for (cell_type, formats, raw, expected) in cases {
            let read = timestamp(raw, &rule(cell_type, formats), Tz::America__New_York);
            let iso = |micros| DateTime::from_timestamp_micros(micros).unwrap().naive_utc().to_string();
            assert_eq!(told(read, iso), expected, "{raw:?} by {formats:?}");
        }
    }

    #[test]
    fn an_entry_date_that_is_a_timestamp_is_the_wall_date_in_the_zone() {
        let rule = rule(CellType::Timestamp, &[]);
        let read = |raw| date(raw, &rule, Tz::America__Los_Angeles).value();
        let day = |text: &str| Some(text.parse::<NaiveDate>().unwrap().to_epoch_days());
        assert_eq!(read("2023-02-25T03:00:00Z"), day("2023-02-24"));
        assert_eq!(read("2023-02-25 03:00"), day("2023-02-25"));
    }

    #[test]
    fn words_of_a_rule_go_before_the_default_ones() {
        let mut rule = ColumnRule::of(CellType::Boolean);
        rule.yes = vec!["ja".to_owned(), "ärger ja".to_owned(), "0".to_owned()];
        rule.no = vec!["nein".to_owned()];
        rule.placeholders = vec!["(none)".to_owned()];
        let cases = [
            ("Ja", "true"),
            ("ÄRGER  JA", "true"),
            ("0", "true"),
            ("NEIN", "false"),
            ("no", "false"),
            ("1", "true"),
            ("", "null"),
            ("vielleicht", "invalid"),
        ];
        for (raw, expected) in cases {
            assert_eq!(told(boolean(raw, &rule), |value| value.to_string()), expected, "{raw:?}");
        }
        assert!(is_placeholder(" (None) ", &rule) && !is_placeholder("none", &rule));
    }

    proptest::proptest! {
        #[test]
        fn no_cell_panics(raw in ".{0,30}", digits in "[0-9/:. +-]{0,30}") {
            for format in ["%d/%m/%Y", "M/d/yy h:mm a", "%j %Y", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "%B %e, %Y"] {
                let rule = rule(CellType::Timestamp, &[format]);
                for raw in [&raw, &digits] {
                    let _ = (timestamp(raw, &rule, Tz::UTC), date(raw, &rule, Tz::UTC), boolean(raw, &rule));
                }
            }
        }
    }
}
