//! Axes: where they begin and end, and the round numbers on them.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

/// An axis with its ticks.
pub(crate) struct Axis {
    /// Its beginning.
    pub(crate) low: f64,
    /// Its end, beyond the beginning.
    pub(crate) high: f64,
    /// What stands at a tick.
    pub(crate) label: Box<dyn Fn(f64) -> String>,
    /// The least distance of ticks.
    pub(crate) least_step: f64,
}

impl Axis {
    /// Ticks at round numbers, about as many as wanted and never more.
    pub(crate) fn ticks(&self, wanted: usize) -> Vec<f64> {
        let step = step(self.high - self.low, wanted).max(self.least_step);
        let first = (self.low / step - 1e-9).ceil();
        let ticks = (0..=wanted).map(|index| (first + crate::figures::place(index)) * step);
        ticks.take_while(|tick| *tick <= self.high + step * 1e-9).collect()
    }
}

/// An axis as plotters takes it, with ticks for the room that there is.
pub(crate) struct Scale<'a> {
    axis: &'a Axis,
    ticks: Vec<f64>,
}

impl Axis {
    /// The axis, with about so many ticks.
    pub(crate) fn scale(&self, wanted: usize) -> Scale<'_> {
        Scale { axis: self, ticks: self.ticks(wanted) }
    }
}

impl Ranged for Scale<'_> {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let fraction = (value - self.axis.low) / (self.axis.high - self.axis.low);
        #[expect(clippy::cast_possible_truncation, reason = "a place within a drawing")]
        let offset = (fraction * f64::from(to - from)).round() as i32;
        from + offset
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.axis.low..self.axis.high
    }
}

impl ValueFormatter<f64> for Scale<'_> {
    fn format_ext(&self, value: &f64) -> String {
        (self.axis.label)(*value)
    }
}

/// An axis of shares around what is shown, as percent. It begins at 0 unless that would hide the change.
pub(crate) fn shares(values: impl Iterator<Item = f64> + Clone, from_zero: bool) -> Axis {
    let high = values.clone().fold(0.0_f64, f64::max).clamp(0.0, 1.0);
    let low = if from_zero { 0.0 } else { values.fold(high, f64::min).clamp(0.0, 1.0) };
    // Less than four points of percent would make noise look like change.
    let room = (0.04 - (high - low)).max(0.0) / 2.0;
    let step = step(high - low + 2.0 * room, 5);
    let low = ((low - room).max(0.0) / step + 1e-9).floor() * step;
    let high = (((high + room) / step - 1e-9).ceil() * step).clamp(low + step, 1.0_f64.max(low + step));
    let decimals = usize::from(step < 0.01);
    Axis {
        low,
        high,
        label: Box::new(move |value| format!("{:.decimals$} %", 100.0 * value)),
        least_step: 0.001,
    }
}

/// The round number (1, 2 or 5 times a power of ten) that parts a span into at most so many steps.
fn step(span: f64, wanted: usize) -> f64 {
    let rough = (span / crate::figures::place(wanted.max(1))).max(1e-9);
    let power = 10_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= rough * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(low: f64, high: f64, least_step: f64) -> Axis {
        Axis { low, high, label: Box::new(|value| value.to_string()), least_step }
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(axis(0.0, 21.0, 1.0).ticks(5), [0.0, 5.0, 10.0, 15.0, 20.0]);
        assert_eq!(axis(0.0, 219.0, 1.0).ticks(5), [0.0, 50.0, 100.0, 150.0, 200.0]);
        assert_eq!(axis(0.0, 1.0, 1.0).ticks(5), [0.0, 1.0]);
        assert_eq!(axis(3.0, 7.0, 1.0).ticks(4), [3.0, 4.0, 5.0, 6.0, 7.0]);
    }

    #[test]
    fn shares_keep_the_values_within() {
        for (values, from_zero) in [
            (vec![0.203, 0.228], false),
            (vec![0.0, 1.0], false),
            (vec![0.5], true),
            (vec![0.0], true),
            (vec![1.0], false),
            (vec![], false),
        ] {
            let axis = shares(values.iter().copied(), from_zero);
            assert!(axis.low < axis.high && axis.low >= 0.0, "{values:?}: {} {}", axis.low, axis.high);
            assert!(values.iter().all(|value| (axis.low..=axis.high + 1e-9).contains(value)), "{values:?}");
            assert!(axis.ticks(5).len() >= 2, "{values:?}: {:?}", axis.ticks(5));
        }
        let axis = shares([0.1746, 0.2278].into_iter(), false);
        assert_eq!((axis.label)(axis.ticks(6)[1]), "18 %");
    }
}
