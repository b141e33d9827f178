//! A hash as text, and the algorithms that make one.

use std::hash::{Hash, Hasher};

use data_encoding::HEXLOWER;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// By what identifiers are hashed; told by the number of hexadecimal digits.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize,
)]
pub enum HashAlgorithm {
    /// SHA-256: 64 digits.
    #[default]
    Sha256,
    /// SHA-1: 40 digits.
    Sha1,
    /// MD5: 32 digits.
    Md5,
}

impl HashAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha1, Self::Md5];

    /// How many hexadecimal digits its hashes have.
    #[must_use]
    pub const fn digits(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha1 => 40,
            Self::Md5 => 32,
        }
    }

    /// The algorithm whose hashes have so many digits.
    #[must_use]
    pub const fn of_digits(digits: usize) -> Option<Self> {
        match digits {
            64 => Some(Self::Sha256),
            40 => Some(Self::Sha1),
            32 => Some(Self::Md5),
            _ => None,
        }
    }

    /// Hashes text as it stands.
    #[must_use]
    pub fn hash(self, text: &[u8]) -> HashText {
        match self {
            Self::Sha256 => HashText::encoded(self, &Sha256::digest(text)),
            Self::Sha1 => HashText::encoded(self, &Sha1::digest(text)),
            Self::Md5 => HashText::encoded(self, &Md5::digest(text)),
        }
    }
}

/// A hash as lower-case hexadecimal text, the form that is keyed. Never shown: `Debug` gives the
/// algorithm only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HashText {
    algorithm: HashAlgorithm,
    /// The digits, and zero bytes behind them.
    text: [u8; Self::MAX_DIGITS],
}

impl HashText {
    const MAX_DIGITS: usize = 64;

    /// The digits.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.text.split_at(self.algorithm.digits()).0
    }

    /// By what it was made, as its length tells.
    #[must_use]
    pub const fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// Takes 64, 40 or 32 hexadecimal digits of any case.
    pub(super) fn from_hex(digits: &[u8]) -> Option<Self> {
        let algorithm = HashAlgorithm::of_digits(digits.len())?;
        let mut text = [0; Self::MAX_DIGITS];
        let mut all_hex = true;
        for (lower, digit) in text.iter_mut().zip(digits) {
            // Without a branch, so that the compiler can take many digits at a time.
            *lower = digit | 0x20;
            all_hex &= digit.wrapping_sub(b'0') < 10 || lower.wrapping_sub(b'a') < 6;
        }
        all_hex.then_some(Self { algorithm, text })
    }

    /// Takes the 32 bytes of a SHA-256.
    pub(super) fn from_sha256(bytes: &[u8; 32]) -> Self {
        Self::encoded(HashAlgorithm::Sha256, bytes)
    }

    fn encoded(algorithm: HashAlgorithm, bytes: &[u8]) -> Self {
        let mut text = [0; Self::MAX_DIGITS];
        let (digits, _) = text.split_at_mut(algorithm.digits());
        HEXLOWER.encode_mut(bytes, digits);
        Self { algorithm, text }
    }
}

impl Hash for HashText {
    /// Its first eight digits are random enough for any table, and cheaper than all of them.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.text.first_chunk().map_or(0, |first| u64::from_le_bytes(*first)));
    }
}

impl std::fmt::Debug for HashText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HashText({:?}, ..)", self.algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_published_vectors() {
        let cases = [
            (HashAlgorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (HashAlgorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (HashAlgorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
        ];
        for (algorithm, expected) in cases {
            let hash = algorithm.hash(b"abc");
            assert_eq!(std::str::from_utf8(hash.as_bytes()), Ok(expected));
            assert_eq!(hash.algorithm(), algorithm);
            assert_eq!(HashText::from_hex(expected.to_uppercase().as_bytes()), Some(hash));
            assert_eq!(HashAlgorithm::of_digits(algorithm.digits()), Some(algorithm));
        }
    }

    #[test]
    fn every_byte_that_is_no_hexadecimal_digit_is_refused() {
        for byte in 0..=u8::MAX {
            let mut digits = [b'a'; 40];
            digits[17] = byte;
            assert_eq!(HashText::from_hex(&digits).is_some(), byte.is_ascii_hexdigit(), "{byte}");
        }
        for len in [0, 31, 33, 39, 41, 63, 65] {
            assert!(HashText::from_hex(&vec![b'0'; len]).is_none(), "{len}");
        }
    }

    #[test]
    fn a_hash_is_not_shown() {
        assert_eq!(format!("{:?}", HashAlgorithm::Md5.hash(b"abc")), "HashText(Md5, ..)");
    }
}
