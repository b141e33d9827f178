//! Calendar dates (spec 1.6): `M/D/YYYY`, `M/D/YY`, `YYYY-MM-DD`, `M-D-YYYY`, `YYYYMMDD`, `D-Mon-YYYY`,
//! `Mon D, YYYY`, each optionally followed by a time, and the serial day of a spreadsheet.

use chrono::NaiveDate;
use leadq_contract::CellType;

use super::{
    Read, clock,
    scan::{Scan, number},
    text,
};

/// 2000-01-01, the first day that a cell may mean, in days since 1970-01-01.
const FIRST_DAY: i32 = 10_957;
/// 2100-12-31, the last one.
const LAST_DAY: i32 = 47_846;

/// Serial days that a cell may hold.
const SERIAL_DAYS: std::ops::RangeInclusive<u32> = 20_000..=80_000;
/// Serial day of 1970-01-01; day 0 is 1899-12-30.
const SERIAL_OF_EPOCH: i32 = 25_569;

const SECONDS_A_DAY: u32 = 86_400;

/// A day as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    /// A calendar date, in days since 1970-01-01; a time may follow.
    Calendar(i32),
    /// A serial day, in days since 1970-01-01, and its fraction, rounded to seconds: up to a whole day.
    Serial(i32, u32),
}

/// Reads `entry_date`, in days since 1970-01-01. A time behind it is ignored: it has to begin like one (a
/// digit or two and a colon), but need not be readable.
#[must_use]
pub fn read(raw: &str) -> Read<i32> {
    let text = text::trim_outside(raw);
    Read::of(parse(text.as_bytes()), &text, CellType::Date)
}

/// The day that a trimmed cell means.
fn parse(text: &[u8]) -> Option<i32> {
    let mut scan = Scan::new(text);
    match day(&mut scan)? {
        Day::Calendar(day) => (scan.is_empty() || clock::begins(&mut scan)).then_some(day),
        Day::Serial(day, _) => scan.is_empty().then_some(day),
    }
    .filter(|day| is_in_range(*day))
}

/// Whether a day lies in the years 2000 to 2100.
pub(super) const fn is_in_range(day: i32) -> bool {
    FIRST_DAY <= day && day <= LAST_DAY
}

/// Reads a date of any year.
pub(super) fn day(scan: &mut Scan<'_>) -> Option<Day> {
    let first = scan.digits();
    match (first.len(), scan.peek()) {
        (0, _) => month_first(scan),
        (1 | 2, Some(b'/')) => slashed(number(first), scan),
        (1 | 2, Some(b'-')) => dashed(number(first), scan),
        (4, Some(b'-')) => year_first(number(first), scan),
        (5, _) => return serial(number(first), scan),
        (8, _) => {
            let date = number(first);
            calendar(date / 10_000, date / 100 % 100, date % 100)
        }
        _ => None,
    }
    .map(Day::Calendar)
}

/// `M/D/YYYY` or `M/D/YY`, after the month.
fn slashed(month: u32, scan: &mut Scan<'_>) -> Option<i32> {
    scan.eat(b'/');
    let day = scan.number(1, 2)?;
    if !scan.eat(b'/') {
        return None;
    }
    let digits = scan.digits();
    match digits.len() {
        4 => calendar(number(digits), month, day),
        2 => calendar(2000 + number(digits), month, day),
        _ => None,
    }
}

/// `M-D-YYYY` or `D-Mon-YYYY`, after the first number.
fn dashed(first: u32, scan: &mut Scan<'_>) -> Option<i32> {
    scan.eat(b'-');
    let letters = scan.letters();
    let (month, day) =
        if letters.is_empty() { (first, scan.number(1, 2)?) } else { (month_of(letters)?, first) };
    if !scan.eat(b'-') {
        return None;
    }
    calendar(scan.number(4, 4)?, month, day)
}

/// `YYYY-MM-DD`, after the year.
fn year_first(year: u32, scan: &mut Scan<'_>) -> Option<i32> {
    scan.eat(b'-');
    let month = scan.number(2, 2)?;
    if !scan.eat(b'-') {
        return None;
    }
    calendar(year, month, scan.number(2, 2)?)
}

/// `Mon D, YYYY`.
fn month_first(scan: &mut Scan<'_>) -> Option<i32> {
    let month = month_of(scan.letters())?;
    if !scan.spaces() {
        return None;
    }
    let day = scan.number(1, 2)?;
    if !(scan.eat(b',') && scan.spaces()) {
        return None;
    }
    calendar(scan.number(4, 4)?, month, day)
}

/// A serial day of five digits and, if any, its fraction.
fn serial(serial: u32, scan: &mut Scan<'_>) -> Option<Day> {
    let fraction = if scan.eat(b'.') { Some(scan.digits()).filter(|d| !d.is_empty())? } else { &[] };
    if !SERIAL_DAYS.contains(&serial) {
        return None;
    }
    Some(Day::Serial(serial.cast_signed() - SERIAL_OF_EPOCH, seconds_of(fraction)?))
}

/// A fraction of a day, given by its decimal digits, rounded to the second (half up).
fn seconds_of(digits: &[u8]) -> Option<u32> {
    // As many digits as keep the product below 2^128; what they cannot tell is far below rounding.
    let (mut fraction, mut one) = (0_u128, 1_u128);
    for digit in digits.iter().take(30) {
        fraction = fraction * 10 + u128::from(digit - b'0');
        one *= 10;
    }
    u32::try_from((fraction * u128::from(SECONDS_A_DAY) * 2 + one) / (2 * one)).ok()
}

/// Days since 1970-01-01 of a date that exists.
fn calendar(year: u32, month: u32, day: u32) -> Option<i32> {
    NaiveDate::from_ymd_opt(year.cast_signed(), month, day).map(|date| date.to_epoch_days())
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The month of an English name or abbreviation (three letters, or `Sept`), of any case.
pub(crate) fn month_of(letters: &[u8]) -> Option<u32> {
    let fits = |name: &&str| {
        let name = name.as_bytes();
        let whole =
            letters.len() == name.len() || letters.len() == 3 || letters.eq_ignore_ascii_case(b"sept");
        whole && name.get(..letters.len()).is_some_and(|start| start.eq_ignore_ascii_case(letters))
    };
    (1..).zip(&MONTHS).find(|(_, name)| fits(name)).map(|(month, _)| month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, expected: Read<&str>) {
        let iso = |day| NaiveDate::from_epoch_days(day).unwrap().to_string();
        let found = match read(raw) {
            Read::Value(day) => iso(day),
            other => format!("{other:?}"),
        };
        let expected = match expected {
            Read::Value(text) => text.to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(found, expected, "{raw:?}");
    }

    #[test]
    fn every_notation() {
        let cases = [
            ("02/05/2023", "2023-02-05"),
            ("2/5/2023", "2023-02-05"),
            ("2/5/23", "2023-02-05"),
            ("12/31/99", "2099-12-31"),
            ("2023-02-05", "2023-02-05"),
            ("2-5-2023", "2023-02-05"),
            ("02-05-2023", "2023-02-05"),
            ("20230205", "2023-02-05"),
            ("5-Feb-2023", "2023-02-05"),
            ("05-FEBRUARY-2023", "2023-02-05"),
            ("Feb 5, 2023", "2023-02-05"),
            ("february  05,\u{a0}2023", "2023-02-05"),
            ("Sept 1, 2023", "2023-09-01"),
            ("May 1, 2023", "2023-05-01"),
            ("44962", "2023-02-05"),
            ("44962.0", "2023-02-05"),
            ("44962.999999", "2023-02-05"),
            ("02/29/2024", "2024-02-29"),
            ("01/01/2000", "2000-01-01"),
            ("36526", "2000-01-01"),
            ("12/31/2100", "2100-12-31"),
            ("73415.9", "2100-12-31"),
            ("\u{a0}02/05/2023 ", "2023-02-05"),
        ];
        for (raw, expected) in cases {
            check(raw, Read::Value(expected));
        }
    }

    #[test]
    fn a_time_behind_is_ignored() {
        let times = ["  5:30PM", " 17:30", "T00:00:00Z", " 25:99 whatever", "\u{a0}9:00"];
        for date in ["02/05/2023", "2/5/23", "2023-02-05", "20230205", "5-Feb-2023", "Feb 5, 2023"] {
            for time in times {
                check(&format!("{date}{time}"), Read::Value("2023-02-05"));
            }
        }
    }

    #[test]
    fn placeholders() {
        for raw in ["", " ", "-----", "NULL", "nu", "NaT", "00/00/0000", "01/01/1900  12:00:00 AM"] {
            check(raw, Read::Null);
        }
    }

    #[test]
    fn what_is_no_date() {
        let cases = [
            "0",
            "44962.",
            "44962,5",
            "44962 5:30PM",
            "19999",
            "80001",
            "36525.5",
            "73416",
            "99999",
            "4496",
            "449620",
            "02/30/2023",
            "02/29/2023",
            "13/01/2023",
            "00/01/2023",
            "1/0/2023",
            "1/1/1999",
            "1/1/2101",
            "12/31/1999",
            "1/1/023",
            "1/1/20233",
            "001/1/2023",
            "1/1",
            "1/1/",
            "1-1-23",
            "5-Feb-23",
            "5-Fe-2023",
            "5-Febr-2023",
            "2023-1-5",
            "2023/01/05",
            "2023-01-05-",
            "20231305",
            "20230229",
            "Feb 5 2023",
            "Feb 5,2023",
            "Feb2, 2023",
            "Febs 5, 2023",
            "Sep. 5, 2023",
            "Mai 5, 2023",
            "Feb 32, 2023",
            "02/05/2023 x",
            "02/05/2023 5",
            "02/05/2023x",
            "2023-02-05T",
            "٠٢/٠٥/٢٠٢٣",
            "1 / 2 / 2023",
            "-1/2/2023",
            "tomorrow",
            "1/1/1900",
        ];
        for raw in cases {
            check(raw, Read::Invalid);
        }
    }

    #[test]
    fn a_fraction_of_a_day_is_rounded_to_the_second() {
        let cases = [
            ("", 0),
            ("5", 43_200),
            ("729166666666667", 63_000),
            ("72916666666666666666666666666666666666666666667", 63_000),
            ("000005787038", 1),
            ("000005787037", 0),
            ("00000578", 0),
            ("999999", 86_400),
            ("99999", 86_399),
        ];
        for (digits, expected) in cases {
            assert_eq!(seconds_of(digits.as_bytes()), Some(expected), "{digits:?}");
        }
    }
}
