//! How a client writes dates: a strftime pattern, or the letters of Spark and Java, translated.

use std::fmt::Write;

use chrono::format::{Item, Parsed, StrftimeItems, parse_and_remainder};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

/// A pattern that reads a date, with a time or without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeFormat {
    items: Vec<Item<'static>>,
    has_time: bool,
    text: String,
}

/// What a pattern read at the beginning of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatRead<'t> {
    /// The day.
    pub day: NaiveDate,
    /// Seconds since midnight, if the pattern has a time.
    pub seconds: Option<u32>,
    /// Seconds east of UTC, if the pattern has an offset in its midst.
    pub offset: Option<i32>,
    /// What is left behind it.
    pub rest: &'t str,
}

impl TimeFormat {
    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Reads the beginning of tidy text; none if the pattern does not fit.
    ///
    /// Two digits of a year are of this century; a minute and a second that the pattern lacks are zero.
    #[must_use]
    pub fn read<'t>(&self, text: &'t str) -> Option<FormatRead<'t>> {
        let mut parsed = Parsed::new();
        let rest = parse_and_remainder(&mut parsed, text, self.items.iter()).ok()?;
        if let (None, Some(year)) = (parsed.year(), parsed.year_mod_100()) {
            parsed.set_year(i64::from(2000 + year)).ok()?;
        }
        let day = parsed.to_naive_date().ok()?;
        let seconds = if self.has_time { Some(seconds(&mut parsed)?) } else { None };
        Some(FormatRead { day, seconds, offset: parsed.offset(), rest })
    }

    /// A pattern that cannot read what it writes itself says too little to mean a day.
    fn check(self) -> Result<Self, String> {
        let day = NaiveDate::from_ymd_opt(2023, 11, 26).unwrap_or_default();
        let time = NaiveTime::from_hms_opt(17, 0, 0).unwrap_or_default();
        let mut written = String::new();
        let told = DateTime::<Utc>::from_naive_utc_and_offset(day.and_time(time), Utc);
        let shown = write!(written, "{}", told.format_with_items(self.items.iter())).is_ok();
        let read = self.read(&written);
        let expected = self.has_time.then_some(17 * 3600);
        if shown && read.is_some_and(|r| r.day == day && r.seconds == expected && r.rest.is_empty()) {
            return Ok(self);
        }
        Err(format!("format {:?} does not tell a day; write one like %m/%d/%Y or M/d/yyyy", self.text))
    }
}

/// Seconds since midnight; fractions are cut, leap seconds are none.
fn seconds(parsed: &mut Parsed) -> Option<u32> {
    if parsed.minute().is_none() {
        parsed.set_minute(0).ok()?;
    }
    if parsed.second().is_some_and(|second| second > 59) {
        return None;
    }
    let time = parsed.to_naive_time().ok()?;
    Some(chrono::Timelike::num_seconds_from_midnight(&time))
}

impl std::str::FromStr for TimeFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let tidy = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let pattern = if tidy.contains('%') { tidy } else { of_letters(&tidy)? };
        let no_pattern =
            || format!("format {text:?} is no pattern; write one like %m/%d/%Y or M/d/yyyy h:mm a");
        // An offset at the end may be there or not, as in every notation that leadq reads by itself.
        let pattern = ["%:z", "%#z", "%z", "%Z"]
            .iter()
            .find_map(|zone| pattern.strip_suffix(zone))
            .map_or(pattern.as_str(), str::trim_end)
            .to_owned();
        let items = StrftimeItems::new(&pattern).parse_to_owned().map_err(|_| no_pattern())?;
        if items.is_empty() {
            return Err(no_pattern());
        }
        let has_time = has_time(&items);
        Self { items, has_time, text: text.to_owned() }.check()
    }
}

/// Whether a pattern tells an hour.
fn has_time(items: &[Item<'_>]) -> bool {
    use chrono::format::{Fixed, Numeric};
    items.iter().any(|item| {
        matches!(
            item,
            Item::Numeric(Numeric::Hour | Numeric::Hour12 | Numeric::Minute | Numeric::Second, _)
                | Item::Fixed(Fixed::LowerAmPm | Fixed::UpperAmPm | Fixed::RFC2822 | Fixed::RFC3339)
        )
    })
}

/// The strftime pattern of a pattern of letters, as `M/d/yyyy h:mm a`.
fn of_letters(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('\'') {
            rest = quoted_text(quoted, &mut out)
                .ok_or_else(|| format!("format {text:?} has a quote that is not closed; close it"))?;
            continue;
        }
        let count = rest.chars().take_while(|c| *c == letter).count();
        rest = &rest[count * letter.len_utf8()..];
        if letter == 'S' {
            // chrono's fraction brings its own point.
            out.truncate(out.strip_suffix('.').map_or(out.len(), str::len));
            out.push_str("%.f");
        } else if letter.is_ascii_alphabetic() {
            out.push_str(of_letter(letter, count).ok_or_else(|| {
                format!(
                    "format {text:?} has the letter {letter:?}, which is none of a date; use y M d H h m s S a E X, \
                     or a pattern with %"
                )
            })?);
        } else {
            out.extend(std::iter::repeat_n(letter, count));
        }
    }
    Ok(out)
}

/// Copies text between quotes; two quotes are one. What is left behind them.
fn quoted_text<'t>(quoted: &'t str, out: &mut String) -> Option<&'t str> {
    if let Some(rest) = quoted.strip_prefix('\'') {
        out.push('\'');
        return Some(rest);
    }
    let (inner, mut rest) = quoted.split_once('\'')?;
    out.push_str(inner);
    while let Some(more) = rest.strip_prefix('\'') {
        let (inner, after) = more.split_once('\'')?;
        out.push('\'');
        out.push_str(inner);
        rest = after;
    }
    Some(rest)
}

const fn of_letter(letter: char, count: usize) -> Option<&'static str> {
    Some(match (letter, count) {
        ('y' | 'u', 2) => "%y",
        ('y' | 'u', _) => "%Y",
        ('M' | 'L', 1 | 2) => "%m",
        // The whole name is read where the short one is asked for, as in leadq's own notations.
        ('M' | 'L', 3 | 4) => "%B",
        ('d', 1 | 2) => "%d",
        ('D', _) => "%j",
        ('H', 1 | 2) => "%H",
        ('h', 1 | 2) => "%I",
        ('m', 1 | 2) => "%M",
        ('s', 1 | 2) => "%S",
        ('a', _) => "%p",
        ('E', 1..=3) => "%a",
        ('E', 4) => "%A",
        ('X' | 'x' | 'Z', _) => "%z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: &str, text: &str) -> Option<String> {
        let format: TimeFormat = format.parse().unwrap();
        let read = format.read(text)?;
        Some(format!("{} {:?} {:?}", read.day, read.seconds, read.rest))
    }

    #[test]
    fn patterns_of_both_kinds() {
        let cases = [
            ("%d/%m/%Y", "5/2/2023", Some("2023-02-05 None \"\"")),
            ("%d.%m.%y", "05.02.71", Some("2071-02-05 None \"\"")),
            ("%d/%m/%Y", "25/02/2023 10:30", Some("2023-02-25 None \" 10:30\"")),
            ("%d/%m/%Y", "02/25/2023", None),
            ("%d/%m/%Y %H:%M", "25/02/2023 9:30", Some("2023-02-25 Some(34200) \"\"")),
            ("%d/%m/%Y %H:%M:%S", "25/02/2023 09:30:60", None),
            ("%d/%m/%Y %H:%M:%S%z", "25/02/2023 09:30:00+02:00", Some("2023-02-25 Some(34200) \"+02:00\"")),
            ("M/d/yyyy h:mm a", "2/5/2023 5:30 PM", Some("2023-02-05 Some(63000) \"\"")),
            ("M/d/yyyy h:mma", "2/5/2023 5:30pm", Some("2023-02-05 Some(63000) \"\"")),
            ("dd-MMM-yy", "05-Feb-23", Some("2023-02-05 None \"\"")),
            ("dd MMM yyyy", "05 February 2023", Some("2023-02-05 None \"\"")),
            ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2023-02-05T01:02:03.9Z", Some("2023-02-05 Some(3723) \"Z\"")),
            ("yyyy-MM-dd HH", "2023-02-05 07", Some("2023-02-05 Some(25200) \"\"")),
            ("EEE, d. MMM yyyy", "Sun, 5. Feb 2023", Some("2023-02-05 None \"\"")),
            ("d 'o''clock' M yyyy", "5 o'clock 2 2023", Some("2023-02-05 None \"\"")),
            ("yyyyMMdd", "20230205", Some("2023-02-05 None \"\"")),
        ];
        for (format, text, expected) in cases {
            assert_eq!(read(format, text).as_deref(), expected, "{format} of {text}");
        }
    }

    #[test]
    fn what_is_no_pattern() {
        let cases = [
            ("", "no pattern"),
            ("%Y-%Q", "no pattern"),
            ("%H:%M", "does not tell a day"),
            ("%Y-%m", "does not tell a day"),
            ("%Y-%m-%d %I:%M", "does not tell a day"),
            ("M/d", "does not tell a day"),
            ("1/2/2023", "does not tell a day"),
            ("tomorrow", "letter 't'"),
            ("yyyy-MM-dd'T", "quote"),
        ];
        for (format, expected) in cases {
            let told = format.parse::<TimeFormat>().unwrap_err();
            assert!(told.contains(expected), "{format:?}: {told}");
        }
    }
}
