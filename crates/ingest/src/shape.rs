//! Rows that are told by their shape, before any cell is read: separators, footers, repeated headers (1.7).

use std::sync::LazyLock;

use leadq_contract::Bucket;
use regex::Regex;

use crate::header::Header;

/// What stands alone in the place of a row of a forgotten person, so that it is still counted: a control character
/// that no client types.
pub(crate) const FORGOTTEN: char = '\u{18}';

/// The bucket that a row's shape puts it into, if it does.
pub(crate) fn bucket<'a>(
    cells: impl ExactSizeIterator<Item = &'a str> + Clone,
    header: &Header,
) -> Option<Bucket> {
    let expected = header.normalised.len();
    let count = cells.len();
    let mut filled = cells.clone().map(str::trim).enumerate().filter(|(_, cell)| !cell.is_empty());
    let first = filled.next();
    let only = first.filter(|_| filled.clone().next().is_none());
    if only.is_some_and(|(_, cell)| is_footer(cell)) {
        return Some(Bucket::Footer);
    }
    if only.is_some_and(|(_, cell)| cell.chars().eq([FORGOTTEN])) {
        return Some(Bucket::Forgotten);
    }
    let surplus_is_empty = || cells.clone().skip(expected).all(|cell| cell.trim().is_empty());
    if count < expected || (count > expected && !surplus_is_empty()) {
        return Some(Bucket::Malformed);
    }
    let first = first?;
    let all = |test: &dyn Fn((usize, &str)) -> bool| test(first) && filled.clone().all(test);
    if all(&|(_, cell)| is_dashes(cell)) {
        return Some(Bucket::Separator);
    }
    all(&|(index, cell)| header.repeats(index, cell)).then_some(Bucket::RepeatedHeader)
}

fn is_dashes(cell: &str) -> bool {
    cell.bytes().all(|b| b == b'-')
}

#[expect(clippy::unwrap_used, reason = "the pattern is a constant; a unit test compiles it")]
fn is_footer(cell: &str) -> bool {
    static FOOTER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^(\(?\s*\d+\s+rows?\s+(affected|selected)\s*\)?\s*\.?\s*\)?$|total|grand\s+total)")
            .unwrap()
    });
    FOOTER.is_match(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_of_1_7() {
        let schema = leadq_contract::ReportSchema::default();
        let header = Header::read("Email,Lead #,Set".split(','), &schema).unwrap();
        let cases = [
            ("-----,-----,-----", Some(Bucket::Separator)),
            ("-, ,---", Some(Bucket::Separator)),
            ("-----,-----", Some(Bucket::Malformed)),
            ("(400 rows affected)", Some(Bucket::Footer)),
            ("1 row selected.,,", Some(Bucket::Footer)),
            ("(2 Rows Selected).", Some(Bucket::Footer)),
            ("400 rows", Some(Bucket::Malformed)),
            ("\u{18}   ", Some(Bucket::Forgotten)),
            ("\u{18}\u{18}", Some(Bucket::Malformed)),
            (",Grand total: 5,", Some(Bucket::Footer)),
            ("total,5,", None),
            ("email,LEAD #,set", Some(Bucket::RepeatedHeader)),
            ("email,,", Some(Bucket::RepeatedHeader)),
            ("set,lead #,email", None),
            ("a,b", Some(Bucket::Malformed)),
            ("a,b,c,d", Some(Bucket::Malformed)),
            ("a,b,c,, ", None),
            (",,", None),
        ];
        for (line, expected) in cases {
            let cells: Vec<_> = line.split(',').collect();
            assert_eq!(bucket(cells.iter().copied(), &header), expected, "{line}");
        }
    }
}
