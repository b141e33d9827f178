//! The colours of charts: Okabe and Ito's, which the colour-blind tell apart. Plotters writes them as they are here;
//! the stylesheet replaces each by its variable, which is another one on a dark screen.
//!
//! Source: M. Okabe, K. Ito, "Color Universal Design" (2008).

use std::fmt::Write;

use plotters::style::RGBColor;

/// A colour of the palette.
pub(crate) struct Colour {
    /// Its variable in the stylesheet.
    pub(crate) name: &'static str,
    /// On white.
    pub(crate) light: RGBColor,
    /// On black.
    dark: &'static str,
}

const fn of(name: &'static str, (r, g, b): (u8, u8, u8), dark: &'static str) -> Colour {
    Colour { name, light: RGBColor(r, g, b), dark }
}

/// Words and numbers.
pub(crate) const INK: Colour = of("ink-soft", (0x55, 0x5F, 0x6B), "#a9b4c0");
/// Lines of the grid.
pub(crate) const GRID: Colour = of("grid", (0xD9, 0xDE, 0xE4), "#39434e");
/// What a chart is about.
pub(crate) const MAIN: Colour = of("blue", (0x00, 0x72, 0xB2), "#4fb0ea");
/// What broke, and what is clearly worse.
pub(crate) const BROKEN: Colour = of("vermillion", (0xC4, 0x4E, 0x00), "#ff8a4c");
/// Lines beside the main one, in turn.
pub(crate) const LINES: [Colour; 6] = [
    of("orange", (0xD5, 0x8F, 0x00), "#f0b429"),
    of("green", (0x00, 0x8F, 0x68), "#2ec79a"),
    of("purple", (0xB8, 0x5C, 0x92), "#e39bc6"),
    of("sky", (0x3B, 0x9F, 0xD1), "#9ad8f8"),
    of("red", (0x9E, 0x2A, 0x2B), "#ff9d9d"),
    of("black", (0x22, 0x22, 0x22), "#f2f2f2"),
];

/// The variables, on white and on black, and the rules that put them in the place of what plotters wrote.
pub(crate) fn style() -> String {
    let all: Vec<&Colour> = [&INK, &GRID, &MAIN, &BROKEN].into_iter().chain(&LINES).collect();
    let (mut light, mut dark, mut rules) = (String::new(), String::new(), String::new());
    for Colour { name, light: RGBColor(r, g, b), dark: other } in all {
        let hex = format!("#{r:02X}{g:02X}{b:02X}");
        // Writing to a string cannot fail.
        let _ = write!(light, "--{name}:{hex};");
        let _ = write!(dark, "--{name}:{other};");
        for property in ["fill", "stroke"] {
            let _ = writeln!(rules, "svg [{property}=\"{hex}\"]{{{property}:var(--{name})}}");
        }
    }
    let RGBColor(r, g, b) = BROKEN.light;
    let _ = writeln!(rules, "figure polyline[stroke=\"#{r:02X}{g:02X}{b:02X}\"]{{stroke-dasharray:20 16}}");
    format!(":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{rules}")
}
