//! ZIP codes (spec 1.6).

use leadq_contract::CellType;

use super::{Read, text};

/// The first five digits of a ZIP code; never `00000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Zip([u8; 5]);

impl Zip {
    /// The five digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl AsRef<str> for Zip {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// Reads `zip`.
#[must_use]
pub fn read(raw: &str) -> Read<Zip> {
    let text = text::trim(raw);
    let code = text.strip_suffix(".0").unwrap_or(text);
    Read::of(parse(code.as_bytes()), text, CellType::Zip)
}

/// The five digits of `NNNNN`, `NNNNN-NNNN`, nine digits, or three or four that lost their zeros.
fn parse(code: &[u8]) -> Option<Zip> {
    let (head, tail) = code.split_at_checked(5).unwrap_or((code, &[]));
    let is_digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
    let whole = match tail {
        [] => head.len() >= 3,
        [b'-', plus_four @ ..] | plus_four => plus_four.len() == 4 && is_digits(plus_four),
    };
    if !whole || !is_digits(head) {
        return None;
    }
    let mut digits = [b'0'; 5];
    digits.get_mut(5 - head.len()..)?.copy_from_slice(head);
    (digits != *b"00000").then_some(Zip(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zip_codes() {
        let cases = [
            ("98311", "98311"),
            (" 98311.0 ", "98311"),
            ("98311-1234", "98311"),
            ("983111234", "98311"),
            ("983111234.0", "98311"),
            ("0501", "00501"),
            ("501", "00501"),
            ("2134.0", "02134"),
            ("00501", "00501"),
            ("00501-0000", "00501"),
        ];
        for (raw, expected) in cases {
            assert_eq!(
                read(raw).value().map(|zip| zip.as_str().to_owned()).as_deref(),
                Some(expected),
                "{raw:?}"
            );
        }
        for raw in ["", "-", "-----", "n/a", "NULL"] {
            assert_eq!(read(raw), Read::Null, "{raw:?}");
        }
        let invalid = [
            "0",
            "9",
            "12",
            "00000",
            "000",
            "0000",
            "000000000",
            "00000-1234",
            "983111",
            "98311123",
            "98311-123",
            "98311-12345",
            "98311 1234",
            "98311-",
            "9831112345",
            "K1A 0B1",
            "9831x",
            "98311.5",
            "98311.00",
            ".0",
            "501-1234",
            "-8311",
            "98311--234",
            "٩٨٣١١",
            "nul",
        ];
        for raw in invalid {
            assert_eq!(read(raw), Read::Invalid, "{raw:?}");
        }
    }
}
