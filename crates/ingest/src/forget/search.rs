//! Identifiers of forgotten people within any text: hashes in digits or base64, emails and phones in plain text.

use std::ops::Range;
use std::sync::LazyLock;

use leadq_contract::{IdentifierKind, IdentifierSecret};
use regex::Regex;

use super::Forgotten;
use crate::cells::hash::{self, HashText};

/// Lengths of hashes in hexadecimal digits, shortest first.
const DIGITS: [usize; 3] = [32, 40, 64];
/// Characters of a SHA-256 in base64 without padding.
const BASE64: usize = 43;
/// Digits of a phone.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 10..=15;
/// What may stand before an email within a word.
const BEFORE_EMAIL: [char; 10] = [':', '=', '\'', '(', '[', '{', '/', '&', '?', '`'];

/// What an identifier was found as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hex,
    Base64,
    Email,
    Phone,
}

/// Finds identifiers of forgotten people. Each is keyed as it comes: a file has a person once or twice.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    forgotten: &'a Forgotten,
    secret: &'a IdentifierSecret,
}

impl<'a> Search<'a> {
    /// A search; none if nobody is forgotten.
    pub(crate) fn of(forgotten: &'a Forgotten, secret: &'a IdentifierSecret) -> Option<Self> {
        (!forgotten.is_empty()).then_some(Self { forgotten, secret })
    }

    /// Whether a text holds an identifier.
    pub(crate) fn finds(&self, text: &str, phones: bool) -> bool {
        !self.find(text, phones).is_empty()
    }

    /// The phones that a text holds, as they are written there.
    pub(crate) fn phones_in<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let mut found = Vec::new();
        self.phones(text, &mut found);
        found.into_iter().map(|(range, _)| &text[range]).collect()
    }

    /// The text with something of the same kind and length, which nobody is, in the place of identifiers; none if it
    /// holds none. What is masked of the one is masked of the other.
    pub(crate) fn hidden(&self, text: &str, phones: bool) -> Option<String> {
        let mut found = self.find(text, phones);
        if found.is_empty() {
            return None;
        }
        found.sort_by_key(|(range, _)| range.start);
        let (mut out, mut from) = (String::with_capacity(text.len()), 0);
        for (range, kind) in found {
            // They may lie over one another.
            let start = range.start.max(from);
            if start < range.end {
                out.push_str(&text[from..start]);
                out.extend(text[start..range.end].chars().map(|c| stand_in(c, kind)));
                from = range.end;
            }
        }
        out.push_str(&text[from..]);
        Some(out)
    }

    fn find(&self, text: &str, phones: bool) -> Vec<(Range<usize>, Kind)> {
        let mut found = Vec::new();
        self.hashes(text, &mut found);
        self.emails(text, &mut found);
        if phones {
            self.phones(text, &mut found);
        }
        found
    }

    fn is_hash(&self, text: &str) -> bool {
        hash::find(text).is_some_and(|hash| self.is_forgotten(&hash))
    }

    fn is_plain(&self, text: &str, kind: IdentifierKind) -> bool {
        hash::every_hash(text, kind).iter().any(|hash| self.is_forgotten(hash))
    }

    fn is_forgotten(&self, hash: &HashText) -> bool {
        self.forgotten.contains(&self.secret.key(hash.as_bytes()))
    }

    fn hashes(&self, text: &str, found: &mut Vec<(Range<usize>, Kind)>) {
        let of_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
        for run in runs(text, 0..text.len(), of_base64).filter(|run| run.len() >= DIGITS[0]) {
            let mut all_digits = false;
            for digits in runs(text, run.clone(), u8::is_ascii_hexdigit) {
                all_digits |= digits == run;
                // One that is as long as a hash is that hash, and not a shorter one within it.
                let exact = DIGITS.contains(&digits.len());
                for len in DIGITS.into_iter().filter(|len| !exact || *len == digits.len()) {
                    self.windows(text, &digits, len, Kind::Hex, found);
                }
            }
            if !all_digits {
                self.windows(text, &run, BASE64, Kind::Base64, found);
            }
        }
    }

    fn windows(
        &self,
        text: &str,
        within: &Range<usize>,
        len: usize,
        kind: Kind,
        found: &mut Vec<(Range<usize>, Kind)>,
    ) {
        for start in within.start..(within.end + 1).saturating_sub(len) {
            if self.is_hash(&text[start..start + len]) {
                found.push((start..start + len, kind));
            }
        }
    }

    fn emails(&self, text: &str, found: &mut Vec<(Range<usize>, Kind)>) {
        if !text.contains(['@', '\u{ff20}', '%', '(', '[']) {
            return;
        }
        if text.contains('@') && self.is_plain(text.trim(), IdentifierKind::Email) {
            found.push((0..text.len(), Kind::Email));
        }
        for captures in EMAIL.captures_iter(text) {
            let (Some(local), Some(domain)) = (captures.get(1), captures.get(2)) else { continue };
            let end = domain.as_str().trim_end_matches(|c: char| !c.is_alphanumeric());
            let begins = local.as_str().match_indices(BEFORE_EMAIL).map(|(at, mark)| at + mark.len());
            for begin in std::iter::once(0).chain(begins) {
                let email = format!("{}@{end}", &local.as_str()[begin..]);
                if self.is_plain(&email, IdentifierKind::Email) {
                    // The sign between them stays: what is masked as an email goes by it.
                    found.push((local.start() + begin..local.end(), Kind::Email));
                    found.push((domain.start()..domain.start() + end.len(), Kind::Email));
                    break;
                }
            }
        }
    }

    fn phones(&self, text: &str, found: &mut Vec<(Range<usize>, Kind)>) {
        for phone in PHONE.find_iter(text) {
            let digits: Vec<_> = phone
                .as_str()
                .bytes()
                .enumerate()
                .filter(|(_, byte)| byte.is_ascii_digit())
                .map(|(at, byte)| (phone.start() + at, char::from(byte)))
                .collect();
            for len in PHONE_DIGITS {
                for (first, window) in digits.windows(len).enumerate() {
                    let plain: String = window.iter().map(|(_, digit)| digit).collect();
                    let is_international = first == 0 && phone.as_str().starts_with('+');
                    if self.is_plain(&plain, IdentifierKind::Phone)
                        || is_international && self.is_plain(&format!("+{plain}"), IdentifierKind::Phone)
                    {
                        found.push((window[0].0..window[len - 1].0 + 1, Kind::Phone));
                    }
                }
            }
        }
    }
}

#[expect(clippy::unwrap_used, reason = "the pattern is a constant; a unit test compiles it")]
static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    let at = r"\s?(?:@|\x{ff20}|%40|\(at\)|\[at\])\s?";
    Regex::new(&format!(r#"(?i)([^\s,;|@<>"]+?){at}([^\s,;|@<>"]+)"#)).unwrap()
});

#[expect(clippy::unwrap_used, reason = "the pattern is a constant; a unit test compiles it")]
static PHONE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\+?\(?\d[\d\s().–-]{5,}\d").unwrap());

/// The longest runs of bytes that fit.
fn runs(
    text: &str,
    within: Range<usize>,
    fits: impl Fn(&u8) -> bool + Copy,
) -> impl Iterator<Item = Range<usize>> {
    let (bytes, end) = (text.as_bytes(), within.end);
    let mut from = within.start;
    std::iter::from_fn(move || {
        let start = from + bytes[from..end].iter().position(fits)?;
        let len = bytes[start..end].iter().position(|byte| !fits(byte)).unwrap_or(end - start);
        from = start + len;
        Some(start..from)
    })
}

/// What stands in for a character of an identifier: of as many bytes.
fn stand_in(character: char, kind: Kind) -> char {
    match kind {
        Kind::Hex => '0',
        Kind::Base64 => 'x',
        Kind::Phone if character.is_ascii_digit() => '0',
        Kind::Email if character.is_alphanumeric() => any_letter(character),
        Kind::Phone | Kind::Email => character,
    }
}

/// A text of which nothing is left but its shape: in the place of each letter and digit another one that is always
/// the same, of as many bytes.
pub(super) fn scrubbed(text: &str) -> String {
    let shape = |c: char| match c {
        '0'..='9' => '0',
        _ if c.is_alphanumeric() => any_letter(c),
        _ => c,
    };
    text.chars().map(shape).collect()
}

fn any_letter(character: char) -> char {
    match character.len_utf8() {
        1 => 'x',
        2 => 'ß',
        3 => 'ẞ',
        _ => '\u{1d431}',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::hash::HashAlgorithm;

    const EMAIL_TEXT: &str = "jane.doe@example.com";
    const PHONE_TEXT: &str = "+15550101234";

    /// What is left of a text when Jane, with email and phone, is forgotten.
    fn hidden(text: &str) -> String {
        let secret = IdentifierSecret::new(&[1; 32]).unwrap();
        let hashes = hash::every_hash(EMAIL_TEXT, IdentifierKind::Email)
            .into_iter()
            .chain(hash::every_hash(PHONE_TEXT, IdentifierKind::Phone));
        let forgotten: Forgotten = hashes.map(|hash| secret.key(hash.as_bytes())).collect();
        let search = Search::of(&forgotten, &secret).unwrap();
        search.hidden(text, true).unwrap_or_else(|| text.to_owned())
    }

    fn hex(algorithm: HashAlgorithm, text: &str) -> String {
        String::from_utf8(algorithm.hash(text.as_bytes()).as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn hashes_in_any_form_and_place() {
        for algorithm in HashAlgorithm::ALL {
            let hash = hex(algorithm, EMAIL_TEXT);
            let zeros = "0".repeat(hash.len());
            let places: [[&str; 2]; 7] = [
                ["", ""],
                ["0x", ""],
                ["sha256:", "x"],
                ["a b ", "-"],
                ["é", "é"],
                ["c0ffee", ""],
                ["id_", "_e"],
            ];
            for [before, after] in places {
                for hash in [hash.clone(), hash.to_uppercase()] {
                    assert_eq!(hidden(&format!("{before}{hash}{after}")), format!("{before}{zeros}{after}"));
                }
            }
        }
        let bytes =
            data_encoding::HEXLOWER.decode(hex(HashAlgorithm::Sha256, PHONE_TEXT).as_bytes()).unwrap();
        for encoding in [data_encoding::BASE64, data_encoding::BASE64URL] {
            let text = encoding.encode(&bytes);
            for text in
                [&text[..], text.trim_end_matches('='), &format!("sha256:{text}"), &format!("a/{text}b")]
            {
                let left = hidden(text);
                assert!(left.contains(&"x".repeat(43)) && left.len() == text.len(), "{left}");
            }
        }
        let other = hex(HashAlgorithm::Sha256, "somebody else");
        assert_eq!(hidden(&other), other);
    }

    #[test]
    fn emails_and_phones_in_any_form_and_place() {
        let cases = [
            ("Jane.Doe@Example.com", "xxxx.xxx@xxxxxxx.xxx"),
            ("mail <jane.doe@example.com>.", "mail <xxxx.xxx@xxxxxxx.xxx>."),
            ("mailto:jane.doe@example.com, x", "mailto:xxxx.xxx@xxxxxxx.xxx, x"),
            ("jane.doe (at) example.com", "xxxx.xxx (at) xxxxxxx.xxx"),
            ("jane.doe%40example.com", "xxxx.xxx%40xxxxxxx.xxx"),
            ("joe@example.com", "joe@example.com"),
            ("call (555) 010-1234 now", "call (000) 000-0000 now"),
            ("+1 555 010 1234", "+0 000 000 0000"),
            ("15550101234", "00000000000"),
            ("555.010.1234 555.010.9999", "000.000.0000 555.010.9999"),
            ("5550109999", "5550109999"),
        ];
        for (text, expected) in cases {
            assert_eq!(hidden(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_scrubbed_has_the_same_shape() {
        let text = "Jane Döe,\"12 Main St\",\t字\u{1d400} 5%\n";
        assert_eq!(scrubbed(text), "xxxx xßx,\"00 xxxx xx\",\tẞ\u{1d431} 0%\n");
        assert_eq!(scrubbed(text).len(), text.len());
        assert_eq!(scrubbed(&scrubbed(text)), scrubbed(text));
    }
}
