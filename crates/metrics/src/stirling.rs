//! What Stirling's leading terms leave of lnΓ, ψ and ψ': differences of these functions at large arguments
//! are then differences of small numbers, and lose nothing.
//!
//! Source: M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions" (1964), 6.1.40, 6.3.18,
//! 6.4.12 (the asymptotic series) and 6.1.15, 6.3.5, 6.4.6 (the recurrences, for small arguments).

/// The Bernoulli numbers B2, B4 … B14.
const BERNOULLI: [f64; 7] =
    [1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2730.0, 7.0 / 6.0];

/// From here on the series with these numbers is as exact as a float.
const LARGE: f64 = 12.0;

/// The remainders at one argument.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Remainder {
    /// lnΓ(x) - ((x - 1/2) ln x - x + ln(2π)/2).
    pub(crate) ln_gamma: f64,
    /// ψ(x) - ln x.
    pub(crate) digamma: f64,
    /// ψ'(x) - 1/x.
    pub(crate) trigamma: f64,
}

impl Remainder {
    /// At `x` > 0.
    pub(crate) fn at(x: f64) -> Self {
        if x >= LARGE { Self::series(x) } else { Self::recurrence(x) }
    }

    fn series(x: f64) -> Self {
        let over = 1.0 / x;
        let square = over * over;
        let (mut ln_gamma, mut digamma, mut trigamma) = (0.0, -0.5 * over, 0.5 * square);
        // x^(1 - 2j) at the j-th term, 2j being `order`.
        let (mut power, mut order) = (over, 2.0);
        for bernoulli in BERNOULLI {
            ln_gamma += bernoulli / (order * (order - 1.0)) * power;
            digamma -= bernoulli / order * power * over;
            trigamma += bernoulli * power * square;
            power *= square;
            order += 2.0;
        }
        Self { ln_gamma, digamma, trigamma }
    }

    fn recurrence(x: f64) -> Self {
        let (mut y, mut product, mut sum, mut squares) = (x, 1.0, 0.0, 0.0);
        while y < LARGE {
            let over = 1.0 / y;
            product *= y;
            sum += over;
            squares += over * over;
            y += 1.0;
        }
        let far = Self::series(y);
        let (ln_x, ln_y) = (x.ln(), y.ln());
        Self {
            ln_gamma: far.ln_gamma + ((y - 0.5) * ln_y - (x - 0.5) * ln_x - (y - x)) - f64::ln(product),
            digamma: far.digamma + (ln_y - ln_x) - sum,
            trigamma: far.trigamma + 1.0 / y - 1.0 / x + squares,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_mpmath_has_it() {
        for (x, ln_gamma, digamma, trigamma) in VECTORS {
            let at = Remainder::at(*x);
            for (ours, theirs) in [(at.ln_gamma, ln_gamma), (at.digamma, digamma), (at.trigamma, trigamma)] {
                assert!((ours - theirs).abs() <= 1e-14 * theirs.abs().max(1.0), "{x}: {ours} {theirs}");
                assert!((ours - theirs).abs() <= 1e-13 * theirs.abs() || *x < 12.0, "{x}: {ours} {theirs}");
            }
        }
    }

    // mpmath 1.4.1 at 60 digits: loggamma, digamma and psi(1) less the leading terms.
    const VECTORS: &[(f64, f64, f64, f64)] = &[
        (1e-9, 9.442694406414583, -999999979.8539498, 9.999999989999999e+17),
        (0.001, 2.5422704679670947, -993.6678166528282, 999001.6425331958),
        (0.3, 0.2360649007482156, -2.2985514178741973, 8.912031212774398),
        (1.0, 0.08106146679532726, -0.5772156649015329, 0.6449340668482264),
        (2.5, 0.03316287351993629, -0.2131340912289119, 0.09035775610023486),
        (7.75, 0.010746748713207833, -0.06590128067091003, 0.008681533383139532),
        (11.999, 0.006943418458517719, -0.04224853865313264, 0.003569142375711117),
        (12.0, 0.00694284010720953, -0.042244969812188296, 0.0035685395384350573),
        (15.5, 0.005375599032926835, -0.032604781334835506, 0.002125884551017906),
        (100.0, 0.0008333305556349147, -0.005008333250003967, 5.0166663333571394e-05),
        (12345.678, 6.75000055202382e-06, -4.0500550071089584e-05, 3.280589111523739e-09),
        (1e9, 8.333333333333333e-11, -5.000000000833333e-10, 5.000000001666666e-19),
        (9007199254740992.0, 9.25185853854297e-18, -5.551115123125783e-17, 6.162975822039155e-33),
    ];
}
