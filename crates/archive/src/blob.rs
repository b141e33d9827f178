//! Reading a blob, in any order.
//!
//! Opening it shows whose place it has and that nothing is cut off. What was compressed when it came is read in any
//! order, and is authenticated as a whole before its first byte is given. Text, which is read front to back, is
//! authenticated chunk by chunk, each before a byte of it is given; who has read enough of it calls `verify`, which
//! does the same to what is left.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use leadq_pipeline::ports::ArchivedFile;
use zstd::stream::raw::{Decoder, InBuffer, Operation as _, OutBuffer};

use crate::keys::Keys;
use crate::payload::Reader;
use crate::trailer::{self, Form, Trailer};

/// Bytes that are decompressed at once where they are passed over.
const PASSED_OVER: usize = 128 << 10;

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

    pub(crate) fn of_another_secret() -> Self {
        Self { reason: "it was encrypted with another secret than this one".to_owned(), other_secret: true }
    }
}

impl From<Damage> for io::Error {
    fn from(damage: Damage) -> Self {
        Self::new(io::ErrorKind::InvalidData, damage)
    }
}

/// An error of the disk as it is; any other says that the blob is damaged.
pub(crate) fn damaged(error: io::Error) -> io::Error {
    if error.raw_os_error().is_some() { error } else { Damage::new("it is damaged or cut short").into() }
}

/// The content of a blob.
pub(crate) struct Blob {
    payload: Reader,
    form: Opened,
    /// Bytes of the content.
    len: u64,
    /// Where the caller reads.
    position: u64,
}

/// How the bytes of a blob become those of its content.
enum Opened {
    Plain,
    Zstd(Decompression),
}

/// How far a blob is decompressed.
struct Decompression {
    decoder: Decoder<'static>,
    /// Bytes of the content as stored.
    stored: u64,
    /// How many of them were taken.
    taken: u64,
    /// How many bytes they gave.
    given: u64,
}

impl Blob {
    /// Opens what is stored under a name.
    pub(crate) fn open(file: File, name: &str, keys: &Keys) -> io::Result<Self> {
        let mut payload = Reader::open(file, keys)?;
        let stored = payload.len().checked_sub(trailer::LEN);
        let stored = stored.ok_or_else(|| Damage::new("it is too short for a blob"))?;
        let mut frame = [0; trailer::LEN as usize];
        payload.read_exact_at(stored, &mut frame)?;
        let Trailer { form, bytes, .. } = Trailer::decode(&frame, name)?;
        let form = match form {
            Form::Plain if bytes != stored => return Err(Damage::new("it is not as long as it says").into()),
            Form::Plain => {
                payload.verify()?;
                Opened::Plain
            }
            Form::Zstd => {
                Opened::Zstd(Decompression { decoder: Decoder::new()?, stored, taken: 0, given: 0 })
            }
        };
        Ok(Self { payload, form, len: bytes, position: 0 })
    }
}

impl ArchivedFile for Blob {
    fn verify(&mut self) -> io::Result<()> {
        self.payload.verify()
    }
}

impl Decompression {
    /// Gives bytes from a place on, and how many; never none.
    fn read_at(&mut self, place: u64, payload: &mut Reader, out: &mut [u8]) -> io::Result<usize> {
        let read = self.try_read_at(place, payload, out);
        if read.is_err() {
            // Some of what the decoder gave may be lost: the next time it begins anew.
            self.given = u64::MAX;
        }
        read
    }

    fn try_read_at(&mut self, place: u64, payload: &mut Reader, out: &mut [u8]) -> io::Result<usize> {
        if place < self.given {
            self.decoder.reinit()?;
            (self.taken, self.given) = (0, 0);
        }
        if place > self.given {
            let mut passed_over = vec![0; PASSED_OVER];
            while place > self.given {
                let wanted = usize::try_from(place - self.given).unwrap_or(PASSED_OVER).min(PASSED_OVER);
                self.next(payload, &mut passed_over[..wanted])?;
            }
        }
        self.next(payload, out)
    }

    /// Fills a buffer with the next bytes, as far as there are any; never with none.
    fn next(&mut self, payload: &mut Reader, out: &mut [u8]) -> io::Result<usize> {
        let mut out = OutBuffer::around(out);
        while out.pos() < out.capacity() {
            let left = usize::try_from(self.stored.saturating_sub(self.taken)).unwrap_or(usize::MAX);
            let bytes = if left == 0 { &[][..] } else { payload.at(self.taken)? };
            let mut input = InBuffer::around(&bytes[..bytes.len().min(left)]);
            let before = out.pos();
            let ran = self.decoder.run(&mut input, &mut out);
            ran.map_err(|_| Damage::new("it does not decompress"))?;
            self.taken += input.pos() as u64;
            if input.pos() == 0 && out.pos() == before {
                break;
            }
        }
        self.given += out.pos() as u64;
        if out.pos() == 0 { Err(Damage::new("it is shorter than it says").into()) } else { Ok(out.pos()) }
    }
}

impl Read for Blob {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let wanted = out.len().min(left);
        if wanted == 0 {
            return Ok(0);
        }
        let out = &mut out[..wanted];
        let read = match &mut self.form {
            Opened::Plain => {
                self.payload.read_exact_at(self.position, out)?;
                wanted
            }
            Opened::Zstd(decompression) => decompression.read_at(self.position, &mut self.payload, out)?,
        };
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
