//! Rates of small segments, drawn towards what is usual: the posterior mean under a beta prior that is fitted
//! to all segments by maximum likelihood of the beta-binomial distribution (empirical Bayes).
//!
//! Sources: J. G. Skellam, "A probability distribution derived from the binomial distribution by regarding
//! the probability of success as variable between the sets of trials", Journal of the Royal Statistical
//! Society B 10 (1948), 257-261 (the distribution); D. A. Griffiths, "Maximum likelihood estimation for the
//! beta-binomial distribution", Biometrics 29 (1973), 637-648 (the fit); R. E. Tarone, "Testing the goodness
//! of fit of the binomial distribution", Biometrika 66 (1979), 585-590 (the score where there is no spread).

use crate::beta_likelihood::{Group, Likelihood, Point};

/// How the rates of segments spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Prior {
    /// As a beta distribution.
    Beta {
        /// First shape, as if so many events had been seen beforehand.
        alpha: f64,
        /// Second shape, as if so many trials without event had been seen beforehand.
        beta: f64,
    },
    /// Not at all, as far as the segments can tell: they differ no more than chance makes them differ. It is
    /// the limit of large shapes.
    NoSpread {
        /// The rate of all together.
        rate: f64,
    },
    /// As far as can be: in each segment all trials or none. It is the limit of small shapes.
    AllOrNothing {
        /// Share of segments with all.
        rate: f64,
    },
}

impl Prior {
    /// Fits to segments of `(events, trials)`, events being at most trials; those without trials say nothing.
    /// `None` if no segment has trials.
    #[must_use]
    pub fn fit(segments: &[(u64, u64)]) -> Option<Self> {
        let groups = Group::merge(segments);
        let events: f64 = groups.iter().map(|group| group.weight * group.events).sum();
        let others: f64 = groups.iter().map(|group| group.weight * group.others).sum();
        if groups.is_empty() {
            return None;
        }
        let no_spread = Self::NoSpread { rate: events / (events + others) };
        // A single trial is 0 or 1 however the rates spread, and one segment does not differ from itself.
        let one_trial_each = groups.iter().all(|group| group.trials() == 1.0);
        if events == 0.0 || others == 0.0 || one_trial_each || groups.len() == 1 {
            return Some(no_spread);
        }
        // At a given mean, each of these becomes the likelier the smaller the shapes.
        if groups.iter().all(|group| group.events == 0.0 || group.others == 0.0) {
            let all: f64 = groups.iter().filter(|group| group.others == 0.0).map(|group| group.weight).sum();
            return Some(Self::AllOrNothing {
                rate: all / groups.iter().map(|group| group.weight).sum::<f64>(),
            });
        }
        Some(interior(&groups, Point::of(events, others, 1.0)).unwrap_or(no_spread))
    }

    /// Rate to expect of a segment of which `events` out of `trials` are seen: (α + k) / (α + β + n).
    #[must_use]
    pub fn posterior_mean(&self, events: u64, trials: u64) -> f64 {
        match *self {
            Self::Beta { alpha, beta } => (alpha + events as f64) / (alpha + beta + trials as f64),
            Self::AllOrNothing { .. } if trials > 0 => events as f64 / trials as f64,
            Self::NoSpread { rate } | Self::AllOrNothing { rate } => rate,
        }
    }
}

/// The prior with some spread under which the segments are likeliest; `None` if they are likelier without.
///
/// Where the likelihood grows with the first bit of spread (Tarone's score, the sign of `excess`), its
/// maximum has some. Where it does not, there may still be a maximum far off (a large segment near the mean,
/// and small ones that differ wildly), which then has to be likelier than none.
fn interior(groups: &[Group], pooled: Point) -> Option<Prior> {
    let (mean, rest) = (pooled.mean(), pooled.rest());
    let likelihood = Likelihood::new(groups);
    let excess: f64 = groups.iter().map(|group| group.weight * group.excess(mean, rest)).sum();
    let precisions = likelihood.precisions();
    let (at_end, start) = coarse_maximum(&likelihood, &precisions)?;
    if excess <= 0.0 && at_end {
        return None;
    }
    let (point, value) = likelihood.climb(start)?;
    let binomial: f64 = groups.iter().map(|group| group.weight * group.binomial(mean, rest)).sum();
    let (alpha, beta) = point.shapes();
    (excess > 0.0 || value > binomial).then_some(Prior::Beta { alpha, beta })
}

/// The likeliest of some precisions, and whether it is the last.
fn coarse_maximum(likelihood: &Likelihood<'_>, precisions: &[f64]) -> Option<(bool, Point)> {
    let points = precisions.iter().map(|precision| likelihood.mean_at(*precision));
    let valued = points.map(|point| (likelihood.slope(point).value, point)).enumerate();
    let (index, (_, point)) = valued.max_by(|a, b| a.1.0.total_cmp(&b.1.0))?;
    Some((index + 1 == precisions.len(), point))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO53: u64 = 1 << 53;

    fn fit(segments: &[(u64, u64)]) -> Prior {
        Prior::fit(segments).unwrap()
    }

    #[track_caller]
    fn assert_close(ours: f64, theirs: f64, relative: f64) {
        assert!((ours - theirs).abs() <= relative * theirs.abs(), "{ours} {theirs}");
    }

    #[test]
    fn as_scipy_and_mpmath_have_it() {
        for (segments, alpha, beta, means) in VECTORS {
            let prior = fit(segments);
            let Prior::Beta { alpha: our_alpha, beta: our_beta } = prior else {
                panic!("{segments:?}: {prior:?}")
            };
            assert_close(our_alpha, *alpha, 1e-7);
            assert_close(our_beta, *beta, 1e-7);
            for ((events, trials), mean) in segments.iter().zip(*means) {
                assert_close(prior.posterior_mean(*events, *trials), *mean, 1e-10);
            }
        }
    }

    type Vector = (&'static [(u64, u64)], f64, f64, &'static [f64]);

    // The maximum by scipy 1.17.1 (stats.betabinom.logpmf, optimize.minimize by Nelder-Mead), then taken to
    // 60 digits by mpmath 1.4.1 (Newton on psi); those of 10^9 trials and more by mpmath alone.
    const VECTORS: &[Vector] = &[
        (
            &[(1, 10), (9, 10)],
            0.6702795270973061,
            0.6702795270973061,
            &[0.14728370260366558, 0.8527162973963345],
        ),
        (
            &[(3, 20), (8, 25), (1, 30)],
            1.9473936609381222,
            9.871697664638486,
            &[0.15548507059223723, 0.27016945021747735, 0.07047961989397633],
        ),
        (
            &[(940, 4364), (120, 800), (33, 90), (5, 60), (0, 12), (2, 3)],
            2.674263801812853,
            10.588742267086456,
            &[
                0.21535700790535842,
                0.15084205587413618,
                0.34546993313375185,
                0.10474950747442283,
                0.10585691166440703,
                0.28741696227684,
            ],
        ),
        (
            &[(0, 5), (0, 7), (1, 4), (0, 30), (6, 9), (0, 1), (1, 1)],
            0.21482935246984702,
            0.7650115519952753,
            &[
                0.03592559666753589,
                0.026921508215738885,
                0.2439494304688696,
                0.006934488564106334,
                0.6227383193743343,
                0.10850839175276346,
                0.6135994815189697,
            ],
        ),
        (
            &[(0, 10), (10, 10), (0, 20), (19, 20), (0, 3), (30, 30)],
            0.05124733054097488,
            0.0655867891755425,
            &[
                0.005065550144891659,
                0.9935170638957378,
                0.0025474848694381465,
                0.9470300951514453,
                0.01644211035062589,
                0.9978222548587002,
            ],
        ),
        (
            &[(12, 100), (18, 100), (22, 100), (9, 100), (15, 100), (25, 100)],
            13.62107527529585,
            67.30775361737626,
            &[
                0.14160858406094254,
                0.17477079506248078,
                0.19687893573017293,
                0.12502747856017343,
                0.15818968956171167,
                0.21346004123094206,
            ],
        ),
        // Hardly more spread than chance gives.
        (
            &[(384, 1000), (415, 1000)],
            273328.600070701,
            410848.12100764405,
            &[0.39947737809878675, 0.39952262190092763],
        ),
        (
            &[
                (TWO53 / 7, TWO53),
                (TWO53 / 5, TWO53),
                (TWO53 / 6, TWO53 - 1),
                (TWO53 / 9, TWO53 / 2),
                (1, 10),
            ],
            29.120017529862377,
            131.11986183414712,
            &[
                0.1428571428571435,
                0.19999999999999962,
                0.1666666666666669,
                0.22222222222222066,
                0.17692692007528563,
            ],
        ),
        (
            &[
                (TWO53 / 2, TWO53),
                (TWO53 / 2 + 100_000_000, TWO53),
                (TWO53 / 2 - 300_000_000, TWO53),
                (TWO53 / 2 + 200_000_000, TWO53),
            ],
            309672126838401.5,
            309672126838401.5,
            &[0.5, 0.5000000103879445, 0.49999996883616643, 0.500000020775889],
        ),
        (
            &[
                (1, 1_000_000_000),
                (40, 1_000_000_000),
                (0, 100_000_000),
                (3, 10_000_000),
                (1000, 1_000_000_000_000),
            ],
            0.27732205766585183,
            5370610.66931366,
            &[
                1.2704987034215694e-09,
                4.00621637624175e-08,
                2.631872921438216e-09,
                2.13220025478765e-07,
                1.0002719499861816e-09,
            ],
        ),
        (
            &[
                (999_999_999, 1_000_000_000),
                (999_999_960, 1_000_000_000),
                (100_000_000, 100_000_000),
                (9_999_997, 10_000_000),
                (999_999_999_000, 1_000_000_000_000),
            ],
            5370610.66931366,
            0.27732205766585183,
            &[
                0.9999999987295013,
                0.9999999599378362,
                0.9999999973681271,
                0.9999997867799745,
                0.999999998999728,
            ],
        ),
    ];

    #[test]
    fn a_large_segment_near_the_mean_does_not_hide_how_small_ones_differ() {
        let mut segments = vec![(500_000, 1_000_000)];
        segments.extend([[(0, 10), (10, 10)]; 500].as_flattened());
        // Tarone's score is negative here; by scipy and mpmath as above.
        let prior = fit(&segments);
        assert!(matches!(prior, Prior::Beta { .. }), "{prior:?}");
        assert_close(prior.posterior_mean(0, 10), 3.5349161287664285e-05, 1e-9);
        assert_close(prior.posterior_mean(10, 10), 0.9999646508387123, 1e-9);
    }

    #[test]
    fn segments_that_do_not_differ_have_no_spread() {
        let cases: &[(&[(u64, u64)], f64)] = &[
            (&[(3, 10)], 0.3),
            (&[(3, 10), (3, 10), (3, 10)], 0.3),
            (&[(1, 4), (2, 8), (250, 1000)], 0.25),
            (&[(30, 100), (39, 100)], 0.345),
            (&[(0, 1), (1, 1), (0, 1), (0, 1)], 0.25),
            (&[(0, 10), (0, 3)], 0.0),
            (&[(10, 10), (3, 3)], 1.0),
            (&[(TWO53 / 2, TWO53), (TWO53 / 2 + 1, TWO53)], 0.5),
            (&[(0, TWO53), (1, TWO53)], 0.5 / TWO53 as f64),
        ];
        for (segments, rate) in cases {
            let prior = fit(segments);
            let Prior::NoSpread { rate: ours } = prior else { panic!("{segments:?}: {prior:?}") };
            assert_close(ours, *rate, 1e-15);
            assert_close(prior.posterior_mean(1, 2), *rate, 1e-15);
        }
    }

    #[test]
    fn all_or_nothing_is_left_as_it_is() {
        let prior = fit(&[(0, 10), (2, 2), (0, 1), (0, 7)]);
        assert_eq!(prior, Prior::AllOrNothing { rate: 0.25 });
        assert_close(prior.posterior_mean(2, 2), 1.0, 0.0);
        assert_close(prior.posterior_mean(0, 0), 0.25, 0.0);
    }

    #[test]
    fn segments_without_trials_say_nothing() {
        assert_eq!(Prior::fit(&[]), None);
        assert_eq!(Prior::fit(&[(0, 0), (0, 0)]), None);
        assert_eq!(Prior::fit(&[(0, 0), (1, 10), (9, 10)]), Prior::fit(&[(1, 10), (9, 10)]));
        assert_close(fit(&[(1, 10), (9, 10)]).posterior_mean(0, 0), 0.5, 1e-12);
    }

    #[test]
    fn many_segments_are_fitted_like_few() {
        let few = [(1, 10), (9, 10), (4, 12)];
        let many = few.repeat(200_000);
        assert_close(fit(&many).posterior_mean(1, 10), fit(&few).posterior_mean(1, 10), 1e-9);
    }

    #[test]
    fn half_a_million_different_segments_come_to_an_end() {
        // Rates between 0.1 and 0.3, all counts different; 1/√2 and 1/√3 as numbers that repeat nothing.
        let segments: Vec<(u64, u64)> = (1..=500_000_u64)
            .map(|i| {
                let (u, v) =
                    ((i as f64 * 0.5_f64.sqrt()).fract(), (i as f64 * 3.0_f64.sqrt().recip()).fract());
                let trials = i + 20;
                (((0.1 + 0.1 * (u + v)) * trials as f64) as u64, trials)
            })
            .collect();
        // The sum of two uniform numbers: mean 0.2, variance 0.01/6, so that α + β + 1 is 96. Its density is
        // not beta's, and the likeliest is therefore not quite this.
        let Prior::Beta { alpha, beta } = fit(&segments) else { panic!() };
        assert_close(alpha / (alpha + beta), 0.2, 0.01);
        assert_close(alpha + beta, 95.0, 0.1);
    }

    fn any_segments() -> impl proptest::strategy::Strategy<Value = Vec<(u64, u64)>> {
        use proptest::prelude::*;
        let trials = prop_oneof![1..20u64, 1..5000u64, 1..=TWO53];
        let segment = (trials, 0.0..=1.0f64, any::<bool>()).prop_map(|(n, share, rare)| {
            (((n as f64 * if rare { share.powi(9) } else { share }) as u64).min(n), n)
        });
        proptest::collection::vec(segment, 1..12)
    }

    proptest::proptest! {
        #[test]
        fn a_shrunken_rate_is_between_the_raw_one_and_the_prior_mean(segments in any_segments()) {
            let prior = Prior::fit(&segments).unwrap();
            let mean = prior.posterior_mean(0, 0);
            proptest::prop_assert!((0.0..=1.0).contains(&mean), "{prior:?}");
            for (events, trials) in segments {
                let (raw, shrunken) = (events as f64 / trials as f64, prior.posterior_mean(events, trials));
                let (low, high) = (raw.min(mean) * (1.0 - 1e-14), raw.max(mean) * (1.0 + 1e-14));
                proptest::prop_assert!((low..=high).contains(&shrunken), "{shrunken} {low} {high} {prior:?}");
            }
        }
    }
}
