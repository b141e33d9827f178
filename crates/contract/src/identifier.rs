//! Identifiers of a person, keyed from the door on, and surrogate keys (spec 2.4).
//!
//! The plain hash of a phone number is reversed by trying all numbers, so no received hash is ever held
//! in a table: what travels is its HMAC under the installation's secret.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// Whether an identifier came from an email or a phone column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdentifierKind {
    /// A hashed email address.
    Email,
    /// A hashed phone number.
    Phone,
}

impl IdentifierKind {
    /// The column it stands in.
    #[must_use]
    pub const fn column(self) -> &'static str {
        match self {
            Self::Email => "email_hash",
            Self::Phone => "phone_hash",
        }
    }
}

/// A keyed identifier: HMAC-SHA-256 of the lower-case hex text of the hash as received.
///
/// Emails and phones share one domain, so that an identifier that stands in both columns is seen (2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct IdentifierKey(pub [u8; 32]);

impl IdentifierKey {
    /// A key from its 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let mut key = [0; 32];
        if digits.len() != 2 * key.len() {
            return None;
        }
        for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(key))
    }
}

/// The installation's secret, ready to key identifiers. Never printed, never stored in the lake.
#[derive(Clone)]
pub struct IdentifierSecret {
    mac: Hmac<Sha256>,
}

impl std::fmt::Debug for IdentifierSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdentifierSecret(..)")
    }
}

/// The secret is too short to protect anything.
#[derive(Debug, thiserror::Error)]
#[error("the secret has {len} bytes; it needs at least {min}", min = IdentifierSecret::MIN_BYTES)]
pub struct SecretTooShort {
    len: usize,
}

impl IdentifierSecret {
    /// The fewest bytes a secret may have.
    pub const MIN_BYTES: usize = 32;

    /// Takes the secret's bytes.
    ///
    /// # Errors
    /// If there are fewer than [`Self::MIN_BYTES`].
    pub fn new(secret: &[u8]) -> Result<Self, SecretTooShort> {
        let too_short = SecretTooShort { len: secret.len() };
        if secret.len() < Self::MIN_BYTES {
            return Err(too_short);
        }
        let mac = Hmac::new_from_slice(secret).map_err(|_| too_short)?;
        Ok(Self { mac })
    }

    /// Keys the lower-case hex text of a hash.
    #[must_use]
    pub fn key(&self, lower_hex: &[u8]) -> IdentifierKey {
        IdentifierKey(self.mac_of(&[lower_hex]))
    }

    /// What the lake keeps to recognise this secret again: says nothing of the secret itself.
    #[must_use]
    pub fn check_value(&self) -> String {
        hex(&self.mac_of(&[b"leadq:secret-check:v1"]))
    }

    /// A keyed fingerprint of a file's content, given its plain digest.
    #[must_use]
    pub fn fingerprint(&self, digest: &[u8]) -> [u8; 32] {
        self.mac_of(&[b"leadq:content:v1:", digest])
    }

    /// A key for one purpose, which `info` names: what HKDF-Expand (RFC 5869, 2.3) gives as its first 32 bytes,
    /// with SHA-256, the secret as the pseudorandom key, and `leadq:derive:v1:` before `info`.
    #[must_use]
    pub fn derive(&self, info: &[u8]) -> [u8; 32] {
        self.mac_of(&[b"leadq:derive:v1:", info, &[1]])
    }

    fn mac_of(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.mac.clone();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    }
}

/// Lower-case hex text.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, b| {
        let _ = write!(text, "{b:02x}");
        text
    })
}

/// A surrogate key: UUIDv5 of the natural key, the same in every run and engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct SurrogateKey(pub [u8; 16]);

impl SurrogateKey {
    /// The name space of all of leadq's surrogate keys.
    pub const NAMESPACE: Uuid = Uuid::from_u128(0x6c65_6164_7100_5a1e_8000_6b65_7973_7631);

    /// Key of an entity (`lead`, `record`, `place`, …) from the parts of its natural key.
    ///
    /// A part is prefixed by its length, so that no two natural keys run together; null differs from empty.
    #[must_use]
    pub fn of(entity: &str, parts: &[Option<&[u8]>]) -> Self {
        let mut name = Vec::with_capacity(64);
        name.extend_from_slice(entity.as_bytes());
        for part in parts {
            match part {
                Some(bytes) => {
                    name.push(1);
                    name.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
                    name.extend_from_slice(bytes);
                }
                None => name.push(0),
            }
        }
        Self(Uuid::new_v5(&Self::NAMESPACE, &name).into_bytes())
    }
}

impl std::fmt::Display for SurrogateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Uuid::from_bytes(self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyed_as_rfc_4231_case_2_style() {
        // HMAC-SHA-256 with a 32-byte key of 0x0b over "Hi There", computed with Python's hmac module.
        let secret = IdentifierSecret::new(&[0x0b; 32]).unwrap();
        assert_eq!(
            hex(&secret.key(b"Hi There").0),
            "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7"
        );
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(IdentifierSecret::new(&[1; 31]).is_err());
    }

    #[test]
    fn natural_keys_do_not_run_together() {
        let a = SurrogateKey::of("lead", &[Some(b"ab"), Some(b"c")]);
        let b = SurrogateKey::of("lead", &[Some(b"a"), Some(b"bc")]);
        let c = SurrogateKey::of("lead", &[Some(b"ab"), Some(b"c"), None]);
        let d = SurrogateKey::of("lead", &[Some(b"ab"), Some(b"c"), Some(b"")]);
        assert!(a != b && a != c && c != d);
        assert_eq!(a, SurrogateKey::of("lead", &[Some(b"ab"), Some(b"c")]));
        assert_eq!(Uuid::from_bytes(a.0).get_version_num(), 5);
    }
}
