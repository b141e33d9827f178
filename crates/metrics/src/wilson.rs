//! A rate and its 95 % Wilson score interval.
//!
//! Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
//! Journal of the American Statistical Association 22 (1927), 209-212.

/// The 97.5 % quantile of the standard normal distribution.
pub(crate) const Z: f64 = 1.959_963_984_540_054;

/// A proportion with its 95 % Wilson score interval, all as fractions from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// The proportion.
    pub value: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

impl Rate {
    /// `events` out of `trials`; `None` if there were no trials, or fewer than events.
    ///
    /// With p = k / n: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n), within 0 and 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of leads stay far under 2^53")]
    pub fn of(events: u64, trials: u64) -> Option<Self> {
        if trials == 0 || events > trials {
            return None;
        }
        let n = trials as f64;
        let p = events as f64 / n;
        let z2 = Z * Z;
        let scale = 1.0 + z2 / n;
        let centre = (p + z2 / (2.0 * n)) / scale;
        let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt() / scale;
        // At the ends the limit is exactly 0 or 1; rounding must not leave the proportion outside.
        let low = if events == 0 { 0.0 } else { (centre - half).clamp(0.0, p) };
        let high = if events == trials { 1.0 } else { (centre + half).clamp(p, 1.0) };
        Some(Self { value: p, low, high })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_statsmodels_has_it() {
        // statsmodels 0.15.0: proportion_confint(k, n, method="wilson")
        for (k, n, low, high) in VECTORS {
            let rate = Rate::of(*k, *n).unwrap();
            assert!((rate.low - low).abs() <= 1e-12 * low, "{k}/{n}: {} {low}", rate.low);
            assert!((rate.high - high).abs() <= 1e-12 * high, "{k}/{n}: {} {high}", rate.high);
        }
    }

    const VECTORS: &[(u64, u64, f64, f64)] = &[
        (0, 1, 0.0, 0.7934506856227627),
        (1, 1, 0.2065493143772374, 1.0),
        (0, 10, 0.0, 0.27753279986288926),
        (10, 10, 0.7224672001371106, 1.0),
        (1, 10, 0.017876213095072924, 0.40415002679523854),
        (5, 10, 0.23659309051256394, 0.7634069094874361),
        (940, 4364, 0.203454850215834, 0.2278431894637762),
        (633, 940, 0.6427715389463633, 0.7026254522043844),
        (138, 633, 0.1875974533573623, 0.25182346521616433),
        (30, 138, 0.15673528555914545, 0.29335497261704796),
        (12260, 82287, 0.14657418689488028, 0.15144003952535529),
        (1, 1000000, 1.7652457674537176e-07, 5.664911804311445e-06),
        (4503599627370496, 9007199254740992, 0.49999998967421183, 0.5000000103257881),
        (0, 9007199254740992, 0.0, 4.2648760308840187e-16),
        (1, 9007199254740992, 1.9598162530071524e-17, 6.289340454833615e-16),
        (9007199254740991, 9007199254740992, 0.9999999999999992, 0.9999999999999999),
        (9007199254740992, 9007199254740992, 0.9999999999999996, 1.0),
    ];

    #[test]
    fn without_trials_there_is_no_rate() {
        assert_eq!(Rate::of(0, 0), None);
        assert_eq!(Rate::of(2, 1), None);
    }

    proptest::proptest! {
        #[test]
        fn the_interval_holds_the_proportion(n in 1..(1u64 << 53), share in 0.0..=1.0f64) {
            let k = ((n as f64 * share) as u64).min(n);
            let rate = Rate::of(k, n).unwrap();
            proptest::prop_assert!(0.0 <= rate.low && rate.low <= rate.value);
            proptest::prop_assert!(rate.value <= rate.high && rate.high <= 1.0);
        }
    }
}
