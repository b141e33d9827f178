//! The time of a snapshot, read from its file's name (spec 1.8).

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime};

mod by_pattern;

pub use by_pattern::from_name_by;

/// The end of a day, for a date without a readable time.
pub const END_OF_DAY: (u32, u32, u32) = (23, 59, 59);

/// Wall time that a file's name gives: the last valid date in it, with the time that may follow.
#[must_use]
pub fn from_name(name: &str) -> Option<NaiveDateTime> {
    let bytes = name.as_bytes();
    let (mut at, mut last) = (0, None);
    while at < bytes.len() {
        match date_at(bytes, at) {
            Some((date, end)) => {
                last = Some((date, end));
                at = end;
            }
            None => at += 1,
        }
    }
    let (date, end) = last?;
    Some(time_after(&bytes[end..]).map_or_else(|| end_of_day(date), |time| date.and_time(time)))
}

/// 23:59:59 of a day.
#[must_use]
pub fn end_of_day(date: NaiveDate) -> NaiveDateTime {
    let (hour, minute, second) = END_OF_DAY;
    date.and_time(NaiveTime::from_hms_opt(hour, minute, second).unwrap_or(NaiveTime::MIN))
}

/// A date that begins at `at`, with the position behind it.
fn date_at(bytes: &[u8], at: usize) -> Option<(NaiveDate, usize)> {
    if at > 0 && bytes[at - 1].is_ascii_digit() {
        return None;
    }
    let compact =
        || Some((ymd(number(bytes, at, 4)?, number(bytes, at + 4, 2)?, number(bytes, at + 6, 2)?)?, 8));
    let marked = |widths: [usize; 3]| {
        let first = number(bytes, at, widths[0])?;
        let mark = *bytes.get(at + widths[0])?;
        let second_at = at + widths[0] + 1;
        let second = number(bytes, second_at, widths[1])?;
        let third_at = second_at + widths[1] + 1;
        let same = matches!(mark, b'-' | b'_' | b'.') && bytes.get(third_at - 1) == Some(&mark);
        same.then_some([first, second, number(bytes, third_at, widths[2])?])
    };
    let year_first = || marked([4, 2, 2]).and_then(|[y, m, d]| Some((ymd(y, m, d)?, 10)));
    let year_last = || marked([2, 2, 4]).and_then(|[m, d, y]| Some((ymd(y, m, d)?, 10)));
    let (date, width) = compact().or_else(year_first).or_else(year_last)?;
    let end = at + width;
    (!bytes.get(end).is_some_and(u8::is_ascii_digit)).then_some((date, end))
}

/// The time that follows a date: `HHMM` or `HHMMSS` after a mark, its parts apart by a mark or by nothing.
fn time_after(rest: &[u8]) -> Option<NaiveTime> {
    if !matches!(rest.first()?, b'-' | b'_' | b'T' | b' ') {
        return None;
    }
    let gap = |at: usize| usize::from(matches!(rest.get(at), Some(b'-' | b'_' | b':')));
    let hour = number(rest, 1, 2)?;
    let minute_at = 3 + gap(3);
    let minute = number(rest, minute_at, 2)?;
    let after = minute_at + 2;
    let second_at = after + gap(after);
    let (second, end) = number(rest, second_at, 2).map_or((0, after), |second| (second, second_at + 2));
    if rest.get(end).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    NaiveTime::from_hms_opt(hour, minute, second)
}

fn number(bytes: &[u8], at: usize, width: usize) -> Option<u32> {
    let digits = bytes.get(at..at + width)?;
    digits.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
}

fn ymd(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    (2000..=2100).contains(&date.year()).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_1_8() {
        let cases = [
            ("data_1.csv", None),
            ("report_20230314.csv", Some("2023-03-14T23:59:59")),
            ("2023-03-14.csv", Some("2023-03-14T23:59:59")),
            ("03_14_2023.csv", Some("2023-03-14T23:59:59")),
            ("03-14_2023.csv", None),
            ("2023.03.14 0930.csv", Some("2023-03-14T09:30:00")),
            ("2023-03-14T093015.csv", Some("2023-03-14T09:30:15")),
            ("2023-03-14_09-30-15.csv", Some("2023-03-14T09:30:15")),
            ("2023-03-14_09:30.csv", Some("2023-03-14T09:30:00")),
            ("20230411_1015_30.csv", Some("2023-04-11T10:15:30")),
            ("20230412_10-1530.csv", Some("2023-04-12T10:15:30")),
            ("2023-03-14_2530.csv", Some("2023-03-14T23:59:59")),
            ("2023-03-14_09301.csv", Some("2023-03-14T23:59:59")),
            ("2023-03-14-0930.csv", Some("2023-03-14T09:30:00")),
            ("20230301-20230314.csv", Some("2023-03-14T23:59:59")),
            ("2023-02-30_20230314", Some("2023-03-14T23:59:59")),
            ("20230314 but not 20231399.csv", Some("2023-03-14T23:59:59")),
            ("120230314.csv", None),
            ("202303141.csv", None),
            ("1999-01-01.csv", None),
            ("2023/2023-03-14.csv", Some("2023-03-14T23:59:59")),
        ];
        for (name, expected) in cases {
            let expected = expected.map(|text| text.parse::<NaiveDateTime>().unwrap());
            assert_eq!(from_name(name), expected, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_name_panics(name in ".{0,40}", digits in "[0-9_.:T -]{0,40}") {
            let _ = (from_name(&name), from_name(&digits));
        }
    }
}
