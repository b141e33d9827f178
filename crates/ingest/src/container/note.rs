//! What stands in the place of a content that could not be looked into when somebody was forgotten: why it was
//! refused, so that it is refused the same way.

use std::io::{self, Read};

use leadq_contract::FindingCode;

use super::{Refusal, Reopen};

/// How a note begins; nothing else does.
pub const TAKEN_OUT: &[u8] = b"\x18leadq forget took out: ";
/// The most bytes of a note.
const MOST: u64 = 512;

/// The note for a content that is refused.
#[must_use]
pub fn note(refusal: &Refusal) -> Vec<u8> {
    let text = format!("{}: {}\n", refusal.code.name(), refusal.reason);
    [TAKEN_OUT, text.as_bytes()].concat()
}

/// Why the content that a note stands for was refused.
///
/// # Errors
/// What the input reports.
pub(super) fn read(source: &mut dyn Reopen) -> io::Result<Refusal> {
    let mut bytes = Vec::new();
    source.open()?.take(MOST).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(bytes.strip_prefix(TAKEN_OUT).unwrap_or_default());
    let (code, reason) = text.trim_end().split_once(": ").unwrap_or_default();
    Ok(Refusal::new(
        FindingCode::from_name(code).unwrap_or(FindingCode::NotAReport),
        crate::redact::row(reason),
    ))
}
