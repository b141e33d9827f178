//! Where statements end, as the engine's own parser sees it: not in quotes, not in comments.

use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Location, Token, Tokenizer};

/// What was typed so far.
#[derive(Debug, PartialEq)]
pub(super) struct Typed {
    /// Statements that are whole, without their semicolons.
    pub(super) whole: Vec<String>,
    /// The beginning of another; empty if nothing but blanks and comments.
    pub(super) rest: String,
}

/// Takes what was typed apart.
pub(super) fn split(text: &str) -> Typed {
    let mut tokens = Vec::new();
    // An open quote or comment ends the tokens; what is before it counts.
    let open = Tokenizer::new(&GenericDialect {}, text).tokenize_with_location_into_buf(&mut tokens).is_err();
    let mut whole = Vec::new();
    let (mut start, mut blank) = (0, true);
    for token in &tokens {
        match token.token {
            Token::SemiColon => {
                let end = offset(text, token.span.start);
                if !blank {
                    whole.push(text[start..end].trim().to_owned());
                }
                (start, blank) = (end + 1, true);
            }
            Token::Whitespace(_) | Token::EOF => {}
            _ => blank = false,
        }
    }
    let rest = if blank && !open { String::new() } else { text[start..].to_owned() };
    Typed { whole, rest }
}

/// Byte of a line and column; both count from one, columns in characters.
fn offset(text: &str, at: Location) -> usize {
    let before = |count: u64| usize::try_from(count.saturating_sub(1)).unwrap_or(usize::MAX);
    let line: usize = text.split_inclusive('\n').take(before(at.line)).map(str::len).sum();
    let rest = &text[line..];
    line + rest.char_indices().nth(before(at.column)).map_or(rest.len(), |(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_outside_of_quotes_and_comments() {
        let cases: [(&str, &[&str], &str); 10] = [
            ("", &[], ""),
            ("SELECT 1", &[], "SELECT 1"),
            ("SELECT 1;", &["SELECT 1"], ""),
            ("SELECT ';', \"a;b\";\nSELECT é; x", &["SELECT ';', \"a;b\"", "SELECT é"], " x"),
            ("SELECT 'it''s;", &[], "SELECT 'it''s;"),
            ("SELECT 1 -- no; end\n;", &["SELECT 1 -- no; end"], ""),
            ("SELECT /* ; */ 1; -- done", &["SELECT /* ; */ 1"], ""),
            ("SELECT 1; /* open ;", &["SELECT 1"], " /* open ;"),
            (";;", &[], ""),
            ("SELECT $$a;b$$;", &["SELECT $$a;b$$"], ""),
        ];
        for (text, whole, rest) in cases {
            let expected =
                Typed { whole: whole.iter().map(|s| (*s).to_owned()).collect(), rest: rest.to_owned() };
            assert_eq!(split(text), expected, "{text}");
        }
    }
}
