//! Reading a blob: decrypted, authenticated as a whole before its first byte is given, and read in any order.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};

use age::stream::StreamReader;
use age::{DecryptError, Decryptor};

use crate::keys::Keys;
use crate::trailer::{self, Form, Trailer};

/// A blob is not what was written.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Damage {
    reason: String,
    /// It was encrypted with the key of another secret.
    pub(crate) other_secret: bool,
}

impl Damage {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), other_secret: false }
    }
}

impl From<Damage> for io::Error {
    fn from(damage: Damage) -> Self {
        Self::new(io::ErrorKind::InvalidData, damage)
    }
}

type Plain = StreamReader<BufReader<File>>;
type Decoder = zstd::Decoder<'static, BufReader<Take<Plain>>>;

/// The content of a blob.
pub(crate) struct Blob {
    source: Source,
    /// Bytes of the blob's content as stored.
    stored: u64,
    /// Bytes of the content.
    len: u64,
    /// Where the caller reads.
    position: u64,
}

/// Where the bytes come from.
enum Source {
    Plain(Plain),
    /// A decoder, and how many bytes it gave.
    Zstd(Box<Decoder>, u64),
    /// An error left none.
    Broken,
}

impl Blob {
    /// Opens what is stored under a name, and reads it once to its end: what is given later was found whole.
    pub(crate) fn open(file: File, name: &str, keys: &Keys) -> io::Result<Self> {
        let mut plain = decrypt(file, keys)?;
        let end = plain.seek(SeekFrom::End(0)).map_err(damaged)?;
        let stored =
            end.checked_sub(trailer::LEN).ok_or_else(|| Damage::new("it is too short for a blob"))?;
        plain.seek(SeekFrom::Start(0)).map_err(damaged)?;
        io::copy(&mut (&mut plain).take(stored), &mut io::sink()).map_err(damaged)?;
        let mut frame = [0; trailer::LEN as usize];
        plain.read_exact(&mut frame).map_err(damaged)?;
        let Trailer { form, bytes, .. } = Trailer::decode(&frame, name)?;
        plain.seek(SeekFrom::Start(0)).map_err(damaged)?;
        let source = match form {
            Form::Plain => Source::Plain(plain),
            Form::Zstd => Source::Zstd(Box::new(decoder(plain, stored)?), 0),
        };
        Ok(Self { source, stored, len: bytes, position: 0 })
    }

    /// Brings the source to where the caller reads.
    fn catch_up(&mut self) -> io::Result<()> {
        let behind = match &mut self.source {
            Source::Plain(plain) => return plain.seek(SeekFrom::Start(self.position)).map(drop),
            Source::Zstd(_, given) if *given <= self.position => self.position - *given,
            Source::Zstd(..) => {
                self.restart()?;
                self.position
            }
            Source::Broken => return Err(Damage::new("it could not be read before").into()),
        };
        let Source::Zstd(decoder, given) = &mut self.source else { return Ok(()) };
        let skipped = io::copy(&mut decoder.take(behind), &mut io::sink())?;
        *given += skipped;
        if skipped < behind { Err(Damage::new("it is shorter than it says").into()) } else { Ok(()) }
    }

    /// Begins to decompress anew.
    fn restart(&mut self) -> io::Result<()> {
        let Source::Zstd(before, _) = std::mem::replace(&mut self.source, Source::Broken) else {
            return Ok(());
        };
        let mut plain = before.finish().into_inner().into_inner();
        plain.seek(SeekFrom::Start(0))?;
        self.source = Source::Zstd(Box::new(decoder(plain, self.stored)?), 0);
        Ok(())
    }
}

impl Read for Blob {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let wanted = out.len().min(left);
        if wanted == 0 {
            return Ok(0);
        }
        self.catch_up()?;
        let out = &mut out[..wanted];
        let read = match &mut self.source {
            Source::Plain(plain) => plain.read(out)?,
            Source::Zstd(decoder, given) => {
                let read = decoder.read(out)?;
                *given += read as u64;
                read
            }
            Source::Broken => 0,
        };
        if read == 0 {
            return Err(Damage::new("it is shorter than it says").into());
        }
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Blob {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.len.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no such place in the content"))?;
        Ok(self.position)
    }
}

fn decoder(plain: Plain, stored: u64) -> io::Result<Decoder> {
    zstd::Decoder::with_buffer(BufReader::with_capacity(64 << 10, plain.take(stored)))
}

fn decrypt(file: File, keys: &Keys) -> io::Result<Plain> {
    let identity: &dyn age::Identity = keys.identity();
    let opened = Decryptor::new_buffered(BufReader::new(file))
        .and_then(|decryptor| decryptor.decrypt(std::iter::once(identity)));
    opened.map_err(|error| match error {
        DecryptError::Io(error) => damaged(error),
        DecryptError::NoMatchingKeys => {
            let reason = "it was encrypted with another secret than this one".to_owned();
            Damage { reason, other_secret: true }.into()
        }
        // What the library says beyond this is of no use to anybody.
        _ => Damage::new("it is damaged").into(),
    })
}

/// An error of the disk as it is; any other says that the blob is damaged.
fn damaged(error: io::Error) -> io::Error {
    if error.raw_os_error().is_some() { error } else { Damage::new("it is damaged or cut short").into() }
}
