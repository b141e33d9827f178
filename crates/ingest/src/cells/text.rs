//! White space, placeholders, and the cells that stay text (spec 1.6).

use std::borrow::Cow;

use leadq_contract::CellType;

use super::{Read, clock, scan::Scan};

/// Placeholders of every column, beside the empty cell and dashes.
const WORDS: [&str; 8] = ["null", "none", "nan", "nat", "n/a", "#n/a", "na", "undefined"];

/// Placeholders of date, timestamp and state columns: `null`, cut off by a narrow column.
const CUT_OFF: [&str; 2] = ["nu", "nul"];

/// Placeholders of date and timestamp columns, with or without a midnight time.
const ZERO_DATES: [&str; 4] = ["0000-00-00", "00/00/0000", "01/01/1900", "1900-01-01"];

/// Trims white space and collapses inner runs of it to one space (1.6).
///
/// White space is Unicode's property `White_Space`: NBSP is in it, U+FEFF is not (a byte order mark is
/// taken off with the file's encoding, 1.5; inside a cell it is a character like any other).
#[must_use]
pub fn tidy(raw: &str) -> Cow<'_, str> {
    let trimmed = trim(raw);
    if is_tidy(trimmed) {
        return Cow::Borrowed(trimmed);
    }
    let mut text = String::with_capacity(trimmed.len());
    for word in trimmed.split_whitespace() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    Cow::Owned(text)
}

/// Whether trimmed text has no white space but single spaces.
fn is_tidy(trimmed: &str) -> bool {
    let mut after_space = false;
    for byte in trimmed.bytes() {
        let space = match byte {
            b' ' if after_space => return false,
            b' ' => true,
            b'\t'..=b'\r' => return false,
            0x80.. => return is_tidy_unicode(trimmed),
            _ => false,
        };
        after_space = space;
    }
    true
}

/// [`is_tidy`] for text beyond ASCII.
fn is_tidy_unicode(trimmed: &str) -> bool {
    let mut after_space = false;
    trimmed.chars().all(|c| {
        let fits = !c.is_whitespace() || (c == ' ' && !after_space);
        after_space = c == ' ';
        fits
    })
}

/// Trims white space at both ends, as `str::trim` does, but without decoding ends that are plain ASCII: on
/// a report's cells that is several times as fast, and it is the first step of every reader.
pub(super) fn trim(raw: &str) -> &str {
    let text = raw.trim_ascii();
    match text.as_bytes() {
        [] => text,
        [only] if only.is_ascii_graphic() => text,
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// Trimmed text whose inner runs stay, unless some of it is beyond ASCII.
///
/// For the readers that pass over runs of ASCII white space themselves: `01/02/2023  5:30PM`, with two
/// spaces, is what a whole column looks like, and needs no copy.
pub(super) fn trim_outside(raw: &str) -> Cow<'_, str> {
    let trimmed = trim(raw);
    if trimmed.is_ascii() { Cow::Borrowed(trimmed) } else { tidy(trimmed) }
}

/// Whether tidy text stands for nothing in a column of a type (1.6).
#[must_use]
pub fn is_placeholder(tidy: &str, cell_type: CellType) -> bool {
    let Some(first) = tidy.bytes().next() else { return true };
    let is_time = matches!(cell_type, CellType::Date | CellType::Timestamp);
    let is_among = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(tidy));
    match first {
        b'-' => tidy.bytes().all(|b| b == b'-'),
        b'n' | b'N' | b'u' | b'U' | b'#' => {
            is_among(&WORDS) || ((is_time || cell_type == CellType::State) && is_among(&CUT_OFF))
        }
        b'0' | b'1' => is_time && is_zero_date(tidy),
        _ => false,
    }
}

/// Whether text is a date that databases write for "none", alone or at midnight in any notation.
fn is_zero_date(tidy: &str) -> bool {
    ZERO_DATES.iter().filter_map(|zero| tidy.strip_prefix(zero)).any(|rest| {
        let mut rest = Scan::new(rest.as_bytes());
        rest.is_empty() || clock::read(&mut rest).is_some_and(|time| time.seconds == 0)
    })
}

/// Reads `dispo`, `job_status` and `location`: as they are, once tidy. Never invalid.
#[must_use]
pub fn plain(raw: &str) -> Read<Cow<'_, str>> {
    let text = tidy(raw);
    if is_placeholder(&text, CellType::Text) { Read::Null } else { Read::Value(text) }
}

/// Reads `lead_number`: text, of which a trailing `.0` is dropped after digits only. Never invalid.
#[must_use]
pub fn lead_number(raw: &str) -> Read<Cow<'_, str>> {
    let text = tidy(raw);
    if is_placeholder(&text, CellType::LeadNumber) {
        return Read::Null;
    }
    Read::Value(match text {
        Cow::Borrowed(text) => Cow::Borrowed(without_point_zero(text)),
        // White space was collapsed inside: there is more to it than digits.
        Cow::Owned(text) => Cow::Owned(text),
    })
}

/// Text without the `.0` that a spreadsheet put behind its digits.
fn without_point_zero(text: &str) -> &str {
    match text.strip_suffix(".0") {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => digits,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space() {
        let cases = [
            ("", ""),
            (" \t\u{a0} ", ""),
            ("Surprise", "Surprise"),
            ("Las Vegas", "Las Vegas"),
            ("Bremerton                   ", "Bremerton"),
            ("\u{a0}Las\u{a0}Vegas\u{3000}", "Las Vegas"),
            ("a  b", "a b"),
            ("a\tb\r\n\x0b\x0cc", "a b c"),
            ("a \u{a0} b", "a b"),
            ("é \u{2003}e", "é e"),
            ("Cañon City", "Cañon City"),
            ("\u{85}x\u{2028}", "x"),
            ("\u{feff}x", "\u{feff}x"),
            ("a\u{200b}b", "a\u{200b}b"),
        ];
        for (raw, expected) in cases {
            assert_eq!(tidy(raw), expected, "{raw:?}");
        }
    }

    #[test]
    fn text_with_nothing_inside_to_collapse_is_borrowed() {
        for raw in ["Las Vegas", "  Las Vegas ", "Cañon City", "\u{a0}x"] {
            assert!(matches!(tidy(raw), Cow::Borrowed(_)), "{raw:?}");
        }
    }

    #[test]
    fn placeholders_of_every_column() {
        let words = ["", "-", "-----", "null", "NONE", "NaN", "nat", "N/A", "#n/a", "Na", "Undefined"];
        let others = ["--x", "n", "n/", "nope", "unknown", "0", "#", "- -", "nulls", "–"];
        for cell_type in [CellType::Text, CellType::Hash, CellType::Zip, CellType::Date, CellType::State] {
            for word in words {
                assert!(is_placeholder(word, cell_type), "{word:?} {cell_type:?}");
            }
            for other in others {
                assert!(!is_placeholder(other, cell_type), "{other:?} {cell_type:?}");
            }
        }
    }

    #[test]
    fn placeholders_of_some_columns() {
        let all = [
            CellType::Date,
            CellType::Timestamp,
            CellType::State,
            CellType::Hash,
            CellType::Boolean,
            CellType::Zip,
            CellType::City,
            CellType::LeadNumber,
            CellType::Text,
        ];
        let cases: [(&str, &[CellType]); 15] = [
            ("nu", &all[..3]),
            ("NUL", &all[..3]),
            ("0000-00-00", &all[..2]),
            ("00/00/0000", &all[..2]),
            ("01/01/1900", &all[..2]),
            ("1900-01-01", &all[..2]),
            ("1900-01-01T00:00:00Z", &all[..2]),
            ("1900-01-01 00:00:00.000", &all[..2]),
            ("01/01/1900 12:00AM", &all[..2]),
            ("00/00/0000 12:00:00 am", &all[..2]),
            ("0000-00-00 0:00", &all[..2]),
            ("1900-01-01 12:00", &[]),
            ("1900-01-01 00:00:01", &[]),
            ("1900-01-01 midnight", &[]),
            ("1/1/1900", &[]),
        ];
        for (text, expected) in cases {
            let found: Vec<_> = all.into_iter().filter(|t| is_placeholder(text, *t)).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn plain_text() {
        let cases = [
            ("DQ - ROBOCALL", Some("DQ - ROBOCALL")),
            (" CXL-BT  x ", Some("CXL-BT x")),
            ("  ", None),
            ("-----", None),
            ("n/a", None),
            ("nul", Some("nul")),
        ];
        for (raw, expected) in cases {
            assert_eq!(plain(raw).value().as_deref(), expected, "{raw:?}");
        }
    }

    #[test]
    fn lead_numbers() {
        let cases = [
            ("289764", Some("289764")),
            (" 289764.0 ", Some("289764")),
            ("0.0", Some("0")),
            ("289764.00", Some("289764.00")),
            ("A12.0", Some("A12.0")),
            ("-5.0", Some("-5.0")),
            (".0", Some(".0")),
            ("1 2.0", Some("1 2.0")),
            ("1  2.0", Some("1 2.0")),
            ("00123", Some("00123")),
            ("null", None),
        ];
        for (raw, expected) in cases {
            assert_eq!(lead_number(raw).value().as_deref(), expected, "{raw:?}");
        }
    }
}
