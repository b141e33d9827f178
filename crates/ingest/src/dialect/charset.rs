//! Encodings: which one it is (spec 1.5), and bytes to text as they come.

use std::fmt;

use encoding_rs::{Decoder, Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The encodings of spec 1.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8; bytes further on that are none are read as Windows-1252, each by itself.
    Utf8,
    /// UTF-16, little-endian, by its byte order mark.
    Utf16Le,
    /// UTF-16, big-endian, by its byte order mark.
    Utf16Be,
    /// Windows-1252, which every byte is valid in.
    Windows1252,
}

impl Charset {
    /// The encoding of a text that begins with `head`, and the length of its byte order mark. `whole` says that
    /// there is no more than that; else its last character may be cut.
    pub(super) fn of(head: &[u8], whole: bool) -> (Self, usize) {
        if let Some((encoding, length)) = Encoding::for_bom(head) {
            let charset = match encoding {
                e if e == UTF_16LE => Self::Utf16Le,
                e if e == UTF_16BE => Self::Utf16Be,
                _ => Self::Utf8,
            };
            return (charset, length);
        }
        let valid = match std::str::from_utf8(head) {
            Ok(_) => true,
            Err(error) => !whole && error.error_len().is_none(),
        };
        (if valid { Self::Utf8 } else { Self::Windows1252 }, 0)
    }

    pub(super) fn converter(self) -> Converter {
        match self {
            Self::Utf8 => Converter::Utf8(Vec::new()),
            Self::Utf16Le => Converter::Other(UTF_16LE.new_decoder_without_bom_handling()),
            Self::Utf16Be => Converter::Other(UTF_16BE.new_decoder_without_bom_handling()),
            Self::Windows1252 => Converter::Other(WINDOWS_1252.new_decoder_without_bom_handling()),
        }
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Windows1252 => "Windows-1252",
        })
    }
}

/// Turns bytes into text, piece by piece.
pub(super) enum Converter {
    /// With the beginning of a character that the last piece ended in.
    Utf8(Vec<u8>),
    Other(Decoder),
}

impl Converter {
    /// Appends the text of `bytes`; `last` says that no more come.
    pub(super) fn convert(&mut self, bytes: &[u8], last: bool, text: &mut String) {
        match self {
            Self::Utf8(cut) => {
                cut.extend_from_slice(bytes);
                let used = utf8(cut, last, text);
                cut.drain(..used);
            }
            Self::Other(decoder) => {
                if let Some(most) = decoder.max_utf8_buffer_length(bytes.len()) {
                    text.reserve(most);
                }
                let _ = decoder.decode_to_string(bytes, text, last);
            }
        }
    }
}

/// Appends the text of `bytes`, but for a character cut at their end; returns how many were used.
fn utf8(bytes: &[u8], last: bool, text: &mut String) -> usize {
    let mut used = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        used += chunk.valid().len();
        let invalid = chunk.invalid();
        let at_end = used + invalid.len() == bytes.len();
        let cut = at_end && std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
        if cut && !last {
            return used;
        }
        let (single, _) = WINDOWS_1252.decode_without_bom_handling(invalid);
        text.push_str(&single);
        used += invalid.len();
    }
    used
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_of_1_5() {
        for (bytes, expected, length) in [
            (&b"\xEF\xBB\xBFa"[..], Charset::Utf8, 3),
            (b"\xFF\xFEa\0", Charset::Utf16Le, 2),
            (b"\xFE\xFF\0a", Charset::Utf16Be, 2),
            ("é".as_bytes(), Charset::Utf8, 0),
            (b"caf\xE9,", Charset::Windows1252, 0),
            (b"caf\xE9", Charset::Windows1252, 0),
            (b"", Charset::Utf8, 0),
        ] {
            assert_eq!(Charset::of(bytes, true), (expected, length), "{bytes:?}");
        }
        assert_eq!(Charset::of(b"caf\xC3", false), (Charset::Utf8, 0), "the head may end in a character");
    }

    #[test]
    fn text_is_the_same_however_its_bytes_come() {
        for (charset, bytes, expected) in [
            (Charset::Utf8, "a€😀z".as_bytes(), "a€😀z"),
            (Charset::Utf8, b"a\xE9\xC3\xA9\xE2\x82", "aéé\u{e2}\u{201a}"),
            (Charset::Utf16Le, b"a\0\xAC\x20\x3D\xD8\x00\xDE", "a€😀"),
            (Charset::Utf16Be, b"\0a\x20\xAC", "a€"),
            (Charset::Windows1252, b"\x80\xE9\x81", "€é\u{81}"),
        ] {
            for size in 1..=bytes.len() {
                let (mut converter, mut text) = (charset.converter(), String::new());
                for piece in bytes.chunks(size) {
                    converter.convert(piece, false, &mut text);
                }
                converter.convert(b"", true, &mut text);
                assert_eq!(text, expected, "{charset} by {size}");
            }
        }
    }
}
