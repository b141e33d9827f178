//! One row of a forest plot: a rate with its interval, the evened-out rate, and the rate of all.

use leadq_metrics::Rate;
use maud::{Markup, html};

use super::share;
use crate::figures::percent;

/// What a row shows, on an axis from 0 to `end`.
pub(crate) struct Row<'a> {
    /// What the row is about, for those who do not see it.
    pub(crate) name: &'a str,
    /// The rate as it is.
    pub(crate) rate: Rate,
    /// The rate drawn towards that of all.
    pub(crate) evened: Option<f64>,
    /// The rate of all.
    pub(crate) pooled: f64,
    /// Class of its colour: how it stands among the others.
    pub(crate) class: &'a str,
    /// End of the axis.
    pub(crate) end: f64,
}

impl Row<'_> {
    /// The row's drawing, as wide as its place.
    pub(crate) fn draw(&self) -> Markup {
        let Rate { value, low, high } = self.rate;
        let at = |value: f64| share(value / self.end);
        let name = format!(
            "{}: {}, 95 % interval {} to {}; all together {}",
            self.name,
            percent(value),
            percent(low),
            percent(high),
            percent(self.pooled)
        );
        html! {
            svg.interval role="img" aria-label=(name) {
                line.pooled x1=(at(self.pooled)) x2=(at(self.pooled)) y1="0" y2="100%" {}
                g class=(self.class) {
                    line.span x1=(at(low)) x2=(at(high)) y1="50%" y2="50%" {}
                    circle.point cx=(at(value.min(self.end))) cy="50%" r="4.5" {}
                    @if let Some(evened) = self.evened.filter(|evened| *evened <= self.end) {
                        line.evened x1=(at(evened)) x2=(at(evened)) y1="18%" y2="82%" {}
                    }
                    @if high > self.end { text.beyond x="100%" y="50%" dy="0.35em" text-anchor="end" { "\u{25b8}" } }
                }
            }
        }
    }
}

/// The scale above the rows.
pub(crate) fn scale(end: f64) -> Markup {
    let ticks = [(0.0, "start"), (0.5, "middle"), (1.0, "end")];
    html! {
        svg.scale aria-hidden="true" {
            @for (fraction, anchor) in ticks {
                text x=(share(fraction)) y="1em" text-anchor=(anchor) { (format!("{:.0} %", 100.0 * fraction * end)) }
            }
        }
    }
}

/// Where the axis ends: it holds the rates that matter, though not the whole interval of every tiny segment.
pub(crate) fn end(values: impl Iterator<Item = f64>) -> f64 {
    let most = values.fold(0.0_f64, f64::max);
    ((most * 1.6 * 10.0).ceil() / 10.0).clamp(0.1, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_ends_at_a_round_share() {
        assert_eq!(end([0.215, 0.18].into_iter()), 0.4);
        assert_eq!(end([0.9].into_iter()), 1.0);
        assert_eq!(end(std::iter::empty()), 0.1);
    }

    #[test]
    fn an_interval_beyond_the_scale_has_an_arrow() {
        let row = |end| Row {
            name: "<b>",
            rate: Rate::of(1, 2).unwrap(),
            evened: Some(0.3),
            pooled: 0.2,
            class: "",
            end,
        };
        let drawn = |end| row(end).draw().into_string();
        assert!(drawn(0.4).contains("\u{25b8}") && !drawn(1.0).contains("\u{25b8}"));
        assert!(drawn(1.0).contains("aria-label=\"&lt;b&gt;: 50.0 %"));
    }
}
