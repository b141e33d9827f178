//! The likelihood of a beta prior, its slope and its maximum.
//!
//! Everything is told as differences from what is expected: no two large numbers are subtracted, so that
//! segments of 2^53 trials and precisions far beyond are as exact as small ones. The form is that of the
//! binomial by C. Loader, "Fast and accurate computation of binomial probabilities" (2000): P(k; n, p) is its
//! value at p = k/n less a deviance.

use crate::stirling::Remainder;

/// Segments with the same counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group {
    /// How many segments.
    pub(crate) weight: f64,
    /// Events in each.
    pub(crate) events: f64,
    /// Trials without event in each.
    pub(crate) others: f64,
}

impl Group {
    /// Merges the segments that have trials.
    pub(crate) fn merge(segments: &[(u64, u64)]) -> Vec<Self> {
        let mut sorted: Vec<_> = segments.iter().filter(|(_, trials)| *trials > 0).collect();
        sorted.sort_unstable();
        let same = sorted.chunk_by(|a, b| a == b);
        same.map(|chunk| {
            let (events, trials) = *chunk[0];
            let others = trials.saturating_sub(events) as f64;
            Self { weight: chunk.len() as f64, events: events.min(trials) as f64, others }
        })
        .collect()
    }

    /// Trials in each.
    pub(crate) fn trials(&self) -> f64 {
        self.events + self.others
    }

    /// Events beyond those expected at a mean (and 1 - mean).
    fn surplus(&self, mean: f64, rest: f64) -> f64 {
        self.events * rest - self.others * mean
    }

    /// Chi-square less trials: twice the slope of the log likelihood in the spread 1/(α + β) at 0, up to
    /// terms that sum to nothing at the pooled rate.
    pub(crate) fn excess(&self, mean: f64, rest: f64) -> f64 {
        let surplus = self.surplus(mean, rest);
        (surplus / mean) * (surplus / rest) - self.trials()
    }

    /// Log likelihood without spread, on the scale of [`Slope::value`].
    pub(crate) fn binomial(&self, mean: f64, rest: f64) -> f64 {
        let surplus = self.surplus(mean, rest);
        let n = self.trials();
        -deviance(self.events, n * mean, surplus) - deviance(self.others, n * rest, -surplus)
    }
}

/// A beta distribution by the logit of its mean and the logarithm of its precision α + β.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    logit: f64,
    log_precision: f64,
}

impl Point {
    /// With the mean of `events` beside `others`.
    pub(crate) fn of(events: f64, others: f64, precision: f64) -> Self {
        Self { logit: (events / others).ln(), log_precision: precision.ln() }
    }

    /// The mean.
    pub(crate) fn mean(self) -> f64 {
        1.0 / (1.0 + (-self.logit).exp())
    }

    /// 1 - mean, exact also where the mean is nearly 1.
    pub(crate) fn rest(self) -> f64 {
        1.0 / (1.0 + self.logit.exp())
    }

    /// α and β.
    pub(crate) fn shapes(self) -> (f64, f64) {
        let precision = self.log_precision.exp();
        (self.mean() * precision, self.rest() * precision)
    }

    fn moved(self, step: [f64; 2], share: f64) -> Self {
        Self { logit: self.logit + share * step[0], log_precision: self.log_precision + share * step[1] }
    }
}

/// Log likelihood at a point, with first and second derivatives.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Slope {
    /// Log likelihood, less that of the rates that each segment has (a constant).
    pub(crate) value: f64,
    by_logit: f64,
    by_precision: f64,
    by_logit_twice: f64,
    by_both: f64,
    by_precision_twice: f64,
}

impl Slope {
    /// Newton's step where the likelihood is concave, else a step uphill of bounded length.
    fn step(&self) -> [f64; 2] {
        if self.by_logit_twice >= 0.0 {
            return [0.5 * self.by_logit.signum(), 0.5 * self.by_precision.signum()];
        }
        // The precision along the ridge on which the mean is the best for it.
        let tilt = self.by_both / self.by_logit_twice;
        let slope = self.by_precision - tilt * self.by_logit;
        let bend = self.by_precision_twice - tilt * self.by_both;
        let precision = if bend < 0.0 { -slope / bend } else { 2.0 * slope.signum() }.clamp(-2.0, 2.0);
        let logit = -(self.by_logit + self.by_both * precision) / self.by_logit_twice;
        [logit.clamp(-2.0, 2.0), precision]
    }
}

/// The likelihood of priors, given segments.
pub(crate) struct Likelihood<'a> {
    groups: &'a [Group],
    segments: f64,
    largest: f64,
}

impl<'a> Likelihood<'a> {
    /// Of these segments.
    pub(crate) fn new(groups: &'a [Group]) -> Self {
        let segments = groups.iter().map(|group| group.weight).sum();
        let largest = groups.iter().map(Group::trials).fold(1.0, f64::max);
        Self { groups, segments, largest }
    }

    /// Precisions to begin with: by tens, up to where the segments cannot tell it from no spread.
    pub(crate) fn precisions(&self) -> Vec<f64> {
        let end = 10.0 * self.largest * self.segments.sqrt();
        let by_tens = |before: &f64| Some(before * 10.0).filter(|next| *next <= end);
        std::iter::successors(Some(1e-4), by_tens).collect()
    }

    /// At a precision, with about the best mean for it: segments weigh as much as they tell, n / (α + β + n).
    pub(crate) fn mean_at(&self, precision: f64) -> Point {
        let weigh = |group: &Group| group.weight / (precision + group.trials());
        let events: f64 = self.groups.iter().map(|group| weigh(group) * group.events).sum();
        let others: f64 = self.groups.iter().map(|group| weigh(group) * group.others).sum();
        Point::of(events, others, precision)
    }

    /// The maximum near a point; `None` if the likelihood grows without end towards no spread.
    pub(crate) fn climb(&self, start: Point) -> Option<(Point, f64)> {
        let end = (1e12 * self.largest).ln();
        let (mut at, mut here) = (start, self.slope(start));
        for _ in 0..200 {
            let step = here.step();
            let gain = 0.5 * (here.by_logit * step[0] + here.by_precision * step[1]);
            let Some(next) = self.uphill(at, step, here.value) else { break };
            (at, here) = next;
            if at.log_precision > end {
                return None;
            }
            // Twice the gain is the square of the distance in standard errors, and the step has gone it
            // already.
            if gain < 1e-16 {
                break;
            }
        }
        Some((at, here.value))
    }

    /// The longest of the step, its half, its quarter … that does not lead down (rounding apart).
    fn uphill(&self, at: Point, step: [f64; 2], value: f64) -> Option<(Point, Slope)> {
        let rounding = 1e-14 * (self.segments + value.abs());
        let shares = std::iter::successors(Some(1.0), |share| Some(share / 2.0)).take(40);
        let points = shares.map(|share| at.moved(step, share));
        points.map(|point| (point, self.slope(point))).find(|(_, slope)| slope.value >= value - rounding)
    }

    /// Log likelihood and its derivatives at a point.
    pub(crate) fn slope(&self, point: Point) -> Slope {
        let beta = Beta::at(point);
        let mut sum = Slope::default();
        for group in self.groups {
            let slope = beta.slope(group);
            sum.value += group.weight * slope.value;
            sum.by_logit += group.weight * slope.by_logit;
            sum.by_precision += group.weight * slope.by_precision;
            sum.by_logit_twice += group.weight * slope.by_logit_twice;
            sum.by_both += group.weight * slope.by_both;
            sum.by_precision_twice += group.weight * slope.by_precision_twice;
        }
        sum
    }
}

/// A beta distribution, with what does not depend on the segment.
struct Beta {
    mean: f64,
    rest: f64,
    precision: f64,
    alpha: (f64, Remainder),
    beta: (f64, Remainder),
    both: Remainder,
}

impl Beta {
    fn at(point: Point) -> Self {
        let (mean, rest, precision) = (point.mean(), point.rest(), point.log_precision.exp());
        let with = |x: f64| (x, Remainder::at(x));
        let both = Remainder::at(precision);
        Self { mean, rest, precision, alpha: with(mean * precision), beta: with(rest * precision), both }
    }

    /// ln B(α + k, β + n - k) - ln B(α, β), less k ln(k/n) + (n - k) ln(1 - k/n), and its derivatives.
    ///
    /// With p = (α + k) / (α + β + n), Stirling's leading terms are the deviances of (k, n - k) and of (α, β)
    /// from p, and both come to so little because p is between the two means.
    fn slope(&self, group: &Group) -> Slope {
        let (k, m, n) = (group.events, group.others, group.trials());
        let ((alpha, at_alpha), (beta, at_beta)) = (self.alpha, self.beta);
        let (ak, bm, all) = (alpha + k, beta + m, self.precision + n);
        let (p, q) = (ak / all, bm / all);
        let surplus = group.surplus(self.mean, self.rest);
        let shift = surplus * (self.precision / all);

        let prior = deviance(alpha, self.precision * p, -shift) + deviance(beta, self.precision * q, shift);
        let data = deviance(k, n * p, shift) + deviance(m, n * q, -shift);
        let (at_ak, at_bm, at_all) = (Remainder::at(ak), Remainder::at(bm), Remainder::at(all));
        let ln_p = ln_ratio(p, self.mean, surplus / all);
        let ln_q = ln_ratio(q, self.rest, -surplus / all);

        let digamma = [
            at_ak.digamma - at_alpha.digamma,
            at_bm.digamma - at_beta.digamma,
            at_all.digamma - self.both.digamma,
        ];
        let trigamma = [
            at_ak.trigamma - at_alpha.trigamma,
            at_bm.trigamma - at_beta.trigamma,
            at_all.trigamma - self.both.trigamma,
        ];
        let spread = self.precision * self.mean * self.rest;
        let by_logit = spread * (ln_p - ln_q + digamma[0] - digamma[1]);
        let by_precision = -prior + alpha * digamma[0] + beta * digamma[1] - self.precision * digamma[2];
        let (bend_a, bend_b) = (trigamma[0] - k / alpha / ak, trigamma[1] - m / beta / bm);
        let chi_square = shift * shift / ak + shift * shift / bm;
        let curvature =
            alpha * alpha * trigamma[0] + beta * beta * trigamma[1] - self.precision.powi(2) * trigamma[2];
        Slope {
            value: self.both.ln_gamma - at_all.ln_gamma
                + (at_ak.ln_gamma - at_alpha.ln_gamma)
                + (at_bm.ln_gamma - at_beta.ln_gamma)
                - 0.5 * (ln_p + ln_q + (n / self.precision).ln_1p())
                - prior
                - data,
            by_logit,
            by_precision,
            by_logit_twice: (self.rest - self.mean) * by_logit + spread * spread * (bend_a + bend_b),
            by_both: by_logit + spread * (alpha * bend_a - beta * bend_b),
            by_precision_twice: by_precision + chi_square + curvature,
        }
    }
}

/// x ln(x/y) - x + y for y > 0, given x - y.
fn deviance(x: f64, y: f64, difference: f64) -> f64 {
    let v = difference / (x + y);
    if v.abs() >= 0.1 {
        let logarithm = if x > 0.0 { x * (x / y).ln() } else { 0.0 };
        return logarithm - difference;
    }
    // ln(x/y) = 2 (v + v³/3 + v⁵/5 …)
    let (square, mut sum, mut term) = (v * v, difference * v, 2.0 * x * v);
    for order in (3..).step_by(2) {
        term *= square;
        let next = sum + term / f64::from(order);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// ln(x/y), given x - y.
fn ln_ratio(x: f64, y: f64, difference: f64) -> f64 {
    if difference.abs() < 0.5 * y { (difference / y).ln_1p() } else { (x / y).ln() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_that_of_the_value() {
        let groups = Group::merge(&[(3, 20), (0, 7), (8, 8), (90_000, 100_000), (5, 5_000_000_000)]);
        let likelihood = Likelihood::new(&groups);
        for (logit, log_precision) in [(-1.0, 2.0), (0.5, -3.0), (-4.0, 9.0), (2.0, 0.0)] {
            let at = |a: f64, b: f64| {
                likelihood.slope(Point { logit: logit + a, log_precision: log_precision + b })
            };
            let (here, h) = (at(0.0, 0.0), 1e-5);
            let close = |ours: f64, after: f64, before: f64| {
                let theirs = (after - before) / (2.0 * h);
                assert!((ours - theirs).abs() <= 1e-5 * theirs.abs().max(1.0), "{logit}: {ours} {theirs}");
            };
            close(here.by_logit, at(h, 0.0).value, at(-h, 0.0).value);
            close(here.by_precision, at(0.0, h).value, at(0.0, -h).value);
            close(here.by_logit_twice, at(h, 0.0).by_logit, at(-h, 0.0).by_logit);
            close(here.by_both, at(0.0, h).by_logit, at(0.0, -h).by_logit);
            close(here.by_precision_twice, at(0.0, h).by_precision, at(0.0, -h).by_precision);
        }
    }

    #[test]
    fn equal_segments_are_one_group() {
        let groups = Group::merge(&[(1, 4), (2, 4), (1, 4), (0, 0)]);
        let counts: Vec<_> = groups.iter().map(|group| (group.weight, group.events, group.others)).collect();
        assert_eq!(counts, [(2.0, 1.0, 3.0), (1.0, 2.0, 2.0)]);
    }
}
