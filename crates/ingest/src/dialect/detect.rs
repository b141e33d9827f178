//! Which dialect a text is in: the one under which it looks most like a table.

use std::collections::BTreeMap;
use std::io;

use super::rows::Rows;
use super::{Dialect, Escape, Quote, kind};

/// Delimiters that are looked for, the likeliest first, and how far each is trusted: a blank stands in texts too.
/// The last two are those of Hive and of ASCII itself.
const DELIMITERS: [(&str, f64); 9] = [
    (",", 1.0),
    (";", 1.0),
    ("\t", 1.0),
    ("|", 1.0),
    ("^", 1.0),
    ("~", 1.0),
    ("\u{1}", 1.0),
    ("\u{1f}", 1.0),
    (" ", 0.7),
];

/// The dialect that fits `sample` best, and how many cells its rows have.
pub(super) fn detect(sample: &str) -> io::Result<(Dialect, Option<usize>)> {
    let mut best = (Dialect::default(), Survey::of(sample, &Dialect::default())?, 1.0);
    let mut score = best.1.score() * best.2;
    for (dialect, trust) in candidates(sample) {
        let survey = Survey::of(sample, &dialect)?;
        let next = survey.score() * trust;
        if survey.splits() && next > score {
            (best, score) = ((dialect, survey, trust), next);
        }
    }
    Ok((best.0, best.1.width()))
}

/// How many cells the rows of `sample` have in a dialect that is known.
pub(super) fn width(sample: &str, dialect: &Dialect) -> io::Result<Option<usize>> {
    Ok(Survey::of(sample, dialect)?.width())
}

/// Dialects whose parts all occur in `sample`, the likeliest first. Of equal ones the first is kept.
fn candidates(sample: &str) -> Vec<(Dialect, f64)> {
    let mut all = Vec::new();
    for (delimiter, trust) in DELIMITERS {
        let spaced = format!("{delimiter} ");
        for delimiter in [delimiter, &*spaced] {
            if !sample.contains(delimiter) || (delimiter == "  ") {
                continue;
            }
            for quote in [Quote::Double, Quote::Single] {
                let mark = char::from(quote.byte());
                for escape in [Escape::Doubled, Escape::Backslash] {
                    let occurs = match escape {
                        Escape::Doubled => quote == Quote::Double || sample.contains(mark),
                        Escape::Backslash => sample.contains(&format!("\\{mark}")),
                    };
                    if occurs {
                        all.extend(Dialect::new(delimiter, quote, escape).map(|dialect| (dialect, trust)));
                    }
                }
            }
        }
    }
    all
}

/// What a sample looks like in a dialect.
struct Survey {
    /// Rows by number of cells; those whose quotes did not fit count for their width only if there are no others.
    widths: BTreeMap<usize, u64>,
    rows: u64,
    /// Sum over the rows of how much their cells look like cells, on average.
    likeness: f64,
}

impl Survey {
    fn of(sample: &str, dialect: &Dialect) -> io::Result<Self> {
        let mut rows = Rows::sample(sample.as_bytes(), dialect.clone())?;
        let mut survey = Self { widths: BTreeMap::new(), rows: 0, likeness: 0.0 };
        while let Some(row) = rows.next_row()? {
            survey.rows += 1;
            *survey.widths.entry(row.cells.len()).or_default() += 1;
            if !row.mended {
                let cells = row.cells.with_quoted();
                let sum: f64 =
                    cells.map(|(cell, quoted)| if quoted { 1.0 } else { kind::likeness(cell) }).sum();
                survey.likeness += sum / as_f64(row.cells.len() as u64);
            }
        }
        Ok(survey)
    }

    /// Cells that most rows have; of equally many rows, the most cells.
    fn width(&self) -> Option<usize> {
        self.widths.iter().max_by_key(|(width, rows)| (**rows, **width)).map(|(width, _)| *width)
    }

    /// Whether any row has more than one cell.
    fn splits(&self) -> bool {
        self.widths.keys().any(|width| *width > 1)
    }

    /// How much it looks like a table, 0 to 1.
    fn score(&self) -> f64 {
        if self.rows == 0 {
            return 0.0;
        }
        let rows = as_f64(self.rows);
        let even = |(width, agree): (&usize, &u64)| {
            // That two rows agree, and more for more cells: chance makes rows of one or two agree.
            (as_f64(*agree) / rows).powi(2) * (1.0 - 1.0 / (as_f64(*width as u64) + 1.0))
        };
        let evenness: f64 = self.widths.iter().map(even).sum();
        evenness * (self.likeness / rows).powi(2)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts within a sample are small")]
const fn as_f64(count: u64) -> f64 {
    count as f64
}
