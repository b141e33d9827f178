//! Junk identifiers: what CRMs and people write where there is no email and no phone (spec 1.6).

use std::sync::LazyLock;

use hashbrown::HashSet;

use super::{HashAlgorithm, HashText};

/// The junk identifiers, as they are hashed.
pub(super) const IDENTIFIERS: [&str; 29] = [
    "",
    " ",
    "null",
    "none",
    "nan",
    "n/a",
    "na",
    "unknown",
    "test",
    "-----",
    "0",
    "0000000000",
    "1111111111",
    "1234567890",
    "9999999999",
    "+10000000000",
    "+11111111111",
    "+11234567890",
    "+19999999999",
    "10000000000",
    "11111111111",
    "11234567890",
    "19999999999",
    "test@test.com",
    "noemail@noemail.com",
    "none@none.com",
    "na@na.com",
    "no@email.com",
    "noemail@gmail.com",
];

/// Their hashes under every algorithm.
static HASHES: LazyLock<HashSet<HashText>> = LazyLock::new(|| {
    IDENTIFIERS
        .iter()
        .flat_map(|text| HashAlgorithm::ALL.map(|algorithm| algorithm.hash(text.as_bytes())))
        .collect()
});

/// Whether a hash is that of a junk identifier.
pub(crate) fn is_junk(hash: &HashText) -> bool {
    HASHES.contains(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_all_identifiers_under_all_algorithms() {
        assert_eq!(HASHES.len(), IDENTIFIERS.len() * HashAlgorithm::ALL.len());
        let mut one_digit_off = *b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b856";
        assert!(!HashText::from_hex(&one_digit_off).is_some_and(|hash| is_junk(&hash)));
        one_digit_off[63] = b'5';
        assert!(HashText::from_hex(&one_digit_off).is_some_and(|hash| is_junk(&hash)));
    }
}
