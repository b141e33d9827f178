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
    (" ", 0.6),
];

/// The dialect that fits `sample` best, and how many cells its rows have. Of equal ones the first is kept.
pub(super) fn detect(sample: &str) -> io::Result<(Dialect, Option<usize>)> {
    let mut best = (Dialect::default(), Survey::of(sample, &Dialect::default())?);
    let mut best_score = 0.0;
    for (delimiter, trust) in DELIMITERS {
        // A delimiter with a blank after it, as people write lists.
        let spaced = format!("{delimiter} ");
        for delimiter in [delimiter, &*spaced] {
            for quote in [Quote::Double, Quote::Single] {
                let Some((dialect, survey)) = fitting(sample, delimiter, quote)? else { continue };
                let score = survey.score() * trust;
                if score > best_score {
                    (best, best_score) = ((dialect, survey), score);
                }
            }
        }
    }
    Ok((best.0, best.1.width()))
}

/// The dialect of this delimiter and quote, and what `sample` looks like in it; `None` if they tell no cells
/// apart. Backslashes before quotes are text, unless that leaves more quotes that do not fit.
fn fitting(sample: &str, delimiter: &str, quote: Quote) -> io::Result<Option<(Dialect, Survey)>> {
    let mark = char::from(quote.byte());
    let occurs =
        (delimiter == "," || sample.contains(delimiter)) && (quote == Quote::Double || sample.contains(mark));
    let Some(doubled) = Dialect::new(delimiter, quote, Escape::Doubled).filter(|_| occurs) else {
        return Ok(None);
    };
    let mut found = (Survey::of(sample, &doubled)?, doubled);
    if found.0.mended > 0
        && sample.contains(&format!("\\{mark}"))
        && let Some(dialect) = Dialect::new(delimiter, quote, Escape::Backslash)
    {
        let survey = Survey::of(sample, &dialect)?;
        if survey.mended < found.0.mended {
            found = (survey, dialect);
        }
    }
    // Where there is no delimiter at all, it may as well be a comma.
    let kept = found.0.splits() || delimiter == ",";
    Ok(kept.then_some((found.1, found.0)))
}

/// How many cells the rows of `sample` have in a dialect that is known.
pub(super) fn width(sample: &str, dialect: &Dialect) -> io::Result<Option<usize>> {
    Ok(Survey::of(sample, dialect)?.width())
}

/// What a sample looks like in a dialect.
struct Survey {
    /// Rows by number of cells.
    widths: BTreeMap<usize, u64>,
    rows: u64,
    /// Rows whose quotes did not fit.
    mended: u64,
    /// Sum over the rows of how much their cells look like cells, on average.
    likeness: f64,
}

impl Survey {
    fn of(sample: &str, dialect: &Dialect) -> io::Result<Self> {
        let mut rows = Rows::sample(sample.as_bytes(), dialect.clone())?;
        let mut survey = Self { widths: BTreeMap::new(), rows: 0, mended: 0, likeness: 0.0 };
        while let Some(row) = rows.next_row()? {
            survey.rows += 1;
            *survey.widths.entry(row.cells.len()).or_default() += 1;
            if row.mended {
                survey.mended += 1;
            } else {
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
        // Rows that fall together by chance make a text more even by a square; cells that are none outweigh that.
        evenness * (self.likeness / rows).powi(3)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts within a sample are small")]
const fn as_f64(count: u64) -> f64 {
    count as f64
}
