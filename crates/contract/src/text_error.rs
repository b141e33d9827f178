//! What is wrong in a file that a person wrote, with the place and the fix.

use std::fmt;
use std::ops::Range;

/// Something wrong in the text of `leadq.toml` or `schemas.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextError {
    /// What is wrong; names the key or the value.
    pub message: String,
    /// What to do about it, where that is known.
    pub help: Option<String>,
    /// Bytes of the text that are wrong.
    pub span: Option<Range<usize>>,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TextError {}

impl TextError {
    /// From the message of a deserialiser. What stands behind its first `; ` is the fix; an unknown key gets
    /// the nearest known one.
    pub(crate) fn of_message(message: &str, span: Option<Range<usize>>) -> Self {
        if let Some((unknown, known)) = unknown_key(message) {
            let message = format!("unknown key {unknown:?}");
            return Self { message, help: Some(suggestion(unknown, &known)), span };
        }
        let (message, help) = match message.split_once("; ") {
            Some((message, help)) => (message, Some(help.to_owned())),
            None => (message, None),
        };
        Self { message: message.to_owned(), help, span }
    }

    /// The line that it is on, from 1.
    #[must_use]
    pub fn line(&self, text: &str) -> Option<usize> {
        let start = self.span.as_ref()?.start;
        Some(text.bytes().take(start).filter(|b| *b == b'\n').count() + 1)
    }
}

/// The key that serde does not know, and those that it does, out of its message.
fn unknown_key(message: &str) -> Option<(&str, Vec<&str>)> {
    let words = message.strip_prefix("unknown field ")?;
    let mut quoted = words.split('`').skip(1).step_by(2);
    Some((quoted.next()?, quoted.collect()))
}

/// What may have been meant, and otherwise what there is.
#[must_use]
pub fn suggestion(unknown: &str, known: &[&str]) -> String {
    match nearest(unknown, known) {
        Some(known) => format!("is {known:?} meant?"),
        None if known.is_empty() => "leave it out".to_owned(),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// The known word that another is a misspelling of.
fn nearest<'a>(unknown: &str, known: &[&'a str]) -> Option<&'a str> {
    let unknown = unknown.to_lowercase();
    let distance = |word: &str| strsim::damerau_levenshtein(&unknown, &word.to_lowercase());
    let best = known.iter().copied().min_by_key(|word| distance(word))?;
    (distance(best) <= (best.len() / 3).max(1)).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_gets_the_nearest_known_one() {
        let of = |message| TextError::of_message(message, None);
        let error = of("unknown field `ledas`, expected one of `lake`, `leads`");
        assert_eq!(error.message, "unknown key \"ledas\"");
        assert_eq!(error.help.as_deref(), Some("is \"leads\" meant?"));
        let error = of("unknown field `colour`, expected `id` or `name`");
        assert_eq!(error.help.as_deref(), Some("known here: id, name"));
        let error = of("memory is no size; write 4GiB");
        assert_eq!(
            (error.message.as_str(), error.help.as_deref()),
            ("memory is no size", Some("write 4GiB"))
        );
    }

    /// A text with a piece of it replaced.
    fn spoiled(text: &str, from: usize, len: usize, by: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        let from = from % (chars.len() + 1);
        let to = (from + len).min(chars.len());
        chars[..from].iter().copied().chain(by.chars()).chain(chars[to..].iter().copied()).collect()
    }

    fn fits(error: &TextError, text: &str) -> bool {
        error.span.as_ref().is_none_or(|span| text.get(span.clone()).is_some())
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_places_lie_in_it(
            from in 0_usize..6000, len in 0_usize..20, by in "[\\[\\]{}\"',:=#%a-zA-Zé\n -]{0,8}", any in ".{0,60}",
        ) {
            let keys = crate::config::DOCUMENTED.replace("#: ", "");
            for text in [spoiled(&keys, from, len, &by), any.clone()] {
                if let Err(error) = crate::config::Config::parse(&text) {
                    proptest::prop_assert!(fits(&error, &text), "{error:?}");
                }
            }
            let schemas = include_str!("../../../schemas.json");
            for text in [spoiled(schemas, from, len, &by), any] {
                if let Err(error) = crate::schema::SchemasFile::parse(&text) {
                    proptest::prop_assert!(fits(&error, &text), "{error:?}");
                }
            }
        }

        #[test]
        fn no_pattern_panics(text in "[%a-zA-Z'./: -]{0,20}", cell in ".{0,20}") {
            if let Ok(format) = text.parse::<crate::schema::TimeFormat>() {
                let _ = format.read(&cell);
            }
            let _ = text.parse::<crate::SnapshotPattern>();
        }
    }

    #[test]
    fn the_line_is_that_of_the_first_byte() {
        let error = TextError { span: Some(4..5), ..TextError::of_message("x", None) };
        assert_eq!(error.line("a\nb\nc"), Some(3));
    }
}
