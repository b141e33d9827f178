//! Masking of identifiers in text that people are shown: quarantined rows and samples (spec 1.7, promise 9).

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// The longest text that is shown of one row.
const MAX_TEXT: usize = 2000;
/// The longest text that is shown of one cell.
const MAX_CELL: usize = 60;

/// An email, its at sign as people and programs write it: full width, percent-encoded, spelled out; apart
/// from its neighbours only before a domain, for `Appt @ 5` is none.
const EMAIL: &str = concat!(
    r"(?i)[^\s,;|@<>]+(?:@|\x{ff20}|%40|\(at\)|\[at\])[^\s,;|@<>]+",
    r"|[^\s,;|@<>]+\s?(?:@|\x{ff20}|\(at\)|\[at\])\s?[^\s,;|@<>]+\.[a-z]{2,}",
);

#[expect(clippy::unwrap_used, reason = "the patterns are constants; a unit test compiles them")]
fn patterns() -> &'static [(Regex, &'static str); 3] {
    static PATTERNS: LazyLock<[(Regex, &str); 3]> = LazyLock::new(|| {
        [
            (Regex::new(EMAIL).unwrap(), "[email]"),
            (
                Regex::new(r"[0-9A-Fa-f]{16,}|[0-9A-Za-z+/_-]{40,}=*|[0-9A-Za-z+/_-]{22,}={1,2}").unwrap(),
                "[hash]",
            ),
            (Regex::new(r"\+?\(?\d[\d\s().–-]{5,}\d").unwrap(), "[phone]"),
        ]
    });
    &PATTERNS
}

/// Text of a row with anything that looks like an email, a phone number or a hash masked, cut to a length
/// that a table can bear.
#[must_use]
pub fn row(text: &str) -> String {
    mask(text, MAX_TEXT)
}

/// Text of a cell, masked and cut.
#[must_use]
pub fn cell(text: &str) -> String {
    mask(text, MAX_CELL)
}

/// Free text of a cell that goes to the tables, masked where it must be and not cut (promise 9).
#[must_use]
pub fn free_text(text: Cow<'_, str>) -> Cow<'_, str> {
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    let may_hold_at = text.contains(['@', '\u{ff20}', '%', '(', '[']);
    if digits < 7 && !may_hold_at && !text.contains(char::is_control) {
        return text;
    }
    let masked = identifiers(&text);
    if masked == text { text } else { Cow::Owned(masked) }
}

fn mask(text: &str, limit: usize) -> String {
    let generous = whole_words(text, limit * 4);
    let masked = identifiers(generous);
    let shown = cut(&masked, limit);
    if shown.len() < masked.len() || generous.len() < text.len() {
        format!("{shown}…")
    } else {
        shown.to_owned()
    }
}

/// The first bytes of a text, up to the end of a word: half an identifier would not be recognised.
fn whole_words(text: &str, limit: usize) -> &str {
    let head = cut(text, limit);
    if head.len() == text.len() {
        return text;
    }
    let end = head.rfind(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|' | '"'));
    &head[..end.unwrap_or(0)]
}

/// Text without identifiers and without control characters, which a terminal would obey.
fn identifiers(text: &str) -> String {
    let [(email, email_mask), (hash, hash_mask), (phone, phone_mask)] = patterns();
    let masked = email.replace_all(text, *email_mask);
    let masked = hash.replace_all(&masked, *hash_mask);
    phone
        .replace_all(&masked, |found: &Captures<'_>| {
            let digits = found[0].bytes().filter(u8::is_ascii_digit).count();
            let local = digits == 7 && found[0].len() > 7;
            if local || digits >= 10 { (*phone_mask).to_owned() } else { found[0].to_owned() }
        })
        .replace(|c: char| c.is_control() && c != '\n' && c != '\t', " ")
}

/// The first `limit` bytes of a text, at a character's boundary.
fn cut(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_masked() {
        let cases = [
            ("a,person@example.com,b", "a,[email],b"),
            ("joe\u{ff20}leak.org joe%40leak.org joe(at)leak.org", "[email] [email] [email]"),
            ("x,joe @leak.org,joe @ leak.org", "x,[email],[email]"),
            ("Appt @ 5, 40% (atypical)", "Appt @ 5, 40% (atypical)"),
            ("x,EyPi+hxMuAEVeXiY2cjvd9aeuRU=,XUFAKrxLKna5cZ2REBfFkg==", "x,[hash],[hash]"),
            ("x,3b7c33e84ea3ae8b249dc1e1578fc84cb4047ac4,y", "x,[hash],y"),
            ("x,e3b0c44298fc1c149afbf4c8996fb924,y", "x,[hash],y"),
            ("sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "sha256:[hash]"),
            ("call (555) 010-1234 now", "call [phone] now"),
            ("+1 555 010 1234", "[phone]"),
            ("call 555-010-1234 555-010-9999", "call [phone]"),
            ("98311-1234 555\u{a0}010–1234", "[phone]"),
            ("a\u{1b}]0;owned\u{7}b", "a ]0;owned b"),
            ("555-0101", "[phone]"),
            ("2897641", "2897641"),
            ("Cancel-After-Rescission_2023", "Cancel-After-Rescission_2023"),
            ("02/05/2023,289764,WA,98311", "02/05/2023,289764,WA,98311"),
            ("DQ - R/P/C", "DQ - R/P/C"),
        ];
        for (text, expected) in cases {
            assert_eq!(row(text), expected, "{text}");
        }
    }

    #[test]
    fn free_text_is_masked_only_where_it_must_be() {
        for text in ["DQ - R/P/C", "Cancel After Rescission 2023", "call 2897641 decade faded"] {
            assert!(matches!(free_text(Cow::Borrowed(text)), Cow::Borrowed(same) if same == text), "{text}");
        }
        assert_eq!(free_text(Cow::Borrowed("ask Jane@x.org, 555 010 0123")), "ask [email], [phone]");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        let shown = cell(&"ä".repeat(500));
        assert!(shown.len() <= MAX_CELL + '…'.len_utf8() && shown.ends_with('…'));
    }
}
