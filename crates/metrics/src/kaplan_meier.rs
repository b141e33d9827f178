//! Which share of leads is set by which age, when some are still young and some are seen late.
//!
//! The product-limit estimate: E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete
//! observations", Journal of the American Statistical Association 53 (1958), 457-481. Its variance: M.
//! Greenwood, "The natural duration of cancer", Reports on Public Health and Medical Subjects 33 (1926).
//! Limits by ln(-ln S): J. D. Kalbfleisch and R. L. Prentice, "The Statistical Analysis of Failure Time Data"
//! (1980), section 1.3. Delayed entry (left truncation): W.-Y. Tsai, N. P. Jewell and M.-C. Wang, "A note on
//! the product-limit estimator under right censoring and left truncation", Biometrika 74 (1987), 883-886.

use crate::CurvePoint;
use crate::wilson::Z;

/// Leads that were followed alike. Ages are whole calendar days since the lead began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    /// Age at which they came under observation. Those of age 0 are at risk at once, others from the next day
    /// on.
    pub entry_age: u32,
    /// Age at which they left: were set, or were last seen unset. They are at risk on that day still.
    pub exit_age: u32,
    /// Whether they left by being set.
    pub set: bool,
    /// How many leads.
    pub leads: u64,
}

impl Followed {
    /// First age at risk.
    fn at_risk_from(&self) -> u64 {
        if self.entry_age == 0 { 0 } else { u64::from(self.entry_age) + 1 }
    }
}

/// What happens on a day of age.
#[derive(Clone, Copy, Default)]
struct Day {
    enter: u64,
    set: u64,
    censored: u64,
}

/// The share set by each day of age, from 0 to the last at which leads leave.
///
/// Leads that left before they were at risk tell nothing. On a day on which all leads at risk are set, the
/// estimate is 1, and stays so: with delayed entry that may come early, while only few are at risk.
#[must_use]
pub fn curve(followed: &[Followed]) -> Vec<CurvePoint> {
    let at_risk = followed.iter().filter(|group| group.leads > 0);
    let at_risk = at_risk.filter(|group| group.at_risk_from() <= u64::from(group.exit_age));
    let mut days = Vec::new();
    for group in at_risk {
        let (enter, exit) = (group.at_risk_from() as usize, group.exit_age as usize);
        if days.len() <= exit {
            days.resize(exit + 1, Day::default());
        }
        days[enter].enter += group.leads;
        let left = if group.set { &mut days[exit].set } else { &mut days[exit].censored };
        *left += group.leads;
    }
    let mut estimate = Estimate::START;
    let mut at_risk = 0;
    let points = (0..).zip(days).map(|(age_days, day)| {
        at_risk += day.enter;
        estimate.observe(day.set, at_risk);
        let (share_set, (low, high)) = (estimate.set, estimate.limits().unzip());
        let point = CurvePoint { age_days, at_risk, events: day.set, share_set, low, high };
        at_risk -= day.set + day.censored;
        point
    });
    points.collect()
}

/// The product-limit estimate up to some age.
struct Estimate {
    /// Share set, kept beside the share unset so that either is exact when small.
    set: f64,
    unset: f64,
    /// Greenwood's sum of d / (n (n - d)).
    variance: f64,
}

impl Estimate {
    const START: Self = Self { set: 0.0, unset: 1.0, variance: 0.0 };

    /// Of `at_risk` leads, `events` are set.
    fn observe(&mut self, events: u64, at_risk: u64) {
        if events == 0 {
            return;
        }
        let (d, n, left) = (events as f64, at_risk as f64, (at_risk - events) as f64);
        self.set = if left == 0.0 { 1.0 } else { (self.set + self.unset * (d / n)).min(1.0) };
        self.unset *= left / n;
        self.variance += d / n / left;
    }

    /// 95 % limits of the share set: those of the share unset, S^exp(±z √variance / ln S), turned round.
    /// `None` while none is set, and when all are.
    fn limits(&self) -> Option<(f64, f64)> {
        if self.set == 0.0 || self.unset == 0.0 {
            return None;
        }
        let logarithm = if self.set < 0.5 { (-self.set).ln_1p() } else { self.unset.ln() };
        let error = Z * self.variance.sqrt() / logarithm.abs();
        let limit = |exponent: f64| -(logarithm * exponent.exp()).exp_m1();
        Some((limit(-error).min(self.set), limit(error).max(self.set)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(groups: &[(u32, u32, bool, u64)]) -> Vec<Followed> {
        let group = |(entry_age, exit_age, set, leads): &_| Followed {
            entry_age: *entry_age,
            exit_age: *exit_age,
            set: *set,
            leads: *leads,
        };
        groups.iter().map(group).collect()
    }

    #[track_caller]
    fn check(groups: &[(u32, u32, bool, u64)], points: &[(u32, u64, u64, f64, f64, f64)]) {
        let curve = curve(&followed(groups));
        for (age, at_risk, events, share, low, high) in points {
            let point = curve[*age as usize];
            assert_eq!((point.age_days, point.at_risk, point.events), (*age, *at_risk, *events));
            let limits = [(point.share_set, share), (point.low.unwrap(), low), (point.high.unwrap(), high)];
            for (ours, theirs) in limits {
                assert!((ours - theirs).abs() <= 1e-12 * theirs, "{age}: {ours} {theirs}");
            }
        }
    }

    // lifelines 0.30.3: KaplanMeierFitter().fit(exit, set, entry=entry, weights=leads), the share being 1 -
    // S. Its estimate puts entries after the events of their day, except on the first: entry < t <= exit, as
    // here. Its event table counts those who enter as at risk already; at_risk is taken without them. Leads
    // that are set or censored by the day of a late entry are left out beforehand.
    #[test]
    fn as_lifelines_has_it() {
        let groups = [
            (0, 0, true, 3),
            (0, 0, false, 2),
            (0, 1, true, 4),
            (0, 3, true, 2),
            (0, 3, false, 5),
            (0, 6, true, 1),
            (0, 8, false, 7),
        ];
        let points = [
            (0, 24, 3, 0.1250000000000001, 0.0421178591363347, 0.339244650324658),
            (1, 19, 4, 0.3092105263157894, 0.16046031528277305, 0.5426875473122932),
            (2, 15, 0, 0.3092105263157894, 0.16046031528277305, 0.5426875473122932),
            (3, 15, 2, 0.4013157894736842, 0.2320192745304751, 0.6310039275463968),
            (6, 8, 1, 0.47615131578947356, 0.28291132304802147, 0.7155000766011688),
            (8, 7, 0, 0.47615131578947356, 0.28291132304802147, 0.7155000766011688),
        ];
        check(&groups, &points);
    }

    #[test]
    fn as_lifelines_has_delayed_entry() {
        let groups = [
            (0, 0, true, 30),
            (0, 2, true, 40),
            (0, 5, false, 900),
            (3, 5, true, 7),
            (3, 3, true, 50),
            (3, 20, false, 400),
            (7, 8, true, 12),
            (7, 7, false, 9),
            (12, 20, true, 3),
            (12, 25, false, 60),
        ];
        let points = [
            (0, 970, 30, 0.030927835051546504, 0.021725950144854234, 0.04393866252500911),
            (2, 940, 40, 0.07216494845360832, 0.05753392127169754, 0.09033462768150013),
            (3, 900, 0, 0.07216494845360832, 0.05753392127169754, 0.09033462768150013),
            (5, 1307, 7, 0.07713422569983974, 0.06213594418386181, 0.09556424743828673),
            (7, 400, 0, 0.07713422569983974, 0.06213594418386181, 0.09556424743828673),
            (8, 412, 12, 0.10401381135906818, 0.0840710915481615, 0.12834573315464093),
            (12, 400, 0, 0.10401381135906818, 0.0840710915481615, 0.12834573315464093),
            (20, 463, 3, 0.10981933741937633, 0.08909407954175586, 0.13499712867129876),
            (25, 60, 0, 0.10981933741937633, 0.08909407954175586, 0.13499712867129876),
        ];
        check(&groups, &points);
    }

    #[test]
    fn there_are_no_limits_before_the_first_is_set_nor_after_the_last() {
        let curve = curve(&followed(&[(0, 2, true, 1), (0, 4, true, 1)]));
        let limits: Vec<_> = curve.iter().map(|p| (p.share_set, p.low.is_some(), p.high.is_some())).collect();
        let none = (0.0, false, false);
        assert_eq!(limits, [none, none, (0.5, true, true), (0.5, true, true), (1.0, false, false)]);
    }

    #[test]
    fn who_left_before_being_at_risk_makes_no_points() {
        assert_eq!(curve(&[]), []);
        assert_eq!(curve(&followed(&[(4, 4, true, 5), (9, 2, false, 1), (0, 7, true, 0)])), []);
        assert_eq!(curve(&followed(&[(0, 0, false, 5)])).len(), 1);
        // Nobody is at risk before the day after entry.
        let late = curve(&followed(&[(2, 4, false, 5)]));
        assert_eq!(late.iter().map(|p| p.at_risk).collect::<Vec<_>>(), [0, 0, 0, 5, 5]);
    }

    #[test]
    fn large_counts_keep_small_shares() {
        let n = 1_u64 << 53;
        let curve = curve(&followed(&[(0, 0, true, 1), (0, 1, true, n / 2), (0, 2, false, n / 2 - 1)]));
        assert_eq!(curve[0].share_set, 1.0 / n as f64);
        assert!((curve[1].share_set - 0.5).abs() < 1e-15, "{:?}", curve[1]);
        // One event: ln(-ln S) has the standard error 1 within a float.
        let (low, high) = (curve[0].low.unwrap(), curve[0].high.unwrap());
        assert!((low / curve[0].share_set - (-Z).exp()).abs() < 1e-12);
        assert!((high / curve[0].share_set - Z.exp()).abs() < 1e-12);
    }

    proptest::proptest! {
        #[test]
        fn each_day_is_what_its_definition_says(
            groups in proptest::collection::vec((0..6u32, 0..12u32, proptest::bool::ANY, 0..5u64), 0..30),
            late in proptest::bool::ANY,
        ) {
            let entry = |entry: u32| if late { entry } else { 0 };
            let groups: Vec<_> = groups.into_iter().map(|(e, x, s, n)| (entry(e), x, s, n)).collect();
            let curve = curve(&followed(&groups));
            let observed = |t: u32, (e, x, _, _): &(u32, u32, bool, u64)| (*e == 0 || *e < t) && *x >= t;
            let (mut unset, mut before) = (1.0, 0.0);
            for (age, point) in (0..).zip(&curve) {
                let at_risk: u64 = groups.iter().filter(|g| observed(age, g)).map(|g| g.3).sum();
                let set = groups.iter().filter(|g| observed(age, g) && g.1 == age && g.2);
                let events: u64 = set.map(|g| g.3).sum();
                if at_risk > 0 {
                    unset *= 1.0 - events as f64 / at_risk as f64;
                }
                proptest::prop_assert_eq!((point.age_days, point.at_risk, point.events), (age, at_risk, events));
                proptest::prop_assert!((point.share_set - (1.0 - unset)).abs() < 1e-12);
                proptest::prop_assert!(point.share_set >= before && point.share_set <= 1.0);
                let share = point.share_set;
                proptest::prop_assert!(point.low.is_none_or(|low| 0.0 <= low && low <= share));
                proptest::prop_assert!(point.high.is_none_or(|high| share <= high && high <= 1.0));
                before = point.share_set;
            }
            let last = groups.iter().filter(|g| g.3 > 0 && observed(g.1, g)).map(|g| g.1 + 1).max();
            proptest::prop_assert_eq!(curve.len(), last.unwrap_or(0) as usize);
        }
    }
}
