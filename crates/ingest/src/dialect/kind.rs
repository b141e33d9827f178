//! Whether a cell reads as something: the type patterns of dialect detection.
//!
//! The patterns are few and wide, since all they have to tell is a whole cell from a piece or a heap of cells.

/// How much the text of a cell that is not quoted looks like one cell: 1 for a value of a kind (empty, number, date,
/// time, one word), a little less for text of several words, 0 for anything else.
pub(super) fn likeness(cell: &str) -> f64 {
    if cell.is_empty() || is_value(cell) {
        1.0
    } else if is_text(cell) {
        SEVERAL_WORDS
    } else {
        0.0
    }
}

/// Several words may be several cells.
const SEVERAL_WORDS: f64 = 0.95;

/// One word: a number with its signs, a date, a time, an address, an identifier, a name.
fn is_value(cell: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric();
    let mark = |c: char| "$€£¥%+-./:@_#&?=*'()[]<>!~°".contains(c);
    let mut before = ' ';
    let whole = cell.chars().all(|c| {
        // A comma within a value stands between digits.
        let fits = letter(c) || mark(c) || (c == ',' && before.is_ascii_digit());
        before = c;
        fits
    });
    whole && before != ',' && !cell.starts_with('\'')
}

/// Words, blanks and what stands between the words of a sentence, which begins and ends as one does.
fn is_text(cell: &str) -> bool {
    let first = cell.chars().next().is_some_and(|c| !c.is_whitespace() && !",;:|\"'".contains(c));
    let last = cell.chars().next_back().is_some_and(|c| !c.is_whitespace() && !",|\"".contains(c));
    let mut rest = cell.chars().peekable();
    let mut digit = false;
    while let Some(c) = rest.next() {
        let next = rest.peek();
        let fits = match c {
            '\t' | '|' | '^' | '~' => false,
            ',' => next.is_some_and(|n| n.is_whitespace() || (digit && n.is_ascii_digit())),
            ';' => next.is_none_or(|n| n.is_whitespace()),
            _ => !c.is_control(),
        };
        if !fits {
            return false;
        }
        digit = c.is_ascii_digit();
    }
    first && last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_cells() {
        for cell in [
            "",
            "12",
            "-1.5e3",
            "1,234.50",
            "1,5",
            "$74.69",
            "12%",
            "28/01/2018",
            "00:15",
            "MG-8769",
            "Straße",
        ] {
            assert!(likeness(cell) >= 1.0, "{cell}");
        }
        for cell in ["Light-Up Jacket", "Men's Boots, warm", "10:00 AM", "(none of it)", "5\" pipe and more"]
        {
            assert!(likeness(cell) > 0.0 && likeness(cell) < 1.0, "{cell}");
        }
        for cell in
            [" 12", "12 ", "a,b", "a;b", "a|b c", "a\tb", "'a'", "\"a", ",", "a b,", "1,", "a b,c", "1 b\""]
        {
            assert!(likeness(cell) <= 0.0, "{cell}");
        }
    }
}
