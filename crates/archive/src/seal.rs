//! Writing a blob: content is digested, compressed where that helps, and encrypted, as it goes by.

use std::fs::File;
use std::io;

use crate::compress::{BLOCK, Compressor};
use crate::keys::Keys;
use crate::payload::Writer;
use crate::trailer::{Form, Trailer};

/// How many first bytes tell whether a content is compressed.
const LOOKED_AT: usize = 6;
/// How compressed content begins: gzip, zstd, zip and workbooks, Parquet, bzip2, xz, 7z, RAR.
const COMPRESSED: [&[u8]; 9] = [
    b"\x1F\x8B",
    b"\x28\xB5\x2F\xFD",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PAR1",
    b"BZh",
    b"\xFD7zXZ",
    b"7z\xBC\xAF\x27",
    b"Rar!\x1A",
];

/// Writes one blob to a file.
pub(crate) struct Sealing {
    body: Body,
    output: Writer,
    hasher: blake3::Hasher,
    bytes: u64,
}

/// How the content is written.
enum Body {
    /// That is not known yet: its first bytes.
    Beginning(Vec<u8>),
    Plain,
    /// With what does not fill a block yet.
    Zstd(Compressor, Vec<u8>),
}

/// What was written, but for the trailer.
pub(crate) struct Written {
    pub(crate) digest: blake3::Hash,
    pub(crate) bytes: u64,
    form: Form,
    output: Writer,
}

impl Sealing {
    /// Begins a blob at the beginning of an empty file.
    pub(crate) fn new(file: File, keys: &Keys) -> io::Result<Self> {
        let (body, hasher) = (Body::Beginning(Vec::new()), blake3::Hasher::new());
        Ok(Self { body, output: Writer::new(file, keys)?, hasher, bytes: 0 })
    }

    /// Adds bytes of the content.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        if let Body::Beginning(head) = &mut self.body {
            head.extend_from_slice(bytes);
            return if head.len() < LOOKED_AT { Ok(()) } else { self.begin() };
        }
        self.put(bytes)
    }

    /// Decides on the form by the content's first bytes.
    fn begin(&mut self) -> io::Result<()> {
        let Body::Beginning(head) = &mut self.body else { return Ok(()) };
        let head = std::mem::take(head);
        let is_compressed = COMPRESSED.iter().any(|magic| head.starts_with(magic));
        self.body = if is_compressed { Body::Plain } else { Body::Zstd(Compressor::new()?, Vec::new()) };
        self.put(&head)
    }

    fn put(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let Body::Zstd(compressor, begun) = &mut self.body else { return self.output.write_all(bytes) };
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - begun.len()));
            bytes = later;
            if now.len() == BLOCK {
                self.output.write_all(compressor.frame(now)?)?;
                continue;
            }
            begun.extend_from_slice(now);
            if begun.len() == BLOCK {
                self.output.write_all(compressor.frame(begun)?)?;
                begun.clear();
            }
        }
        Ok(())
    }

    /// Ends the content.
    pub(crate) fn end(mut self) -> io::Result<Written> {
        self.begin()?;
        let form = match &mut self.body {
            Body::Zstd(compressor, begun) => {
                if !begun.is_empty() || self.bytes == 0 {
                    self.output.write_all(compressor.frame(begun)?)?;
                }
                Form::Zstd
            }
            Body::Plain | Body::Beginning(_) => Form::Plain,
        };
        Ok(Written { digest: self.hasher.finalize(), bytes: self.bytes, form, output: self.output })
    }
}

impl Written {
    /// Ends the blob, for the name under which it is stored; its bytes are on the disk then.
    pub(crate) fn finish(self, name: &str) -> io::Result<File> {
        let file = self.output.finish(&Trailer::new(self.form, self.bytes, name).encode())?;
        file.sync_all()?;
        Ok(file)
    }
}
