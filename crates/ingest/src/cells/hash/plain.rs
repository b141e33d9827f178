//! Emails and phones in plain text: recognised, normalised and hashed on the spot (spec 1.6).

use leadq_contract::IdentifierKind;

use super::{HashAlgorithm, HashText};

/// Hashes plain text of a column's kind; `None` for any other text.
pub(super) fn hash(text: &str, kind: IdentifierKind, algorithm: HashAlgorithm) -> Option<HashText> {
    let normalised = match kind {
        IdentifierKind::Email if text.contains('@') => normalise_email(text),
        IdentifierKind::Email => return None,
        IdentifierKind::Phone => normalise_phone(text)?,
    };
    Some(algorithm.hash(normalised.as_bytes()))
}

/// An email as it is hashed: trimmed and lower-cased.
#[must_use]
pub fn normalise_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// A phone as it is hashed, in E.164: 10 to 15 digits with a `+` before them as they are, 10 get `+1`, 11
/// that begin with 1 get `+`; anything else is none. Spaces, dashes, dots and parentheses do not count.
#[must_use]
pub fn normalise_phone(phone: &str) -> Option<String> {
    let mut digits = String::with_capacity(16);
    let mut has_plus = false;
    for byte in phone.bytes() {
        match byte {
            b'0'..=b'9' if digits.len() < 15 => digits.push(char::from(byte)),
            b'+' if digits.is_empty() && !has_plus => has_plus = true,
            b' ' | b'-' | b'.' | b'(' | b')' => {}
            _ => return None,
        }
    }
    match digits.len() {
        10..=15 if has_plus => digits.insert(0, '+'),
        10 => digits.insert_str(0, "+1"),
        11 if digits.starts_with('1') => digits.insert(0, '+'),
        _ => return None,
    }
    Some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_in_e164() {
        let cases = [
            ("5551234567", Some("+15551234567")),
            ("(555) 123-4567", Some("+15551234567")),
            ("555.123.4567", Some("+15551234567")),
            ("15551234567", Some("+15551234567")),
            ("1-555-123-4567", Some("+15551234567")),
            ("+1 (555) 123-4567", Some("+15551234567")),
            ("(+1) 555 123 4567", Some("+15551234567")),
            ("+44 20 7946 0958", Some("+442079460958")),
            ("+4930123456", Some("+4930123456")),
            ("+123456789012345", Some("+123456789012345")),
            ("+1234567890123456", None),
            ("+123456789", None),
            ("123456789", None),
            ("25551234567", None),
            ("442079460958", None),
            ("123456789012345", None),
            ("++5551234567", None),
            ("555+1234567", None),
            ("5551234567 x12", None),
            ("555/123/4567", None),
            ("٥٥٥١٢٣٤٥٦٧", None),
            ("()", None),
            ("", None),
        ];
        for (phone, expected) in cases {
            assert_eq!(normalise_phone(phone).as_deref(), expected, "{phone:?}");
        }
    }

    #[test]
    fn emails_in_lower_case() {
        assert_eq!(normalise_email(" Jane@Example.COM\u{a0}"), "jane@example.com");
        assert_eq!(normalise_email("É@x.fr"), "é@x.fr");
    }
}
