//! Whether a rate is outside its usual band.
//!
//! The rule: the rates of a client's earlier runs are taken for draws from one beta distribution, fitted by maximum
//! likelihood ([`leadq_metrics::beta_binomial::Prior`]); where they spread no more than chance makes them, for one
//! rate, known as well as its Jeffreys posterior says. Given that, the number of events among so many trials has a
//! beta-binomial distribution (the posterior predictive one). The usual band holds all but 0.05 % of it on either
//! side. A new figure is outside when its count lies beyond the band and its distance from the usual rate is at least
//! a fifth of the rarer outcome's usual share: it is neither chance, nor too small to act on. Few trials have a wide
//! band, and cannot be outside of it.
//!
//! Sources: J. G. Skellam, "A probability distribution derived from the binomial distribution by regarding the
//! probability of success as variable between the sets of trials", Journal of the Royal Statistical Society B 10
//! (1948), 257-261; A. Gelman et al., "Bayesian Data Analysis", 3rd ed. (2013), sections 2.4, 5.3 and 6.3 for
//! posterior predictive checks.

use leadq_metrics::Rate;
use leadq_metrics::beta_binomial::Prior;

/// Earlier figures that are needed at least to know what is usual.
const LEAST_EARLIER: usize = 5;
/// What of the distribution lies beyond the band on either side.
const TAIL: f64 = 0.0005;
/// The least distance from the usual rate, in shares of the rarer outcome.
const LEAST_DISTANCE: f64 = 0.2;
/// More trials than this count as so many, so that the sums below stay short: the band is a little wide then.
const MOST_TRIALS: u64 = 100_000;

/// The counts that are usual among so many trials.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// The rate to expect.
    pub usual: f64,
    /// Lower end, as a rate.
    pub low: f64,
    /// Upper end, as a rate.
    pub high: f64,
}

/// A rate outside its usual band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deviation {
    /// The new figure with its 95 % Wilson interval.
    pub now: Rate,
    /// What would be usual.
    pub band: Band,
    /// How many earlier figures say so.
    pub earlier: usize,
}

impl Deviation {
    /// Compares `events` out of `trials` with those of earlier runs; none if it is usual, or nothing can be said.
    #[must_use]
    pub fn of(events: u64, trials: u64, earlier: &[(u64, u64)]) -> Option<Self> {
        let now = Rate::of(events, trials)?;
        let known: Vec<_> = earlier.iter().copied().filter(|(k, n)| *n > 0 && k <= n).collect();
        if known.len() < LEAST_EARLIER {
            return None;
        }
        let band = Band::of(trials, &known)?;
        let outside = now.value < band.low || now.value > band.high;
        let matters = (now.value - band.usual).abs() >= LEAST_DISTANCE * band.usual.min(1.0 - band.usual);
        (outside && matters).then_some(Self { now, band, earlier: known.len() })
    }
}

impl Band {
    /// The usual band among `trials`, by the figures of earlier runs; none if these are all or nothing each.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of leads stay far under 2^53")]
    pub fn of(trials: u64, earlier: &[(u64, u64)]) -> Option<Self> {
        let (alpha, beta) = match Prior::fit(earlier)? {
            Prior::Beta { alpha, beta } => (alpha, beta),
            Prior::NoSpread { .. } => {
                let events: u64 = earlier.iter().map(|(events, _)| events).sum();
                let all: u64 = earlier.iter().map(|(_, trials)| trials).sum();
                (events as f64 + 0.5, (all - events) as f64 + 0.5)
            }
            Prior::AllOrNothing { .. } => return None,
        };
        let counted = trials.min(MOST_TRIALS);
        let (low, high) = quantiles(counted, alpha, beta);
        let share = |count: u64| count as f64 / counted as f64;
        Some(Self { usual: alpha / (alpha + beta), low: share(low), high: share(high) })
    }
}

/// The least count that is not within the lower tail of a beta-binomial distribution, and the greatest that is not
/// within the upper one.
#[expect(clippy::cast_precision_loss, reason = "there are few trials")]
fn quantiles(trials: u64, alpha: f64, beta: f64) -> (u64, u64) {
    // p(k + 1) / p(k) = (n - k) / (k + 1) * (α + k) / (β + n - k - 1); in logarithms, for p(0) may be too small for a
    // float.
    let ratio = |k: u64| {
        let (k, rest) = (k as f64, (trials - k) as f64);
        (rest / (k + 1.0) * (alpha + k) / (beta + rest - 1.0)).ln()
    };
    let logs: Vec<f64> =
        std::iter::successors(Some((0, 0.0)), |(k, log)| (*k < trials).then(|| (k + 1, log + ratio(*k))))
            .map(|(_, log)| log)
            .collect();
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let chances: Vec<f64> = logs.iter().map(|log| (log - most).exp()).collect();
    let tail = TAIL * chances.iter().sum::<f64>();
    let within = |chances: &mut dyn Iterator<Item = &f64>| {
        let mut sum = 0.0;
        let beyond = chances.take_while(|chance| {
            sum += **chance;
            sum <= tail
        });
        beyond.count() as u64
    };
    (within(&mut chances.iter()), trials - within(&mut chances.iter().rev()))
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{RngCore, SeedableRng};

    use super::*;

    fn uniform(random: &mut ChaCha8Rng) -> f64 {
        (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn draw(random: &mut ChaCha8Rng, trials: u64, rate: f64) -> (u64, u64) {
        ((0..trials).filter(|_| uniform(random) < rate).count() as u64, trials)
    }

    #[test]
    fn quantiles_are_where_the_tails_end() {
        // Of a fair coin's 100 throws, P(≤ 33) = 0.00044 and P(≤ 34) = 0.00090.
        assert_eq!(quantiles(100, 1e9, 1e9), (34, 66));
        // A uniform distribution: each count has a chance of 1/12,345, and six of them are within the tail.
        assert_eq!(quantiles(12_344, 1.0, 1.0), (6, 12_338));
        assert_eq!(quantiles(0, 2.0, 3.0), (0, 0));
        assert_eq!(quantiles(1, 0.5, 1000.5), (0, 0));
    }

    /// How many of so many new figures are outside, when the rate moves by a factor.
    fn alarms(rounds: u32, earlier: usize, trials: u64, rate: f64, factor: f64, wobble: f64) -> u32 {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let mut alarms = 0;
        for _ in 0..rounds {
            let mut figure = |rate: f64| {
                let wobbling = rate * (1.0 + wobble * (2.0 * uniform(&mut random) - 1.0));
                draw(&mut random, trials, wobbling)
            };
            let known: Vec<_> = (0..earlier).map(|_| figure(rate)).collect();
            let (events, trials) = figure(rate * factor);
            alarms += u32::from(Deviation::of(events, trials, &known).is_some());
        }
        alarms
    }

    #[test]
    fn an_unchanged_rate_alarms_rarely() {
        let cases = [
            (20, 50, 0.2, 0.0),
            (20, 1000, 0.2, 0.0),
            (5, 200, 0.15, 0.0),
            (28, 300, 0.9, 0.05),
            (20, 400, 0.02, 0.0),
        ];
        for (earlier, trials, rate, wobble) in cases {
            let alarms = alarms(200, earlier, trials, rate, 1.0, wobble);
            assert!(alarms <= 1, "{alarms} of 200: {earlier} {trials} {rate} {wobble}");
        }
    }

    #[test]
    fn a_halving_alarms() {
        for (earlier, trials, rate, wobble) in
            [(20, 1000, 0.2, 0.0), (10, 500, 0.3, 0.1), (28, 300, 0.8, 0.0)]
        {
            let alarms = alarms(100, earlier, trials, rate, 0.5, wobble);
            assert!(alarms >= 98, "{alarms} of 100: {earlier} {trials} {rate} {wobble}");
        }
        // Among few leads nobody can tell.
        assert!(alarms(200, 20, 10, 0.2, 0.5, 0.0) == 0);
    }

    #[test]
    fn what_is_outside() {
        let twenty = vec![(200, 1000); 20];
        let found = Deviation::of(100, 1000, &twenty).unwrap();
        assert!(found.now.value < found.band.low && found.band.low < 0.2 && 0.2 < found.band.high);
        assert!(Deviation::of(300, 1000, &twenty).is_some());
        assert!(Deviation::of(190, 1000, &twenty).is_none());
        // Certain, and too little to act on.
        assert!(Deviation::of(190_000, 1_000_000, &[(200_000, 1_000_000); 20]).is_none());
        // Too few earlier runs; no leads; all or nothing; a rate that was 0 all the time.
        assert!(Deviation::of(0, 1000, &twenty[..4]).is_none());
        assert!(Deviation::of(0, 0, &twenty).is_none());
        assert!(Deviation::of(3, 10, &[(0, 5), (5, 5), (0, 5), (5, 5), (0, 5)]).is_none());
        assert!(Deviation::of(0, 1000, &[(0, 1000); 9]).is_none());
        assert!(Deviation::of(1, 1000, &[(0, 1000); 9]).is_none());
        assert!(Deviation::of(100, 1000, &[(0, 1000); 9]).is_some());
        // One that is always all.
        assert!(Deviation::of(1000, 1000, &[(1000, 1000); 9]).is_none());
        assert!(Deviation::of(900, 1000, &[(1000, 1000); 9]).is_some());
    }

    proptest::proptest! {
        #[test]
        fn the_usual_is_within_its_band(
            trials in 1..3000_u64, rates in proptest::collection::vec((0..=500_u64, 500..1000_u64), 5..20),
        ) {
            if let Some(band) = Band::of(trials, &rates) {
                proptest::prop_assert!(0.0 <= band.low && band.low <= band.high && band.high <= 1.0);
                // The whole count next to the usual one may be all that the band holds.
                let step = 1.0 / trials as f64;
                proptest::prop_assert!(band.low <= band.usual + step && band.usual - step <= band.high, "{band:?}");
            }
        }
    }
}
