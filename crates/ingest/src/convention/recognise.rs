//! How a digest was made of a known email or phone: by a convention, or by one of the usual slips.
//!
//! This is how a `hash_convention_mismatch` is debugged: of one person whose email and phone are known, the
//! client's digest tells what the client does.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use leadq_contract::IdentifierKind;

use super::{Convention, digest};
use crate::cells::hash::{HashAlgorithm, normalise_email, normalise_phone};
use crate::cells::text::tidy;

/// One way in which a digest can have been made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// By what it was hashed.
    pub algorithm: HashAlgorithm,
    /// What was hashed, in words.
    pub how: String,
    /// The conventions that hash the same text, if any do.
    pub conventions: Vec<Convention>,
    /// The text that was hashed.
    pub text: String,
}

/// The ways in which a digest can have been made of an email or a phone; empty if none is known.
#[must_use]
pub fn recognise(kind: IdentifierKind, input: &str, wanted: &[u8]) -> Vec<Recognised> {
    let mut found = Vec::new();
    for form in forms(kind, input) {
        for (slip, bytes) in written(&form.text) {
            for algorithm in HashAlgorithm::ALL {
                let once = digest(algorithm, &bytes);
                let twice = || digest(algorithm, HEXLOWER_PERMISSIVE.encode(&once).as_bytes());
                let again = if once == wanted {
                    ""
                } else if twice() == wanted {
                    ", hashed twice"
                } else {
                    continue;
                };
                let conventions =
                    if slip.is_empty() && again.is_empty() { form.conventions.clone() } else { Vec::new() };
                let how = format!("{}{slip}{again}", form.how);
                found.push(Recognised { algorithm, how, conventions, text: form.text.clone() });
            }
        }
    }
    found
}

/// A text that somebody may have hashed.
struct Form {
    how: &'static str,
    conventions: Vec<Convention>,
    text: String,
}

/// What the conventions make of an input, then what slips make of it; each text once.
fn forms(kind: IdentifierKind, input: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    for convention in Convention::ALL {
        let Some(text) = convention.normalise(kind, input) else { continue };
        match forms.iter_mut().find(|form| form.text == text) {
            Some(form) => form.conventions.push(convention),
            None => forms.push(Form { how: rule(convention, kind), conventions: vec![convention], text }),
        }
    }
    let slips = match kind {
        IdentifierKind::Email => email_slips(input),
        IdentifierKind::Phone => phone_slips(input),
    };
    for (how, text) in slips {
        if forms.iter().all(|form| form.text != text) {
            forms.push(Form { how, conventions: Vec::new(), text });
        }
    }
    forms
}

/// A convention's rule in a few words.
const fn rule(convention: Convention, kind: IdentifierKind) -> &'static str {
    match (kind, convention) {
        (IdentifierKind::Email, Convention::Plain | Convention::Meta) => "the email, trimmed and lower-cased",
        (IdentifierKind::Email, Convention::Google | Convention::Uid2) => {
            "the email without the dots and the +suffix of a Gmail address"
        }
        (IdentifierKind::Phone, Convention::Meta) => "the phone with its country code, without the +",
        (IdentifierKind::Phone, _) => "the phone in E.164, with the +",
    }
}

fn email_slips(input: &str) -> Vec<(&'static str, String)> {
    let normal = normalise_email(&tidy(input));
    let (local, domain) = normal.rsplit_once('@').unwrap_or((&normal, ""));
    let before_plus = local.split('+').next().unwrap_or(local);
    vec![
        ("the email trimmed but not lower-cased", input.trim().to_owned()),
        ("the email lower-cased but not trimmed", input.to_lowercase()),
        ("the email as it stands", input.to_owned()),
        ("the email in capitals", normal.to_uppercase()),
        ("the email without its dots, the +suffix kept", format!("{}@{domain}", local.replace('.', ""))),
        ("the email without its +suffix, the dots kept", format!("{before_plus}@{domain}")),
        (
            "the email without its dots and +suffix, though it is no Gmail address",
            format!("{}@{domain}", before_plus.replace('.', "")),
        ),
        ("the email with a space behind it", format!("{normal} ")),
    ]
}

fn phone_slips(input: &str) -> Vec<(&'static str, String)> {
    let mut slips = vec![("the phone as it stands", input.to_owned())];
    slips.push(("the phone as it stands, trimmed", input.trim().to_owned()));
    slips.push((
        "the digits of the phone as they stand",
        input.chars().filter(char::is_ascii_digit).collect(),
    ));
    let Some(e164) = normalise_phone(&tidy(input)) else { return slips };
    let digits = e164.trim_start_matches('+');
    slips.push(("the phone with 00 in place of the +", format!("00{digits}")));
    if let Some(national) = digits.strip_prefix('1').filter(|national| national.len() == 10) {
        slips.push(("the phone without its country code", national.to_owned()));
        slips.push(("the phone with a + but without its country code", format!("+{national}")));
        let (area, rest) = national.split_at(3);
        let (exchange, line) = rest.split_at(3);
        let formatted = [
            format!("({area}) {exchange}-{line}"),
            format!("({area}){exchange}-{line}"),
            format!("{area}-{exchange}-{line}"),
            format!("{area}.{exchange}.{line}"),
            format!("{area} {exchange} {line}"),
            format!("1-{area}-{exchange}-{line}"),
            format!("1 ({area}) {exchange}-{line}"),
            format!("+1 ({area}) {exchange}-{line}"),
            format!("+1-{area}-{exchange}-{line}"),
            format!("+1 {area} {exchange} {line}"),
        ];
        slips.extend(formatted.map(|text| ("the phone with its punctuation", text)));
    }
    slips
}

/// A text as bytes, as it should be and as it is when something else than its author wrote it.
fn written(text: &str) -> [(&'static str, Vec<u8>); 4] {
    let with = |end: &str| format!("{text}{end}").into_bytes();
    [
        ("", with("")),
        (", with a line end behind it", with("\n")),
        (", with a Windows line end behind it", with("\r\n")),
        (", as UTF-16 (SQL Server's nvarchar)", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ]
}

/// The bytes of a digest as people write them: hexadecimal or base64 of 32, 20 or 16 bytes, with or without
/// `0x`, `sha256:`, `sha1:`, `md5:` before it. Base64 of the hexadecimal text counts too.
#[must_use]
pub fn read_digest(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let prefixes = ["0x", "sha256:", "sha1:", "md5:"];
    let start =
        |prefix: &&str| text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let bare = prefixes.iter().find(|prefix| start(prefix)).and_then(|prefix| text.get(prefix.len()..));
    [bare.unwrap_or(text), text]
        .into_iter()
        .find_map(|text| of_hex(text.as_bytes()).or_else(|| of_base64(text)))
}

fn of_hex(text: &[u8]) -> Option<Vec<u8>> {
    HashAlgorithm::of_digits(text.len())?;
    HEXLOWER_PERMISSIVE.decode(text).ok()
}

fn of_base64(text: &str) -> Option<Vec<u8>> {
    let unpadded = text.trim_end_matches('=').as_bytes();
    let bytes = BASE64_NOPAD.decode(unpadded).or_else(|_| BASE64URL_NOPAD.decode(unpadded)).ok()?;
    if HashAlgorithm::of_digits(bytes.len() * 2).is_some() && !is_hex_text(&bytes) {
        return Some(bytes);
    }
    of_hex(&bytes)
}

/// Whether bytes are a digest in hexadecimal digits rather than a digest.
fn is_hex_text(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_hexdigit)
}
