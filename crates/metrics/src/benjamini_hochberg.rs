//! p-values adjusted for how many there are, by the false discovery rate.
//!
//! Source: Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate: a practical and powerful
//! approach to multiple testing", Journal of the Royal Statistical Society B 57 (1995), 289-300.

/// The least false discovery rate at which each would count as a discovery: of m p-values in ascending order,
/// the i-th becomes the least of p(j) m / j over j from i to m, and 1 at most.
///
/// `None` stays so and does not count.
#[must_use]
pub fn q_values(p_values: &[Option<f64>]) -> Vec<Option<f64>> {
    let numbered = p_values.iter().enumerate();
    let mut ranked: Vec<(usize, f64)> = numbered.filter_map(|(index, p)| Some((index, (*p)?))).collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let tests = ranked.len() as f64;
    let mut q_values = vec![None; p_values.len()];
    let mut least = 1.0_f64;
    for (before, (index, p)) in ranked.into_iter().enumerate().rev() {
        least = least.min(p * (tests / (before + 1) as f64));
        q_values[index] = Some(least);
    }
    q_values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_statsmodels_has_it() {
        // statsmodels 0.15.0: multipletests(p, method="fdr_bh")
        let cases: &[(&[f64], &[f64])] = &[
            (&[0.5], &[0.5]),
            (&[0.01, 0.04, 0.03, 0.005], &[0.02, 0.04, 0.04, 0.02]),
            (&[0.2, 0.2, 0.9, 1.0, 1e-300], &[0.33333333333333337, 0.33333333333333337, 1.0, 1.0, 5e-300]),
            (
                &[0.05, 0.049, 0.048, 0.8, 0.0001, 0.02, 0.02],
                &[
                    0.05833333333333334,
                    0.05833333333333334,
                    0.05833333333333334,
                    0.8,
                    0.0007,
                    0.04666666666666667,
                    0.04666666666666667,
                ],
            ),
        ];
        for (p_values, theirs) in cases {
            let ours = q_values(&p_values.iter().copied().map(Some).collect::<Vec<_>>());
            for (ours, theirs) in ours.iter().zip(*theirs) {
                assert!((ours.unwrap() - theirs).abs() <= 1e-14 * theirs, "{ours:?} {theirs}");
            }
        }
    }

    #[test]
    fn what_was_not_tested_does_not_count() {
        let q = q_values(&[None, Some(0.01), None, Some(0.5)]);
        assert_eq!(q, [None, Some(0.02), None, Some(0.5)]);
        assert_eq!(q_values(&[None]), [None]);
        assert_eq!(q_values(&[]), []);
    }

    proptest::proptest! {
        #[test]
        fn q_is_no_less_than_p_and_in_its_order(p in proptest::collection::vec(1e-12..=1.0f64, 1..40)) {
            let q = q_values(&p.iter().copied().map(Some).collect::<Vec<_>>());
            let mut both: Vec<(f64, f64)> = p.iter().zip(q).map(|(p, q)| (*p, q.unwrap())).collect();
            both.sort_by(|a, b| a.0.total_cmp(&b.0));
            proptest::prop_assert!(both.iter().all(|(p, q)| p <= q && *q <= 1.0));
            proptest::prop_assert!(both.windows(2).all(|pair| pair[0].1 <= pair[1].1));
        }
    }
}
