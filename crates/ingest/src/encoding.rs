//! Bytes of any encoding to UTF-8, as they stream by (spec 1.5).
//!
//! A byte order mark decides; otherwise what is valid UTF-8 is UTF-8, and anything else Windows-1252. Whether
//! a file is valid is known at its end only. It is read as UTF-8 until that turns out wrong: if only ASCII
//! came before, the two encodings agree so far and reading goes on in place, else it must begin anew.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes asked of the input at once where they are transcoded.
const CHUNK: usize = 64 << 10;
/// The least room in which a read makes progress: the longest character, and one more.
const LEAST: usize = 8;

/// How a file's bytes stand for text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Encoding {
    #[default]
    Utf8,
    Utf16Le,
    Utf16Be,
    Windows1252,
}

impl Encoding {
    /// Name for people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Windows1252 => "Windows-1252",
        }
    }
}

/// The content is not UTF-8 after all, and what was read of it so far was taken for it: read it anew, as
/// [`Encoding::Windows1252`].
#[derive(Debug, thiserror::Error)]
#[error("the content is not UTF-8")]
pub(crate) struct NotUtf8;

/// Whether an error says [`NotUtf8`].
pub(crate) fn is_not_utf8(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<NotUtf8>())
}

/// Reads an input as UTF-8 without byte order mark and without NUL characters.
///
/// A character may lie across two reads. Buffers of fewer than 8 bytes are refused.
pub(crate) struct Utf8Reader<R> {
    input: R,
    encoding: Encoding,
    /// None for what is handed on as it is.
    decoder: Option<Decoder>,
    /// The first bytes were looked at.
    begun: bool,
    /// Nothing but ASCII was handed on as it is.
    ascii: bool,
    /// Bytes that were read and not handed on.
    held: Vec<u8>,
    at_end: bool,
    finished: bool,
}

impl<R: Read> Utf8Reader<R> {
    /// Reads in an encoding that is known from an earlier reading, or finds it.
    pub(crate) fn new(input: R, known: Option<Encoding>) -> Self {
        let mut reader = Self {
            input,
            encoding: Encoding::Utf8,
            decoder: None,
            begun: false,
            ascii: true,
            held: Vec::new(),
            at_end: false,
            finished: false,
        };
        if known == Some(Encoding::Windows1252) {
            reader.is_windows_1252();
            reader.begun = true;
        }
        reader
    }

    /// The encoding, as far as it is known.
    pub(crate) const fn encoding(&self) -> Encoding {
        self.encoding
    }

    fn is_windows_1252(&mut self) {
        self.encoding = Encoding::Windows1252;
        self.decoder = Some(WINDOWS_1252.new_decoder_without_bom_handling());
    }

    /// Reads once into `held`. NUL bytes are dropped; those of UTF-16 are halves of characters.
    fn hold(&mut self) -> io::Result<()> {
        let before = self.held.len();
        self.held.resize(before + CHUNK, 0);
        let read = read_once(&mut self.input, &mut self.held[before..]);
        let mut filled = before + *read.as_ref().unwrap_or(&0);
        if self.begun && !matches!(self.encoding, Encoding::Utf16Le | Encoding::Utf16Be) {
            filled = without_nul(&mut self.held, before, filled);
        }
        self.held.truncate(filled);
        self.at_end = read? == 0;
        Ok(())
    }

    /// Looks at the first bytes for a byte order mark.
    fn begin(&mut self) -> io::Result<()> {
        while self.held.len() < 2 && !self.at_end {
            self.hold()?;
        }
        self.begun = true;
        let utf16 = match self.held.get(..2) {
            Some([0xFF, 0xFE]) => Some((Encoding::Utf16Le, UTF_16LE)),
            Some([0xFE, 0xFF]) => Some((Encoding::Utf16Be, UTF_16BE)),
            _ => None,
        };
        if let Some((encoding, decoder)) = utf16 {
            self.encoding = encoding;
            self.decoder = Some(decoder.new_decoder_without_bom_handling());
            self.held.drain(..2);
            return Ok(());
        }
        let filled = self.held.len();
        let filled = without_nul(&mut self.held, 0, filled);
        self.held.truncate(filled);
        while self.held.len() < 3 && !self.at_end {
            self.hold()?;
        }
        if self.held.starts_with(b"\xEF\xBB\xBF") {
            // The mark has decided: what is not valid is replaced.
            self.decoder = Some(UTF_8.new_decoder_without_bom_handling());
            self.held.drain(..3);
        }
        Ok(())
    }

    /// Hands on what is valid as it is; what is not, ends that.
    fn pass_on(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut filled = self.held.len().min(out.len());
        out[..filled].copy_from_slice(&self.held[..filled]);
        self.held.drain(..filled);
        if filled < LEAST && !self.at_end {
            let read = read_once(&mut self.input, &mut out[filled..])?;
            self.at_end = read == 0;
            filled = without_nul(out, filled, filled + read);
        }
        let all_is_here = self.at_end && self.held.is_empty();
        let (valid, wrong) = match std::str::from_utf8(&out[..filled]) {
            Ok(_) => (filled, false),
            Err(error) => (error.valid_up_to(), error.error_len().is_some() || all_is_here),
        };
        self.ascii = self.ascii && out[..valid].is_ascii();
        self.held.splice(..0, out[valid..filled].iter().copied());
        if wrong && !self.ascii {
            return Err(io::Error::other(NotUtf8));
        }
        if wrong {
            self.is_windows_1252();
        } else {
            self.finished = self.at_end && self.held.is_empty();
        }
        Ok(valid)
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.len() < LEAST {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the buffer is too small"));
        }
        if !self.begun {
            self.begin()?;
        }
        let mut written = 0;
        while written == 0 && !self.finished {
            if self.decoder.is_none() {
                written = self.pass_on(out)?;
                continue;
            }
            if self.held.is_empty() && !self.at_end {
                self.hold()?;
            }
            let Some(decoder) = &mut self.decoder else { continue };
            let (result, read, decoded, _) = decoder.decode_to_utf8(&self.held, out, self.at_end);
            self.held.drain(..read);
            self.finished = result == CoderResult::InputEmpty && self.at_end;
            written = without_nul(out, 0, decoded);
        }
        Ok(written)
    }
}

/// Drops the NUL bytes of `bytes[from..to]`; what is left ends where it says.
fn without_nul(bytes: &mut [u8], from: usize, to: usize) -> usize {
    let Some(first) = memchr::memchr(0, &bytes[from..to]) else { return to };
    let mut filled = from + first;
    for at in from + first..to {
        if bytes[at] != 0 {
            bytes[filled] = bytes[at];
            filled += 1;
        }
    }
    filled
}

fn read_once(input: &mut impl Read, out: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(out) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::tests::Trickle;
    use proptest::prelude::*;

    /// Reads as a report reader does: anew, as Windows-1252, when it must.
    fn decode(bytes: &[u8], trickle: bool) -> (String, Encoding, bool) {
        let open = |known| -> io::Result<(Vec<u8>, Encoding)> {
            let mut out = Vec::new();
            let mut whole = Utf8Reader::new(bytes, known);
            let mut single = Utf8Reader::new(Trickle(bytes), known);
            let reader: &mut dyn Read = if trickle { &mut single } else { &mut whole };
            let mut buffer = [0; 100];
            loop {
                let read = reader.read(&mut buffer)?;
                if read == 0 {
                    break;
                }
                out.extend_from_slice(&buffer[..read]);
            }
            Ok((out, if trickle { single.encoding() } else { whole.encoding() }))
        };
        let (read, anew) = match open(None) {
            Err(error) if is_not_utf8(&error) => (open(Some(Encoding::Windows1252)).unwrap(), true),
            read => (read.unwrap(), false),
        };
        (String::from_utf8(read.0).unwrap(), read.1, anew)
    }

    #[test]
    fn encodings_of_1_5() {
        use Encoding::{Utf8, Utf16Be, Utf16Le, Windows1252};
        let cases: [(&[u8], &str, Encoding, bool); 14] = [
            (b"", "", Utf8, false),
            (b"a", "a", Utf8, false),
            (b"caf\xC3\xA9", "caf\u{e9}", Utf8, false),
            (b"\xEF\xBB\xBFcaf\xC3\xA9", "caf\u{e9}", Utf8, false),
            (b"caf\xE9,x", "caf\u{e9},x", Windows1252, false),
            (b"\x93caf\xC3\xA9\x94", "\u{201c}caf\u{c3}\u{a9}\u{201d}", Windows1252, false),
            (b"\xC3\xA9 caf\xE9", "\u{c3}\u{a9} caf\u{e9}", Windows1252, true),
            (b"cut off \xC3", "cut off \u{c3}", Windows1252, false),
            (b"\xEF\xBB\xBFcaf\xE9", "caf\u{fffd}", Utf8, false),
            (b"\xFF\xFEa\0\xE9\0", "a\u{e9}", Utf16Le, false),
            (b"\xFE\xFF\0a\0\xE9\xD8\x3D\xDE\x00", "a\u{e9}\u{1f600}", Utf16Be, false),
            (b"a\0,\0\xC3\0\xA9\0", "a,\u{e9}", Utf8, false),
            (b"\0\xEF\0\xBB\xBFa", "a", Utf8, false),
            (b"\xFF\xFEa\0\0\0b\0", "ab", Utf16Le, false),
        ];
        for (bytes, text, encoding, anew) in cases {
            for trickle in [false, true] {
                assert_eq!(decode(bytes, trickle), (text.to_owned(), encoding, anew), "{bytes:?} {trickle}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_utf8_stays_and_anything_is_read(text in ".{0,300}", bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let text = text.replace('\0', "");
            // One mark is taken off; a second one is a character like any other.
            let wanted = text.strip_prefix('\u{feff}').unwrap_or(&text);
            prop_assert_eq!(decode(text.as_bytes(), false).0, wanted);
            prop_assert_eq!(decode(&bytes, false), decode(&bytes, true));
        }
    }
}
