//! Yes and no (spec 1.6).

use leadq_contract::CellType;

use super::{Read, text};

const TRUE: [&str; 7] = ["1", "true", "yes", "y", "x", "t", "1.0"];
const FALSE: [&str; 6] = ["0", "false", "no", "n", "f", "0.0"];

/// Reads `set` and `demo`.
#[must_use]
pub fn read(raw: &str) -> Read<bool> {
    let text = text::trim(raw);
    let is_among = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    let parsed = if is_among(&FALSE) {
        Some(false)
    } else if is_among(&TRUE) {
        Some(true)
    } else {
        None
    };
    Read::of(parsed, text, CellType::Boolean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word() {
        for raw in ["1", "1.0", "true", "TRUE", "t", "Yes", "y", "X", " 1 ", "\u{a0}x"] {
            assert_eq!(read(raw), Read::Value(true), "{raw:?}");
        }
        for raw in ["0", "0.0", "False", "f", "no", "N", "0\t"] {
            assert_eq!(read(raw), Read::Value(false), "{raw:?}");
        }
        for raw in ["", "  ", "-----", "n/a", "NA", "none", "Null"] {
            assert_eq!(read(raw), Read::Null, "{raw:?}");
        }
        for raw in ["2", "01", "1.00", "1,0", "-1", "ja", "nu", "yes!", "on", "off", "00/00/0000"] {
            assert_eq!(read(raw), Read::Invalid, "{raw:?}");
        }
    }
}
