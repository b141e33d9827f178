//! Charts as inline SVG. Lines over axes are drawn by plotters, in a wide and a narrow form; bars, intervals and
//! strips are made of shares of the width, and fit any. Colours are names of the palette, so that the stylesheet
//! can turn them for a dark screen.

pub(crate) mod axis;
pub(crate) mod bar;
pub(crate) mod interval;
pub(crate) mod line;
pub(crate) mod palette;
pub(crate) mod strip;

/// A share of the width as SVG takes it.
fn share(fraction: f64) -> String {
    format!("{:.2}%", 100.0 * fraction.clamp(0.0, 1.0))
}
