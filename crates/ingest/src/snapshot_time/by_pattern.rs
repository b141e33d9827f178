//! The time in a file's name where the client's own pattern says that it stands (spec 1.8).

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use leadq_contract::SnapshotPattern;
use leadq_contract::snapshot_pattern::Piece;

use super::{end_of_day, number, ymd};
use crate::cells::date::month_of;

/// Wall time that a file's name gives by a client's pattern: the last place from the left, without overlap,
/// that fits and is a valid date; no digit stands directly before or after it. A date alone, or with an
/// unreadable time, means 23:59:59.
#[must_use]
pub fn from_name_by(pattern: &SnapshotPattern, name: &str) -> Option<NaiveDateTime> {
    let (mut at, mut last) = (0, None);
    while at < name.len() {
        match match_at(pattern.pieces(), name, at) {
            Some((time, end)) => {
                last = Some(time);
                at = end;
            }
            None => at += 1,
        }
    }
    last
}

/// A fit of the pattern that begins at a byte, with the position behind it.
fn match_at(pieces: &[Piece], name: &str, start: usize) -> Option<(NaiveDateTime, usize)> {
    let is_digit = |at: usize| name.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    if !name.is_char_boundary(start) || (is_digit(start) && start > 0 && is_digit(start - 1)) {
        return None;
    }
    let (mut found, mut at, mut date_end) = (Found::default(), start, start);
    for (place, piece) in pieces.iter().enumerate() {
        let Some(width) = found.take(*piece, &name[at..]) else {
            // What is missing may be the time only; then the date stands alone.
            let time_ahead = pieces[place..].iter().any(|piece| piece.is_time());
            let date = found.date().filter(|_| time_ahead && !is_digit(date_end))?;
            return Some((end_of_day(date), date_end));
        };
        at += width;
        if !matches!(piece, Piece::Literal(_)) && !piece.is_time() {
            date_end = at;
        }
    }
    let date = found.date().filter(|_| !is_digit(at))?;
    Some((found.time().map_or_else(|| end_of_day(date), |time| date.and_time(time)), at))
}

/// Parts of a time that were found so far.
#[derive(Default)]
struct Found {
    year: Option<u32>,
    month: Option<u32>,
    day: Option<u32>,
    hour: Option<u32>,
    minute: Option<u32>,
    second: Option<u32>,
    afternoon: Option<bool>,
}

impl Found {
    fn date(&self) -> Option<NaiveDate> {
        ymd(self.year?, self.month?, self.day?)
    }

    fn time(&self) -> Option<NaiveTime> {
        let hour = match (self.hour?, self.afternoon) {
            (hour, None) => hour,
            (hour @ 1..=12, Some(afternoon)) => hour % 12 + if afternoon { 12 } else { 0 },
            _ => return None,
        };
        NaiveTime::from_hms_opt(hour, self.minute.unwrap_or(0), self.second.unwrap_or(0))
    }

    /// Takes the beginning of what is left of a name for a piece; how many bytes it is.
    fn take(&mut self, piece: Piece, rest: &str) -> Option<usize> {
        let bytes = rest.as_bytes();
        match piece {
            Piece::Literal(wanted) => {
                let first = rest.chars().next()?;
                first.to_lowercase().eq(wanted.to_lowercase()).then(|| first.len_utf8())
            }
            Piece::Year => digits(&mut self.year, bytes, &[4]),
            Piece::ShortYear => {
                let width = digits(&mut self.year, bytes, &[2])?;
                self.year = self.year.map(|year| 2000 + year);
                Some(width)
            }
            Piece::Month => digits(&mut self.month, bytes, &[2, 1]),
            Piece::MonthName => {
                let letters = &bytes[..bytes.iter().take_while(|b| b.is_ascii_alphabetic()).count()];
                self.month = Some(month_of(letters)?);
                Some(letters.len())
            }
            Piece::Day => digits(&mut self.day, bytes, &[2, 1]),
            Piece::Hour | Piece::Hour12 => digits(&mut self.hour, bytes, &[2, 1]),
            Piece::Minute => digits(&mut self.minute, bytes, &[2]),
            Piece::Second => digits(&mut self.second, bytes, &[2]),
            Piece::Half => {
                let half = bytes.get(..2)?;
                self.afternoon = Some(half.eq_ignore_ascii_case(b"pm"));
                (half.eq_ignore_ascii_case(b"am") || self.afternoon == Some(true)).then_some(2)
            }
        }
    }
}

/// Takes a number of the first width that is all digits.
fn digits(place: &mut Option<u32>, bytes: &[u8], widths: &[usize]) -> Option<usize> {
    let (value, width) = widths.iter().find_map(|width| Some((number(bytes, 0, *width)?, *width)))?;
    *place = Some(value);
    Some(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_a_clients_pattern_1_8() {
        let cases = [
            ("Leads %d.%m.%y", "Leads 14.03.23.csv", Some("2023-03-14T23:59:59")),
            ("Leads %d.%m.%y", "drops/LEADS 4.3.23 (2).csv", Some("2023-03-04T23:59:59")),
            ("Leads %d.%m.%y", "Report 14.03.23.csv", None),
            ("Leads %d.%m.%y", "Leads 14.03.2023.csv", None),
            ("Leads %d.%m.%y", "Leads 31.02.23.csv", None),
            ("%d.%m.%y", "01.02.23 to 14.03.23.csv", Some("2023-03-14T23:59:59")),
            ("%d.%m.%y", "14.03.23 not 99.99.99.csv", Some("2023-03-14T23:59:59")),
            ("%d.%m.%y", "114.03.23.csv", None),
            ("%Y%m%d-%H%M%S", "x_20230314-093015.csv", Some("2023-03-14T09:30:15")),
            ("%Y%m%d-%H%M%S", "x_20230314-0930.csv", Some("2023-03-14T23:59:59")),
            ("%Y%m%d-%H%M%S", "x_20230314-253015.csv", Some("2023-03-14T23:59:59")),
            ("%Y%m%d-%H%M%S", "x_20230314.csv", Some("2023-03-14T23:59:59")),
            ("%Y%m%d-%H%M%S", "x_202303145.csv", None),
            ("%B %d, %Y %I%M %p", "Export march 4, 2023 0130 PM.csv", Some("2023-03-04T13:30:00")),
            ("%d-%b-%y", "04-Sept-23.csv", Some("2023-09-04T23:59:59")),
            ("%d-%b-%y", "04-Mär-23.csv", None),
            ("Übersicht %d.%m.%Y", "übersicht 04.03.2023.csv", Some("2023-03-04T23:59:59")),
            ("%d.%m.%Y", "04.03.1999.csv", None),
            ("%d.%m.%y report", "04.03.23 summary", None),
            ("%d.%m.%y", "", None),
        ];
        for (pattern, name, expected) in cases {
            let found = from_name_by(&pattern.parse().unwrap(), name);
            let expected = expected.map(|text| text.parse::<NaiveDateTime>().unwrap());
            assert_eq!(found, expected, "{name:?} by {pattern:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_name_panics(name in ".{0,40}", digits in "[0-9_.:ap T-]{0,40}") {
            for pattern in ["%Y%m%d", "ü%d.%m.%y %I%M%p x", "%d %b %Y %I:%M %p", "%m-%d-%Y_%H-%M-%S"] {
                let Ok(pattern) = pattern.parse() else { continue };
                let _ = (from_name_by(&pattern, &name), from_name_by(&pattern, &digits));
            }
        }
    }
}
