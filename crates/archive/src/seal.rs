//! Writing a blob: content is digested, compressed where that helps, and encrypted, as it goes by.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use age::Encryptor;
use age::stream::StreamWriter;

use crate::keys::Keys;
use crate::trailer::{Form, Trailer};

/// Fast, and text comes to about a fifth.
const LEVEL: i32 = 3;
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
    hasher: blake3::Hasher,
    bytes: u64,
}

/// Where the content goes.
enum Body {
    /// Nowhere yet: its first bytes.
    Beginning(Vec<u8>, Output),
    Plain(Output),
    Zstd(zstd::Encoder<'static, Output>),
}

type Output = StreamWriter<BufWriter<File>>;

/// What was written, but for the trailer.
pub(crate) struct Written {
    pub(crate) digest: blake3::Hash,
    pub(crate) bytes: u64,
    form: Form,
    output: Output,
}

impl Sealing {
    /// Begins a blob at the beginning of an empty file.
    pub(crate) fn new(file: File, keys: &Keys) -> io::Result<Self> {
        let recipient: &dyn age::Recipient = keys.recipient();
        let encryptor = Encryptor::with_recipients(std::iter::once(recipient)).map_err(io::Error::other)?;
        let output = encryptor.wrap_output(BufWriter::with_capacity(128 << 10, file))?;
        Ok(Self { body: Body::Beginning(Vec::new(), output), hasher: blake3::Hasher::new(), bytes: 0 })
    }

    /// Adds bytes of the content.
    pub(crate) fn write(self, bytes: &[u8]) -> io::Result<Self> {
        let Self { body, mut hasher, bytes: before } = self;
        hasher.update(bytes);
        let body = match body {
            Body::Beginning(mut head, output) => {
                head.extend_from_slice(bytes);
                if head.len() < LOOKED_AT { Body::Beginning(head, output) } else { begin(&head, output)? }
            }
            Body::Plain(mut output) => {
                output.write_all(bytes)?;
                Body::Plain(output)
            }
            Body::Zstd(mut encoder) => {
                encoder.write_all(bytes)?;
                Body::Zstd(encoder)
            }
        };
        Ok(Self { body, hasher, bytes: before + bytes.len() as u64 })
    }

    /// Ends the content.
    pub(crate) fn end(self) -> io::Result<Written> {
        let body = match self.body {
            Body::Beginning(head, output) => begin(&head, output)?,
            other => other,
        };
        let (form, output) = match body {
            Body::Zstd(encoder) => (Form::Zstd, encoder.finish()?),
            Body::Plain(output) | Body::Beginning(_, output) => (Form::Plain, output),
        };
        Ok(Written { digest: self.hasher.finalize(), bytes: self.bytes, form, output })
    }
}

impl Written {
    /// Ends the blob, for the name under which it is stored; its bytes are on the disk then.
    pub(crate) fn finish(self, name: &str) -> io::Result<File> {
        let mut output = self.output;
        output.write_all(&Trailer::new(self.form, self.bytes, name).encode())?;
        let file = output.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(file)
    }
}

/// Decides on the form by a content's first bytes.
fn begin(head: &[u8], mut output: Output) -> io::Result<Body> {
    if COMPRESSED.iter().any(|magic| head.starts_with(magic)) {
        output.write_all(head)?;
        return Ok(Body::Plain(output));
    }
    let mut encoder = zstd::Encoder::new(output, LEVEL)?;
    encoder.write_all(head)?;
    Ok(Body::Zstd(encoder))
}
