//! Received hashes to keyed identifiers, with a memory of the latest: a person recurs on lines close to one another.
//! (Those that recur from snapshot to snapshot are known by their lines: [`Book`](crate::Book).)

use leadq_contract::identifier::hex;
use leadq_contract::{IdentifierKey, IdentifierSecret};

use crate::cells::hash;

/// Remembered identifiers; a power of two. No more than the processor's cache holds: beyond, looking is dearer than
/// keying again.
const SLOTS: usize = 1 << 12;
/// Longest hash, in hex digits.
const MAX_DIGITS: usize = 64;

struct Slot {
    digits: u8,
    hex: [u8; MAX_DIGITS],
    key: IdentifierKey,
}

/// Keys identifiers. Holds received hashes in memory only, a bounded number of them.
pub(crate) struct Keying<'a> {
    secret: &'a IdentifierSecret,
    /// None before the first identifier.
    slots: Vec<Slot>,
}

impl<'a> Keying<'a> {
    pub(crate) fn new(secret: &'a IdentifierSecret) -> Self {
        Self { secret, slots: Vec::new() }
    }

    /// Appends a lead number as it stands; one that is an identifier of a person (a hash, an email), as a
    /// shifted row makes it, is keyed like one (promise 9).
    pub(crate) fn write_number(&mut self, number: &str, out: &mut String) {
        if hash::find(number).is_some() || number.contains('@') {
            let key = self.secret.key(number.to_lowercase().as_bytes());
            out.push_str("keyed:");
            out.push_str(&hex(&key.0[..16]));
        } else {
            out.push_str(number);
        }
    }

    /// The key of a hash in lower-case hex, at most 64 digits of it.
    pub(crate) fn key(&mut self, hex: &[u8]) -> IdentifierKey {
        // A hash is random already: its own digits choose the slot.
        let place = hex.iter().take(8).fold(0usize, |n, b| (n << 4) ^ usize::from(*b));
        if self.slots.is_empty() {
            let empty = || Slot { digits: 0, hex: [0; MAX_DIGITS], key: IdentifierKey([0; 32]) };
            self.slots.resize_with(SLOTS, empty);
        }
        let slot = &mut self.slots[(place ^ (place >> 16)) & (SLOTS - 1)];
        let digits = hex.len();
        if usize::from(slot.digits) == digits && slot.hex[..digits] == *hex {
            return slot.key;
        }
        let key = self.secret.key(hex);
        if digits <= MAX_DIGITS {
            slot.digits = digits as u8;
            slot.hex[..digits].copy_from_slice(hex);
            slot.key = key;
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_number_that_is_an_identifier_is_keyed() {
        let secret = IdentifierSecret::new(&[7; 32]).unwrap();
        let mut keying = Keying::new(&secret);
        let mut written = |number: &str| {
            let mut out = String::new();
            keying.write_number(number, &mut out);
            out
        };
        for number in ["289764", "A-17", "5550100123", "decade"] {
            assert_eq!(written(number), number);
        }
        let keyed = written("jane@example.com");
        assert!(keyed.starts_with("keyed:") && !keyed.contains("jane"), "{keyed}");
        assert_eq!(written("Jane@example.com"), keyed);
        let hash = "3b7c33e84ea3ae8b249dc1e1578fc84cb4047ac4";
        let as_base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        for number in [hash, &format!("0x{hash}"), &format!("sha256:{}", "a".repeat(64)), as_base64] {
            assert!(written(number).starts_with("keyed:"), "{number}");
        }
    }

    #[test]
    fn the_memory_changes_nothing() {
        let secret = IdentifierSecret::new(&[7; 32]).unwrap();
        let mut keying = Keying::new(&secret);
        for round in 0..2 {
            for n in 0..200_000u64 {
                let hex = format!("{:016x}{n:024x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                if n % 1000 == 0 {
                    assert_eq!(keying.key(hex.as_bytes()), secret.key(hex.as_bytes()), "{round} {n}");
                } else {
                    keying.key(hex.as_bytes());
                }
            }
        }
    }
}
