//! Whether two proportions differ: two-sided p-values.
//!
//! The pooled z-test, and Fisher's exact test where an expected count of the 2x2 table is under 5 (the rule
//! of W. G. Cochran, "Some methods for strengthening the common χ² tests", Biometrics 10 (1954), 417-451).
//! Source of the exact test: R. A. Fisher, "The logic of inductive inference", Journal of the Royal
//! Statistical Society 98 (1935), 39-82.

use statrs::function::gamma::checked_gamma_ur;

/// Two-sided p-value of `events1` out of `trials1` against `events2` out of `trials2`, events being at most
/// trials.
///
/// `None` if either has no trials. A p-value that no float can hold is the smallest positive float, never 0.
#[must_use]
pub fn p_value(events1: u64, trials1: u64, events2: u64, trials2: u64) -> Option<f64> {
    if trials1 == 0 || trials2 == 0 || events1 > trials1 || events2 > trials2 {
        return None;
    }
    // The smaller sample first: the answer does not depend on the order, and is not to depend on it by
    // rounding.
    let table = if (trials1, events1) <= (trials2, events2) {
        Table { events: [events1, events2], trials: [trials1, trials2] }
    } else {
        Table { events: [events2, events1], trials: [trials2, trials1] }
    };
    let p = if table.expects_under_5() { table.fisher() } else { table.z_test() };
    Some(p.clamp(f64::MIN_POSITIVE, 1.0))
}

/// Events and trials of two samples, the first having no more trials than the second.
struct Table {
    events: [u64; 2],
    trials: [u64; 2],
}

impl Table {
    fn all(&self) -> u128 {
        u128::from(self.trials[0]) + u128::from(self.trials[1])
    }

    fn all_events(&self) -> u128 {
        u128::from(self.events[0]) + u128::from(self.events[1])
    }

    /// The count expected least is that of the smaller sample and the rarer outcome.
    fn expects_under_5(&self) -> bool {
        let rarer = self.all_events().min(self.all() - self.all_events());
        // Nothing is lost where the product is too large: it is not under anything then.
        u128::from(self.trials[0]).saturating_mul(rarer) < 5 * self.all()
    }

    /// z = (p1 - p2) / √(p (1 - p) (1/n1 + 1/n2)), p being the proportion of both together.
    fn z_test(&self) -> f64 {
        let ([k1, k2], [n1, n2]) = (self.events.map(u128::from), self.trials.map(u128::from));
        let difference = (k1 * n2).abs_diff(k2 * n1) as f64;
        let (events, others) = (self.all_events() as f64, (self.all() - self.all_events()) as f64);
        let scale = (self.all() as f64 / (n1 as f64 * n2 as f64)) / (events * others);
        let half_square = difference * difference * scale / 2.0;
        // Both tails beyond z are Γ(1/2, z²/2) / Γ(1/2); `statrs::erfc` has but ten digits of it. At z = 0 it
        // is 1.
        checked_gamma_ur(0.5, half_square).unwrap_or(1.0)
    }

    /// Sum of the probabilities of all tables with these margins that are no likelier than this one.
    ///
    /// By the ratio of each probability to the next, from the likeliest on. `statrs` has the test too
    /// (`stats_tests::fishers_exact`), but takes upper tails as 1 - cdf, which leaves nothing of a small
    /// p-value, adds up as many terms as there are events, and its products overflow at large margins. Here
    /// one expected count is under 5, so that some 200 terms are all that a float can tell from 0.
    fn fisher(&self) -> f64 {
        let (all, row) = (self.all(), u128::from(self.trials[0]));
        let events_are_rarer = 2 * self.all_events() <= all;
        let column = self.all_events().min(all - self.all_events());
        let seen =
            u128::from(if events_are_rarer { self.events[0] } else { self.trials[0] - self.events[0] });
        let mode = (row + 1) * (column + 1) / (all + 2);

        // The cell's count x and its probability, as a multiple of the likeliest.
        let next = |x: u128| {
            (row - x) as f64 * (column - x) as f64 / ((x + 1) as f64 * (all - row - column + x + 1) as f64)
        };
        let above = std::iter::successors(Some((mode, 1.0)), |(x, chance)| {
            Some((x + 1, chance * next(*x))).filter(|(x, chance)| *x <= row.min(column) && *chance > 0.0)
        });
        let below = std::iter::successors(Some((mode, 1.0)), |(x, chance)| {
            let before = x.checked_sub(1)?;
            Some((before, chance / next(before)))
        });
        let chances: Vec<(u128, f64)> = above.chain(below.skip(1)).collect();
        let this = chances.iter().find(|(x, _)| *x == seen).map_or(0.0, |(_, chance)| *chance);
        // Tables as likely as this one count, whatever rounding makes of them; R allows as much.
        let limit = this * (1.0 + 1e-7);
        let chances = chances.iter().map(|(_, chance)| *chance);
        let no_likelier: f64 = chances.clone().filter(|chance| *chance <= limit).sum();
        no_likelier / chances.sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO53: u64 = 1 << 53;

    #[track_caller]
    fn check(vectors: &[(u64, u64, u64, u64, f64)], relative: f64) {
        for (k1, n1, k2, n2, theirs) in vectors {
            let ours = p_value(*k1, *n1, *k2, *n2).unwrap();
            assert!((ours - theirs).abs() <= relative * theirs, "{k1}/{n1}, {k2}/{n2}: {ours:e} {theirs:e}");
        }
    }

    #[test]
    fn the_z_test_is_as_statsmodels_has_it() {
        // statsmodels 0.15.0: proportions_ztest([k1, k2], [n1, n2])
        let vectors = &[
            (940, 4364, 120, 800, 2.552501455599819e-05),
            (33, 90, 60, 300, 0.0011371520580101522),
            (50, 100, 50, 100, 1.0),
            (7, 50, 15, 60, 0.15096231976025204),
            (100, 1000, 300, 1000, 5.089468973814369e-29),
            (10000, 1000000, 12000, 900000, 5.130068451527187e-102),
            (5000000000, 100000000000, 5000100000, 100000000000, 0.3049040789906563),
            (12260, 82287, 940, 4364, 1.2300811850074439e-32),
        ];
        check(vectors, 1e-10);
    }

    #[test]
    fn a_far_tail_keeps_its_digits() {
        // mpmath 1.4.1 at 50 digits.
        let vectors = &[
            (940, 4364, 120, 800, 2.5525014555998287e-05),
            (2000, 10000, 3300, 10000, 2.3792833633389736e-96),
            (1000, 10000, 2790, 10000, 7.805450546261643e-229),
            (TWO53 / 2, TWO53, TWO53 / 2 + 100_000_000, TWO53, 0.1361937065082782),
            (TWO53 / 2, TWO53, TWO53 / 2 - 2_000_000_000, TWO53, 3.645096573580688e-195),
            (TWO53 / 10, TWO53, 130, 1000, 0.0015654022580037308),
        ];
        check(vectors, 1e-12);
    }

    #[test]
    fn fishers_test_is_as_scipy_has_it() {
        // scipy 1.17.1: stats.fisher_exact([[k1, n1 - k1], [k2, n2 - k2]])
        let vectors = &[
            (3, 8, 4, 54, 0.039707492465292815),
            (0, 5, 3, 40, 1.0),
            (1, 1, 0, 1, 1.0),
            (0, 1, 0, 1, 1.0),
            (2, 2, 1, 3, 0.4000000000000001),
            (8, 10, 1, 10, 0.005477494641581329),
            (0, 12, 940, 4364, 0.08173882011969501),
            (5, 5, 10, 100, 3.1099626239037374e-05),
            (2, 30, 2, 30, 1.0),
            (1, 2, 5000, 1000000, 0.009976975071883321),
            (10, 10, 0, 100, 2.132303612691332e-14),
            (3, 10, 0, 60, 0.0021921812203142127),
            (4, 40, 0, 40, 0.11556797632746996),
            (9, 10, 20, 80, 0.0001102926788586999),
            (20, 20, 0, 3000, 6.506806908592797e-52),
            (95, 100, 3, 3, 1.0),
        ];
        check(vectors, 1e-9);
    }

    #[test]
    fn large_margins_do_not_hurt_fishers_test() {
        // The hypergeometric probabilities by mpmath 1.4.1 at 50 digits.
        let vectors = &[
            (3, 10, TWO53 / 100, TWO53, 0.00011384911790578346),
            (0, 4, TWO53 / 2, TWO53, 0.12499999999999992),
            (4, 4, TWO53 / 3, TWO53, 0.012345679012345696),
            (2, TWO53, 5, TWO53 / 4, 0.004671999999999987),
            (0, TWO53, 7, TWO53 / 2, 0.0004572473708276163),
            (0, TWO53, 1, TWO53, 1.0),
            (30, TWO53, 4, TWO53 / 1000, 4.509674571033654e-08),
            (TWO53, TWO53, TWO53 / 3 - 9, TWO53 / 3, 3.81469726562496e-06),
            (TWO53 - 4, TWO53, 5, 5, 1.0),
        ];
        check(vectors, 1e-12);
    }

    #[test]
    fn the_rule_is_on_the_least_expected_count() {
        // 10 of 20 in 20 trials would be expected to be 5: the z-test, by statsmodels 0.15.0 as above.
        check(&[(7, 10, 3, 10, 0.07363827012030258)], 1e-10);
        // 4.76 expected: scipy's as above.
        check(&[(7, 10, 3, 11, 0.08610893750212636)], 1e-10);
    }

    #[test]
    fn no_p_value_is_0() {
        assert_eq!(p_value(60, 60, 20, TWO53), Some(f64::MIN_POSITIVE));
        assert_eq!(p_value(0, TWO53, TWO53, TWO53), Some(f64::MIN_POSITIVE));
    }

    #[test]
    fn without_trials_there_is_none() {
        assert_eq!(p_value(0, 0, 1, 2), None);
        assert_eq!(p_value(1, 2, 0, 0), None);
        assert_eq!(p_value(0, u64::MAX, u64::MAX, u64::MAX), Some(f64::MIN_POSITIVE));
    }

    fn sample() -> impl proptest::strategy::Strategy<Value = (u64, u64)> {
        use proptest::prelude::*;
        let trials = prop_oneof![1..30u64, 1..3000u64, 1..=TWO53];
        (trials, 0.0..=1.0f64, 1..12i32)
            .prop_map(|(n, u, power)| (((n as f64 * u.powi(power)) as u64).min(n), n))
    }

    proptest::proptest! {
        #[test]
        fn a_p_value_is_a_probability_and_knows_no_order((k1, n1) in sample(), (k2, n2) in sample()) {
            let p = p_value(k1, n1, k2, n2).unwrap();
            proptest::prop_assert!(p > 0.0 && p <= 1.0, "{p}");
            proptest::prop_assert_eq!(p_value(k2, n2, k1, n1), Some(p));
            let mirrored = p_value(n1 - k1, n1, n2 - k2, n2).unwrap();
            proptest::prop_assert!((mirrored - p).abs() <= 1e-9 * p, "{} {}", mirrored, p);
        }

        #[test]
        fn fishers_test_sums_what_is_no_likelier(k1 in 0..=9u64, k2 in 0..=14u64) {
            let (n1, n2) = (9, 14);
            let choose = |n: u64, k: u64| (0..k).fold(1u64, |c, i| c * (n - i) / (i + 1));
            let ways = |x: u64| choose(n1, x) * choose(n2, k1 + k2 - x);
            let possible = (k1 + k2).saturating_sub(n2)..=n1.min(k1 + k2);
            let (this, all) = (ways(k1), possible.clone().map(ways).sum::<u64>());
            let rarer: u64 = possible.map(ways).filter(|ways| *ways <= this).sum();
            let table = Table { events: [k1, k2], trials: [n1, n2] };
            let exact = rarer as f64 / all as f64;
            proptest::prop_assert!((table.fisher() - exact).abs() <= 1e-12 * exact);
        }
    }
}
