//! One row of a heat map: how full a column was in each snapshot. Snapshots that look the same are one rectangle, so
//! that many snapshots stay small.

use maud::{Markup, html};

use super::share;
use crate::figures::place;

/// How a column was in one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell {
    /// The file did not have it.
    Absent,
    /// It was dead.
    Dead,
    /// It told something: from 1, hardly, to [`Cell::FULL`], as much as ever.
    Level(u8),
    /// It told nothing, and was not dead.
    Empty,
}

impl Cell {
    /// The highest level.
    pub(crate) const FULL: u8 = 5;

    /// The level of a share, compared with the highest share of the column.
    pub(crate) fn of(share: f64, highest: f64) -> Self {
        if share <= 0.0 || highest <= 0.0 {
            return Self::Empty;
        }
        let level = (share / highest * f64::from(Self::FULL)).ceil().clamp(1.0, f64::from(Self::FULL));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to FULL")]
        Self::Level(level as u8)
    }

    fn class(self) -> String {
        match self {
            Self::Absent => "absent".to_owned(),
            Self::Dead => "dead".to_owned(),
            Self::Empty => "level0".to_owned(),
            Self::Level(level) => format!("level{level}"),
        }
    }
}

/// The row's drawing, as wide as its place.
pub(crate) fn strip(name: &str, cells: &[Cell]) -> Markup {
    let count = place(cells.len().max(1));
    let runs = cells.chunk_by(|a, b| a == b).scan(0, |from, run| {
        let begin = *from;
        *from += run.len();
        Some((run[0], place(begin) / count, place(run.len()) / count))
    });
    html! {
        svg.strip role="img" aria-label=(name) {
            @for (cell, from, width) in runs {
                rect class=(cell.class()) x=(share(from)) width=(share(width)) height="100%" {}
                @if cell == Cell::Dead {
                    line.cross x1=(share(from)) x2=(share(from + width)) y1="50%" y2="50%" {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_of_the_best() {
        let of = |share| Cell::of(share, 0.22);
        assert_eq!(
            [0.0, 0.001, 0.11, 0.22].map(of),
            [Cell::Empty, Cell::Level(1), Cell::Level(3), Cell::Level(5)]
        );
        assert_eq!(Cell::of(0.0, 0.0), Cell::Empty);
    }

    #[test]
    fn equal_neighbours_are_one() {
        let cells = [vec![Cell::Level(5); 200], vec![Cell::Dead; 20]].concat();
        let drawn = strip("set", &cells).into_string();
        assert_eq!(drawn.matches("<rect").count(), 2);
        assert!(drawn.contains(r#"class="dead" x="90.91%" width="9.09%""#), "{drawn}");
    }
}
