//! Hashed identifiers (spec 1.6): hashes as received, hashes of placeholders, and plain text that is
//! hashed on the spot.
//!
//! Plain text is borrowed from the cell, hashed and dropped: no type of this module holds it, and the
//! hashes do not show themselves to `Debug` either.

mod digest;
mod junk;
mod plain;

pub use digest::{HashAlgorithm, HashText};
pub(crate) use junk::is_junk;
pub use plain::{PlainRule, google_email, normalise_email, normalise_phone};
pub(crate) use plain::{every_hash, mailbox};

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};
use leadq_contract::{CellType, IdentifierKind};

use super::text;

/// What a hash cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashRead {
    /// Nothing: empty or a placeholder.
    Null,
    /// A hash.
    Hash(HashText),
    /// The hash of a junk identifier: counts as null; finding `junk_hash`.
    Junk,
    /// Plain text, hashed here; finding `plaintext_pii`.
    PlainText(HashText),
    /// A junk identifier in plain text: counts as null; findings `plaintext_pii` and `junk_hash`.
    PlainJunk,
    /// Neither a hash nor plain text of the column's kind: counts as null; finding `invalid_hash`.
    Invalid,
}

impl HashRead {
    /// The hash, if the cell gives a usable one.
    #[must_use]
    pub const fn hash(&self) -> Option<&HashText> {
        match self {
            Self::Hash(hash) | Self::PlainText(hash) => Some(hash),
            Self::Null | Self::Junk | Self::PlainJunk | Self::Invalid => None,
        }
    }
}

/// Reads `email_hash` and `phone_hash`; plain text is hashed by an algorithm, after the default
/// normalisation.
#[must_use]
pub fn read(raw: &str, kind: IdentifierKind, algorithm: HashAlgorithm) -> HashRead {
    read_by(raw, kind, PlainRule::of(algorithm))
}

/// The same with the client's rule for plain text.
#[must_use]
pub fn read_by(raw: &str, kind: IdentifierKind, rule: PlainRule) -> HashRead {
    let trimmed = text::trim(raw);
    if let Some(hash) = find(trimmed) {
        return received(hash);
    }
    let text = text::tidy(trimmed);
    if text::is_placeholder(&text, CellType::Hash) {
        return HashRead::Null;
    }
    match rule.hash(&text, kind) {
        Some(hash) if junk::is_junk(&hash) => HashRead::PlainJunk,
        Some(hash) => HashRead::PlainText(hash),
        None => HashRead::Invalid,
    }
}

/// The hash that a trimmed text is, in hexadecimal digits or base64.
pub(crate) fn find(text: &str) -> Option<HashText> {
    let of_hex = HashText::from_hex(without_prefix(text).as_bytes());
    // One base64 text in 2048 begins with `0x` of its own, so it is tried before that is dropped.
    of_hex.or_else(|| of_base64(text)).or_else(|| of_base64(without_prefix(text)))
}

/// What a hash as received comes to.
fn received(hash: HashText) -> HashRead {
    if junk::is_junk(&hash) { HashRead::Junk } else { HashRead::Hash(hash) }
}

/// Text without a leading `0x` or `sha256:`, of any case.
fn without_prefix(text: &str) -> &str {
    for prefix in ["0x", "sha256:"] {
        if let Some((start, rest)) = text.split_at_checked(prefix.len())
            && start.eq_ignore_ascii_case(prefix)
        {
            return rest;
        }
    }
    text
}

/// The hash that base64 of exactly 32 bytes spells, standard or URL-safe, padded or not.
fn of_base64(text: &str) -> Option<HashText> {
    let unpadded = match text.len() {
        43 => text,
        44 => text.strip_suffix('=')?,
        _ => return None,
    };
    let is_url_safe = unpadded.bytes().any(|b| matches!(b, b'-' | b'_'));
    let encoding = if is_url_safe { BASE64URL_NOPAD } else { BASE64_NOPAD };
    let mut bytes = [0; 32];
    encoding.decode_mut(unpadded.as_bytes(), &mut bytes).ok().map(|_| HashText::from_sha256(&bytes))
}

#[cfg(test)]
mod tests;
