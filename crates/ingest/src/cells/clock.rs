//! The time of day behind a date (spec 1.6): `h:mmAM`, `h:mm AM`, `h:mm:ss AM`, `H:mm`, `H:mm:ss`,
//! fractional seconds, an optional `Z` or offset.

use super::scan::Scan;

/// A time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// Seconds since midnight; a fraction is cut.
    pub(super) seconds: u32,
    /// Seconds east of UTC, if the cell says so.
    pub(super) offset: Option<i32>,
}

impl Clock {
    /// The time of a date without one.
    pub(super) const MIDNIGHT: Self = Self { seconds: 0, offset: None };
}

/// The farthest that an offset goes, in seconds (as in XML Schema). What lies beyond is no offset but,
/// say, the end of an appointment: `14:00-16:00`.
const FARTHEST_OFFSET: i32 = 14 * 3600;

/// Passes over what parts a date from a time: white space, or a `T`.
fn separator(scan: &mut Scan<'_>) -> bool {
    scan.spaces() || scan.eat_if(|b| matches!(b, b'T' | b't'))
}

/// Whether a separator and the beginning of a time come next: one or two digits and a colon, as in every
/// notation.
pub(super) fn begins(scan: &mut Scan<'_>) -> bool {
    separator(scan) && scan.number(1, 2).is_some() && scan.eat(b':')
}

/// Reads a separator and a time, to the end of the text.
pub(super) fn read(scan: &mut Scan<'_>) -> Option<Clock> {
    if !separator(scan) {
        return None;
    }
    let hour = scan.number(1, 2)?;
    let minute = sixtieths(scan)?;
    let second = if scan.peek() == Some(b':') { sixtieths(scan)? } else { 0 };
    fraction(scan)?;
    let hour = match half(scan) {
        Some(Half::Morning) if (1..=12).contains(&hour) => hour % 12,
        Some(Half::Afternoon) if (1..=12).contains(&hour) => hour % 12 + 12,
        None if hour < 24 => hour,
        _ => return None,
    };
    let offset = offset_at_end(scan)?;
    Some(Clock { seconds: hour * 3600 + minute * 60 + second, offset })
}

/// Reads what may follow a time with its seconds, to the end of the text: a fraction, an offset.
pub(super) fn end(scan: &mut Scan<'_>) -> Option<Option<i32>> {
    fraction(scan)?;
    offset_at_end(scan)
}

/// Passes over a fraction of a second, if there is one; none if it has no digits.
fn fraction(scan: &mut Scan<'_>) -> Option<()> {
    (!scan.eat(b'.') || !scan.digits().is_empty()).then_some(())
}

/// Reads the offset that is left, or nothing.
fn offset_at_end(scan: &mut Scan<'_>) -> Option<Option<i32>> {
    if scan.is_empty() {
        return Some(None);
    }
    let offset = offset(scan)?;
    scan.is_empty().then_some(Some(offset))
}

/// Reads a colon and two digits below 60.
fn sixtieths(scan: &mut Scan<'_>) -> Option<u32> {
    if !scan.eat(b':') {
        return None;
    }
    scan.number(2, 2).filter(|n| *n < 60)
}

/// Half of the day of a time on twelve hours.
enum Half {
    Morning,
    Afternoon,
}

/// Reads `AM` or `PM`, of any case, with a space before or without, as `a.m.` too.
fn half(scan: &mut Scan<'_>) -> Option<Half> {
    let mut ahead = *scan;
    ahead.spaces();
    let half = match ahead.peek()? {
        b'A' | b'a' => Half::Morning,
        b'P' | b'p' => Half::Afternoon,
        _ => return None,
    };
    ahead.eat_if(|_| true);
    let dotted = ahead.eat(b'.');
    let whole = ahead.eat_if(|b| matches!(b, b'M' | b'm')) && (!dotted || ahead.eat(b'.'));
    if !whole {
        return None;
    }
    *scan = ahead;
    Some(half)
}

/// Reads `Z`, `+HH`, `+HHMM` or `+HH:MM`, with a space before or without, as seconds east of UTC.
fn offset(scan: &mut Scan<'_>) -> Option<i32> {
    scan.spaces();
    if scan.eat_if(|b| matches!(b, b'Z' | b'z')) {
        return Some(0);
    }
    let west = scan.eat(b'-');
    if !west && !scan.eat(b'+') {
        return None;
    }
    let (hours, minutes) = match scan.digits() {
        [h1, h2, m1, m2] => (two_digits(*h1, *h2), two_digits(*m1, *m2)),
        [h1, h2] if scan.peek() == Some(b':') => (two_digits(*h1, *h2), sixtieths(scan)?.cast_signed()),
        [h1, h2] => (two_digits(*h1, *h2), 0),
        _ => return None,
    };
    let seconds = hours * 3600 + minutes * 60;
    (minutes < 60 && seconds <= FARTHEST_OFFSET).then_some(if west { -seconds } else { seconds })
}

/// The number that two digits stand for.
fn two_digits(tens: u8, ones: u8) -> i32 {
    i32::from(tens - b'0') * 10 + i32::from(ones - b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(u32, Option<i32>)>) {
        let clock = read(&mut Scan::new(text.as_bytes()));
        assert_eq!(clock.map(|c| (c.seconds, c.offset)), expected, "{text:?}");
    }

    const fn at(hour: u32, minute: u32, second: u32) -> u32 {
        hour * 3600 + minute * 60 + second
    }

    #[test]
    fn times_without_an_offset() {
        let cases = [
            ("  5:30PM", at(17, 30, 0)),
            (" 5:30 pm", at(17, 30, 0)),
            (" 05:30:15 a.m.", at(5, 30, 15)),
            (" 12:00AM", 0),
            (" 12:59 PM", at(12, 59, 0)),
            (" 9:00:00.000 AM", at(9, 0, 0)),
            (" 7:05", at(7, 5, 0)),
            ("T23:59:59", at(23, 59, 59)),
            ("t00:00:00.999999999999", 0),
            ("\t0:00", 0),
        ];
        for (text, expected) in cases {
            check(text, Some((expected, None)));
        }
    }

    #[test]
    fn times_with_an_offset() {
        let cases = [
            ("T10:00:00Z", 0),
            ("T10:00z", 0),
            ("T10:00:00.5-05:00", -5 * 3600),
            (" 10:00:00 +00:00", 0),
            (" 10:00+0530", 5 * 3600 + 30 * 60),
            (" 10:00:00-08", -8 * 3600),
            (" 10:00 AM -0700", -7 * 3600),
            (" 10:00+14:00", 14 * 3600),
        ];
        for (text, expected) in cases {
            check(text, Some((at(10, 0, 0), Some(expected))));
        }
    }

    #[test]
    fn unreadable_times() {
        let cases = [
            "",
            " ",
            "5:30PM",
            " 0:30AM",
            " 13:30PM",
            " 24:00",
            " 9:60",
            " 9:00:60",
            " 9:5",
            " 9",
            " 9PM",
            " 9:00:",
            " 9:00:00.",
            " 9:00XM",
            " 9:00 A",
            " 9:00 a.m",
            " 9:00 PMx",
            " 9:00 noon",
            " 14:00-16:00",
            " 10:00+5",
            " 10:00+05:",
            " 10:00+05:60",
            " 10:00+0560",
            " 10:00+05:00:00",
            " 10:00 UTC",
            " 100:00",
            " 9:00 - 11:00",
            "T 9:00",
            " T9:00",
            " 9:00 AM PM",
            " 9:00Z+00:00",
            " 9:00.5.5",
        ];
        for text in cases {
            check(text, None);
        }
    }
}
