//! Hashing conventions: what each makes of an email or a phone before it is hashed.
//!
//! For debugging only: no run normalises by anything but spec 1.6. Emails and phones come in as plain text
//! and go out as plain text or digests; nothing here keeps them. Where a phone does not say its country, it
//! is taken for one of the United States.

mod recognise;

pub use recognise::{Recognised, read_digest, recognise};

use data_encoding::{BASE64, HEXLOWER};
use leadq_contract::IdentifierKind;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::cells::hash::{HashAlgorithm, google_email, mailbox, normalise_email, normalise_phone};
use crate::cells::text::tidy;

/// Whose rules they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Convention {
    /// leadq's own (spec 1.6): emails trimmed and lower-cased, phones in E.164.
    Plain,
    /// Google's. Emails lower-cased, without any white space; at gmail.com and googlemail.com without the
    /// dots before the `@` and without a `+` and what follows it. Phones in E.164.
    ///
    /// From "Format user data" of the Data Manager API. An earlier edition of it, and "Enhanced Conversions"
    /// of Campaign Manager 360, take away the dots only; "Customer Match" of the Google Ads API asks for
    /// neither.
    Google,
    /// Meta's. Emails trimmed and lower-cased; phones as digits only, with their country code and without
    /// leading zeros: no `+`.
    ///
    /// From "Customer Information Parameters" of the Conversions API.
    Meta,
    /// UID2's. Emails trimmed and lower-cased; at gmail.com without dots and without a `+` and what follows
    /// it. Phones in E.164. Digests travel as base64.
    ///
    /// From "Normalization and Encoding" of the UID2 documentation.
    Uid2,
}

impl Convention {
    /// Every convention.
    pub const ALL: [Self; 4] = [Self::Plain, Self::Google, Self::Meta, Self::Uid2];

    /// Name on the command line and in output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Google => "google",
            Self::Meta => "meta",
            Self::Uid2 => "uid2",
        }
    }

    /// The text that is hashed; none, if by this convention it is no phone.
    #[must_use]
    pub fn normalise(self, kind: IdentifierKind, text: &str) -> Option<String> {
        match kind {
            IdentifierKind::Email => Some(self.email(text)),
            IdentifierKind::Phone if self == Self::Meta => meta_phone(text),
            IdentifierKind::Phone => normalise_phone(&tidy(text)),
        }
    }

    fn email(self, text: &str) -> String {
        match self {
            Self::Plain => normalise_email(&tidy(text)),
            Self::Meta => normalise_email(text),
            Self::Google => google_email(text),
            Self::Uid2 => mailbox(&normalise_email(text), &["gmail.com"]),
        }
    }
}

/// Most digits of a phone with its country code (ITU-T E.164), and fewest that are worth a try.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Digits only, without leading zeros. Ten digits without a country code are of the United States.
fn meta_phone(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let number = digits.trim_start_matches('0');
    let names_country = text.contains('+') || digits.starts_with("00") || number.len() > 10;
    match number.len() {
        10 if !names_country => Some(format!("1{number}")),
        len if names_country && PHONE_DIGITS.contains(&len) => Some(number.to_owned()),
        _ => None,
    }
}

/// Whether a text is an email or a phone; none, if it looks like neither.
#[must_use]
pub fn kind_of(text: &str) -> Option<IdentifierKind> {
    if text.contains('@') {
        return Some(IdentifierKind::Email);
    }
    let is_phone = Convention::ALL.iter().any(|c| c.normalise(IdentifierKind::Phone, text).is_some());
    is_phone.then_some(IdentifierKind::Phone)
}

/// How a digest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Encoding {
    /// Lower-case hexadecimal.
    Hex,
    /// Standard base64, padded.
    Base64,
}

impl Encoding {
    /// Every encoding.
    pub const ALL: [Self; 2] = [Self::Hex, Self::Base64];

    /// Name on the command line and in output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Base64 => "base64",
        }
    }

    /// A digest in this encoding.
    #[must_use]
    pub fn of(self, digest: &[u8]) -> String {
        match self {
            Self::Hex => HEXLOWER.encode(digest),
            Self::Base64 => BASE64.encode(digest),
        }
    }
}

/// The digest of a text, as bytes.
#[must_use]
pub fn digest(algorithm: HashAlgorithm, text: &[u8]) -> Vec<u8> {
    match algorithm {
        HashAlgorithm::Sha256 => Sha256::digest(text).to_vec(),
        HashAlgorithm::Sha1 => Sha1::digest(text).to_vec(),
        HashAlgorithm::Md5 => Md5::digest(text).to_vec(),
    }
}

#[cfg(test)]
mod tests;
