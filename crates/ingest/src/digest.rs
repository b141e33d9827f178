//! Digests that stand for a line or a row in memory, never outside of it.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;

use xxhash_rust::xxh3::xxh3_128_with_secret;

/// As long as the hash takes it at its best.
const SECRET_BYTES: usize = 192;

/// Digest of 128 bits. Another in each process, so that nobody can write two rows of which one is taken for the other.
pub(crate) fn digest(bytes: &[u8]) -> u128 {
    static SECRET: LazyLock<[u8; SECRET_BYTES]> = LazyLock::new(|| {
        let random = RandomState::new();
        let mut secret = [0; SECRET_BYTES];
        for (place, word) in secret.chunks_exact_mut(8).enumerate() {
            word.copy_from_slice(&random.hash_one(place).to_le_bytes());
        }
        secret
    });
    xxh3_128_with_secret(bytes, &*SECRET)
}
