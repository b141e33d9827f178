//! States of the United States (spec 1.6).

use leadq_contract::CellType;

use super::{Read, text};

/// USPS codes and English names: 50 states, DC, PR, VI, GU, AS, MP. In the order of the codes.
const STATES: [(&str, &str); 56] = [
    ("AK", "Alaska"),
    ("AL", "Alabama"),
    ("AR", "Arkansas"),
    ("AS", "American Samoa"),
    ("AZ", "Arizona"),
    ("CA", "California"),
    ("CO", "Colorado"),
    ("CT", "Connecticut"),
    ("DC", "District of Columbia"),
    ("DE", "Delaware"),
    ("FL", "Florida"),
    ("GA", "Georgia"),
    ("GU", "Guam"),
    ("HI", "Hawaii"),
    ("IA", "Iowa"),
    ("ID", "Idaho"),
    ("IL", "Illinois"),
    ("IN", "Indiana"),
    ("KS", "Kansas"),
    ("KY", "Kentucky"),
    ("LA", "Louisiana"),
    ("MA", "Massachusetts"),
    ("MD", "Maryland"),
    ("ME", "Maine"),
    ("MI", "Michigan"),
    ("MN", "Minnesota"),
    ("MO", "Missouri"),
    ("MP", "Northern Mariana Islands"),
    ("MS", "Mississippi"),
    ("MT", "Montana"),
    ("NC", "North Carolina"),
    ("ND", "North Dakota"),
    ("NE", "Nebraska"),
    ("NH", "New Hampshire"),
    ("NJ", "New Jersey"),
    ("NM", "New Mexico"),
    ("NV", "Nevada"),
    ("NY", "New York"),
    ("OH", "Ohio"),
    ("OK", "Oklahoma"),
    ("OR", "Oregon"),
    ("PA", "Pennsylvania"),
    ("PR", "Puerto Rico"),
    ("RI", "Rhode Island"),
    ("SC", "South Carolina"),
    ("SD", "South Dakota"),
    ("TN", "Tennessee"),
    ("TX", "Texas"),
    ("UT", "Utah"),
    ("VA", "Virginia"),
    ("VI", "Virgin Islands"),
    ("VT", "Vermont"),
    ("WA", "Washington"),
    ("WI", "Wisconsin"),
    ("WV", "West Virginia"),
    ("WY", "Wyoming"),
];

/// Other ways to write a name.
const OTHER_NAMES: [(&str, &str); 2] = [("VI", "U.S. Virgin Islands"), ("VI", "US Virgin Islands")];

/// Code of each pair of letters, `AA` first.
static BY_LETTERS: [Option<&str>; 26 * 26] = by_letters();

const fn by_letters() -> [Option<&'static str>; 26 * 26] {
    let mut table = [None; 26 * 26];
    let mut i = 0;
    while i < STATES.len() {
        let code = STATES[i].0;
        if let [first, second] = code.as_bytes() {
            table[(*first - b'A') as usize * 26 + (*second - b'A') as usize] = Some(code);
        }
        i += 1;
    }
    table
}

/// Reads `state`, as its USPS code in capitals.
#[must_use]
pub fn read(raw: &str) -> Read<&'static str> {
    let text = text::trim(raw);
    match text.as_bytes() {
        [first, second] => Read::of(of_letters(*first, *second), text, CellType::State),
        _ => Read::of(of_name(&text::tidy(text)), text, CellType::State),
    }
}

/// The code that two letters of any case are.
fn of_letters(first: u8, second: u8) -> Option<&'static str> {
    let position =
        |letter: u8| letter.is_ascii_alphabetic().then(|| usize::from(letter.to_ascii_uppercase() - b'A'));
    *BY_LETTERS.get(position(first)? * 26 + position(second)?)?
}

/// The code of a name of any case.
fn of_name(name: &str) -> Option<&'static str> {
    STATES.iter().chain(&OTHER_NAMES).find(|(_, n)| n.eq_ignore_ascii_case(name)).map(|(code, _)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_by_code_and_name() {
        for (code, name) in STATES {
            for raw in [code, &code.to_lowercase(), name, &name.to_uppercase(), &format!(" {name}\u{a0}")] {
                assert_eq!(read(raw), Read::Value(code), "{raw:?}");
            }
        }
        assert!(STATES.is_sorted());
    }

    #[test]
    fn other_cells() {
        let cases = [
            ("aZ", Read::Value("AZ")),
            ("U.S. Virgin Islands", Read::Value("VI")),
            ("us virgin  islands", Read::Value("VI")),
            ("New\u{a0}York", Read::Value("NY")),
            ("  ", Read::Null),
            ("--", Read::Null),
            ("NA", Read::Null),
            ("Nu", Read::Null),
            ("nul", Read::Null),
            ("XX", Read::Invalid),
            ("A1", Read::Invalid),
            ("W", Read::Invalid),
            ("WAA", Read::Invalid),
            ("W A", Read::Invalid),
            ("é", Read::Invalid),
            ("ON", Read::Invalid),
            ("New", Read::Invalid),
            ("unknown", Read::Invalid),
        ];
        for (raw, expected) in cases {
            assert_eq!(read(raw), expected, "{raw:?}");
        }
    }
}
