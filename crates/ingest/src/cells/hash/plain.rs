//! Emails and phones in plain text: recognised, normalised and hashed on the spot (spec 1.6).

use leadq_contract::identity::{Algorithm, EmailRule, PhoneRule};
use leadq_contract::{IdentifierKind, IdentityRule};

use super::{HashAlgorithm, HashText};

/// How a client's plain text is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlainRule {
    algorithm: HashAlgorithm,
    email: EmailRule,
    phone: PhoneRule,
}

impl PlainRule {
    /// The default normalisation, and an algorithm.
    #[must_use]
    pub fn of(algorithm: HashAlgorithm) -> Self {
        Self { algorithm, email: EmailRule::default(), phone: PhoneRule::default() }
    }

    /// A client's identity rule; `usual` is the algorithm of most of its leads, SHA-256 when there are none.
    #[must_use]
    pub fn of_client(rule: &IdentityRule, usual: HashAlgorithm) -> Self {
        let algorithm = match rule.algorithm {
            Some(Algorithm::Sha256) => HashAlgorithm::Sha256,
            Some(Algorithm::Sha1) => HashAlgorithm::Sha1,
            Some(Algorithm::Md5) => HashAlgorithm::Md5,
            None => usual,
        };
        Self { algorithm, email: rule.email, phone: rule.phone }
    }

    /// Hashes plain text of a column's kind; `None` for any other text.
    pub(super) fn hash(self, text: &str, kind: IdentifierKind) -> Option<HashText> {
        let normalised = match kind {
            IdentifierKind::Email if text.contains('@') => match self.email {
                EmailRule::TrimLower => normalise_email(text),
                EmailRule::Google => google_email(text),
            },
            IdentifierKind::Email => return None,
            IdentifierKind::Phone => normalise_phone(text)?,
        };
        let text = match (kind, self.phone) {
            (IdentifierKind::Phone, PhoneRule::Digits) => normalised.trim_start_matches('+'),
            _ => &normalised,
        };
        Some(self.algorithm.hash(text.as_bytes()))
    }
}

/// The hashes of an email or a phone in plain text by every algorithm and every rule that a client may have.
pub(crate) fn every_hash(text: &str, kind: IdentifierKind) -> Vec<HashText> {
    let mut forms = match kind {
        IdentifierKind::Email => vec![normalise_email(text), google_email(text)],
        IdentifierKind::Phone => normalise_phone(text).into_iter().collect(),
    };
    if let (IdentifierKind::Phone, [e164]) = (kind, &forms[..]) {
        forms.push(e164.trim_start_matches('+').to_owned());
    }
    forms.dedup();
    let every = |form: &String| HashAlgorithm::ALL.map(|algorithm| algorithm.hash(form.as_bytes()));
    forms.iter().flat_map(every).collect()
}

/// An email as Google hashes it: all white space out, lower-cased, and of its own domains without the dots and
/// the suffix that its mailboxes do not tell apart.
#[must_use]
pub fn google_email(email: &str) -> String {
    let solid: String = email.split_whitespace().collect();
    mailbox(&normalise_email(&solid), &["gmail.com", "googlemail.com"])
}

/// The mailbox behind an address: at some domains dots, and a `+` with what follows it, are decoration.
pub(crate) fn mailbox(email: &str, domains: &[&str]) -> String {
    match email.rsplit_once('@') {
        Some((local, domain)) if domains.contains(&domain) => {
            let local = local.split('+').next().unwrap_or(local);
            format!("{}@{domain}", local.replace('.', ""))
        }
        _ => email.to_owned(),
    }
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
    fn plain_text_by_a_clients_rule() {
        let rule = |email, phone| {
            let rule = IdentityRule { algorithm: Some(Algorithm::Sha1), email, phone };
            PlainRule::of_client(&rule, HashAlgorithm::Md5)
        };
        let google = rule(EmailRule::Google, PhoneRule::Digits);
        let plain = rule(EmailRule::TrimLower, PhoneRule::E164);
        let cases = [
            (google, IdentifierKind::Email, "Jane.D.oe+ads@Gmail.com", "janedoe@gmail.com"),
            (google, IdentifierKind::Email, "j.d+x@googlemail.com", "jd@googlemail.com"),
            (google, IdentifierKind::Email, "j.d+x@example.com", "j.d+x@example.com"),
            (google, IdentifierKind::Phone, "(555) 123-4567", "15551234567"),
            (plain, IdentifierKind::Email, "Jane.Doe+ads@Gmail.com", "jane.doe+ads@gmail.com"),
            (plain, IdentifierKind::Phone, "(555) 123-4567", "+15551234567"),
        ];
        for (rule, kind, text, hashed) in cases {
            assert_eq!(rule.hash(text, kind), Some(HashAlgorithm::Sha1.hash(hashed.as_bytes())), "{text}");
        }
        let usual = PlainRule::of_client(&IdentityRule::default(), HashAlgorithm::Md5);
        assert_eq!(usual, PlainRule::of(HashAlgorithm::Md5));
    }

    #[test]
    fn emails_in_lower_case() {
        assert_eq!(normalise_email(" Jane@Example.COM\u{a0}"), "jane@example.com");
        assert_eq!(normalise_email("É@x.fr"), "é@x.fr");
    }
}
