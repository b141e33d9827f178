//! Cities, and the cell that holds city and state together (spec 1.6).

use std::borrow::Cow;

use leadq_contract::CellType;

use super::{Read, state, text};

/// Reads `city`, in title case. Never invalid.
#[must_use]
pub fn city(raw: &str) -> Read<Cow<'_, str>> {
    let text = text::tidy(raw);
    if text::is_placeholder(&text, CellType::City) {
        return Read::Null;
    }
    if is_title_case(&text) {
        return Read::Value(text);
    }
    let mut word = Word::default();
    let mut title = String::with_capacity(text.len());
    for c in text.chars() {
        word.push(c, &mut title);
    }
    Read::Value(Cow::Owned(title))
}

/// Where in a word the text stands.
#[derive(Default)]
struct Word {
    /// Whether the letter or digit that begins it is past.
    begun: bool,
}

impl Word {
    /// Takes a character; whether it is one that begins the word.
    const fn begins_with(&mut self, is_separator: bool, is_letter_or_digit: bool) -> bool {
        let begins = is_letter_or_digit && !self.begun;
        self.begun = !is_separator && (self.begun || is_letter_or_digit);
        begins
    }

    /// Takes a character and writes it as title case has it.
    fn push(&mut self, c: char, title: &mut String) {
        let begins = self.begins_with(is_separator(c), c.is_alphanumeric());
        if !begins {
            return title.extend(c.to_lowercase());
        }
        // One letter may have several capitals (ß: SS); only the first of them begins the word.
        let mut capitals = c.to_uppercase();
        title.extend(capitals.next());
        title.extend(capitals.flat_map(char::to_lowercase));
    }
}

/// What parts words: spaces (there is no other white space in tidy text), hyphens, slashes.
const fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '/')
}

/// Whether ASCII text is in title case already; other text is taken for "no".
fn is_title_case(text: &str) -> bool {
    let mut word = Word::default();
    text.bytes().all(|b| {
        let begins = word.begins_with(is_separator(char::from(b)), b.is_ascii_alphanumeric());
        b.is_ascii() && if begins { !b.is_ascii_lowercase() } else { !b.is_ascii_uppercase() }
    })
}

/// City and state that a `location` can fill in.
///
/// It is split at its last `|`, else at its last `,`: the right part is the state if it reads as one, the
/// left the city. Without either the whole is the city.
#[must_use]
pub fn split_location(raw: &str) -> (Option<Cow<'_, str>>, Option<&'static str>) {
    match raw.rsplit_once('|').or_else(|| raw.rsplit_once(',')) {
        Some((left, right)) => (city(left).value(), state::read(right).value()),
        None => (city(raw).value(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cities() {
        let cases = [
            ("Bremerton                   ", "Bremerton"),
            ("LAS VEGAS", "Las Vegas"),
            ("las  vegas", "Las Vegas"),
            ("winston-salem", "Winston-Salem"),
            ("DALLAS/FT WORTH", "Dallas/Ft Worth"),
            ("McAllen", "Mcallen"),
            ("O'FALLON", "O'fallon"),
            ("st. john's", "St. John's"),
            ("(OLD) TOWN", "(Old) Town"),
            ("1ST AVE", "1st Ave"),
            ("29 palms", "29 Palms"),
            ("CAÑON CITY", "Cañon City"),
            ("éVRY", "Évry"),
            ("ßen", "Ssen"),
            ("İzmir", "İzmir"),
            ("東京", "東京"),
            ("a-b/c d", "A-B/C D"),
        ];
        for (raw, expected) in cases {
            assert_eq!(city(raw).value().as_deref(), Some(expected), "{raw:?}");
        }
        for raw in ["", "  ", "-----", "N/A", "none"] {
            assert_eq!(city(raw), Read::Null, "{raw:?}");
        }
        assert!(matches!(city(" Las Vegas "), Read::Value(Cow::Borrowed("Las Vegas"))));
    }

    #[test]
    fn title_case_of_any_letter_stays() {
        for c in '\0'..=char::MAX {
            for raw in [format!("{c}{c}"), format!("x{c}")] {
                if let Read::Value(once) = city(&raw) {
                    assert_eq!(city(&once).value().as_deref(), Some(&*once), "{raw:?}");
                }
            }
        }
    }

    #[test]
    fn locations() {
        let cases = [
            ("Bremerton                    | WA", Some("Bremerton"), Some("WA")),
            ("las vegas, nevada", Some("Las Vegas"), Some("NV")),
            ("Surprise|az", Some("Surprise"), Some("AZ")),
            ("Surprise", Some("Surprise"), None),
            ("WA", Some("Wa"), None),
            ("a, b | OR", Some("A, B"), Some("OR")),
            ("a | b, OR", Some("A"), None),
            ("a | b | OR", Some("A | B"), Some("OR")),
            ("Paris, France", Some("Paris"), None),
            ("----- | WA", None, Some("WA")),
            ("null, nul", None, None),
            (" | ", None, None),
            ("-----", None, None),
            ("", None, None),
        ];
        for (raw, city, state) in cases {
            let found = split_location(raw);
            assert_eq!((found.0.as_deref(), found.1), (city, state), "{raw:?}");
        }
    }
}
