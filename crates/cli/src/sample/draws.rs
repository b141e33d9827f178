//! Chance that comes out the same on every platform and with every release of `rand`.
//!
//! `rand`'s own distributions may change between releases and treat `usize` by its width; here every draw is
//! one 64-bit word of a ChaCha stream, reduced by integer arithmetic that is spelled out.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A stream of draws. Each topic has its own stream, so that a change in one does not move the others.
pub(super) struct Draws(ChaCha8Rng);

impl Draws {
    /// The stream `topic` under `seed`.
    pub(super) fn new(seed: u64, topic: u64) -> Self {
        let mut key = [0_u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(topic);
        Self(rng)
    }

    /// 64 random bits.
    pub(super) fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A whole number from 0 up to, but not including, `end`; 0 when `end` is 0.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        let scaled = u128::from(self.word()) * u128::from(end);
        u32::try_from(scaled >> 64).unwrap_or(0)
    }

    /// A whole number from `first` to `last`, both included.
    pub(super) fn between(&mut self, first: u32, last: u32) -> i64 {
        i64::from(first) + i64::from(self.below(last.saturating_sub(first) + 1))
    }

    /// True in `per_mille` of 1000 cases.
    pub(super) fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < per_mille
    }

    /// The place of one of `weights`, drawn by weight; 0 when there is no weight at all.
    pub(super) fn index_by(&mut self, weights: &[u32]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        0
    }

    /// One of `words`, by weight.
    pub(super) fn word_of(&mut self, words: &[(&'static str, u32)]) -> &'static str {
        let weights: Vec<u32> = words.iter().map(|(_, weight)| *weight).collect();
        words.get(self.index_by(&weights)).map_or("", |(word, _)| word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_draws_never_change() {
        let mut draws = Draws::new(7, 1);
        let drawn: Vec<u32> = (0..5).map(|_| draws.below(1000)).collect();
        assert_eq!(drawn, [934, 281, 963, 796, 804]);
    }

    #[test]
    fn streams_differ() {
        assert_ne!(Draws::new(7, 1).word(), Draws::new(7, 2).word());
        assert_ne!(Draws::new(7, 1).word(), Draws::new(8, 1).word());
    }

    #[test]
    fn draws_stay_in_their_range_and_follow_the_weights() {
        let mut draws = Draws::new(1, 1);
        assert!((0..1000).all(|_| (3..=5).contains(&draws.between(3, 5))));
        assert_eq!(draws.below(0), 0);
        let heads = (0..1000).filter(|_| draws.word_of(&[("heads", 3), ("tails", 1)]) == "heads").count();
        assert!((700..800).contains(&heads), "{heads}");
    }
}
