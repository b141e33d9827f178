//! What a content is, by its first bytes.

use std::io::{self, Read};

use super::{Reopen, note};

/// A kind of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Gzip,
    Zstd,
    Zip,
    /// Something that is known to be no report.
    Foreign(&'static str),
    /// A note of something that could not be looked into when somebody was forgotten.
    TakenOut,
    Text,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Zip => "zip",
            Self::Foreign(what) => what,
            Self::TakenOut => "taken out",
            Self::Text => "text",
        }
    }
}

/// First bytes and what they mean.
const KINDS: [(&[u8], Kind); 13] = [
    (note::TAKEN_OUT, Kind::TakenOut),
    (b"\x1F\x8B", Kind::Gzip),
    (b"\x28\xB5\x2F\xFD", Kind::Zstd),
    (b"PK\x03\x04", Kind::Zip),
    (b"PK\x05\x06", Kind::Zip),
    (b"\xD0\xCF\x11\xE0", Kind::Foreign("an old Excel workbook (.xls) or an encrypted one")),
    (b"7z\xBC\xAF\x27\x1C", Kind::Foreign("a 7z archive")),
    (b"Rar!\x1A\x07", Kind::Foreign("a RAR archive")),
    (b"BZh", Kind::Foreign("a bzip2 file")),
    (b"\xFD7zXZ\0", Kind::Foreign("an xz file")),
    (b"%PDF-", Kind::Foreign("a PDF")),
    (b"PAR1", Kind::Foreign("a Parquet file")),
    (b"{\\rtf", Kind::Foreign("a rich text file")),
];

/// Where a tar archive says that it is one.
const TAR_MARK: std::ops::Range<usize> = 257..262;

/// The kind of a content.
///
/// # Errors
/// What the input reports.
pub(super) fn kind_of(source: &mut dyn Reopen) -> io::Result<Kind> {
    let mut head = Vec::with_capacity(TAR_MARK.end);
    source.open()?.take(TAR_MARK.end as u64).read_to_end(&mut head)?;
    if head.get(TAR_MARK) == Some(b"ustar") {
        return Ok(Kind::Foreign("a tar archive"));
    }
    // Zstd may begin with a skippable frame (RFC 8878, 3.1.2), as that of parallel compressors does.
    if let [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] = head[..] {
        return Ok(Kind::Zstd);
    }
    Ok(KINDS.iter().find(|(magic, _)| head.starts_with(magic)).map_or(Kind::Text, |(_, kind)| *kind))
}
