//! The payload of a file of age: chunks of 64 KiB, each encrypted and authenticated with its number, the last one
//! marked as such (STREAM; ChaCha20-Poly1305). It is what the library `age` would write and read, without its copies:
//! bytes are encrypted and decrypted where they stand.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use ring::aead::{Aad, LessSafeKey, Nonce};

use crate::blob::{Damage, damaged};
use crate::header;
use crate::keys::Keys;

/// Bytes of a chunk; the last one may have fewer.
pub(crate) const CHUNK: usize = 64 << 10;
/// Bytes that authenticate a chunk, behind it.
const TAG: usize = 16;
const SEALED: u64 = (CHUNK + TAG) as u64;

/// What a chunk is encrypted with beside the key: its number in 11 bytes, and whether it is the last.
fn nonce(number: u64, is_last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(is_last);
    Nonce::assume_unique_for_key(nonce)
}

/// Writes a payload.
pub(crate) struct Writer {
    file: File,
    key: LessSafeKey,
    /// Room for a chunk and its tag.
    chunk: Box<[u8]>,
    filled: usize,
    number: u64,
}

impl Writer {
    /// Begins at the beginning of an empty file, with the header.
    pub(crate) fn new(mut file: File, keys: &Keys) -> io::Result<Self> {
        let (header, key) = header::begin(keys)?;
        file.write_all(&header)?;
        Ok(Self { file, key, chunk: vec![0; CHUNK + TAG].into(), filled: 0, number: 0 })
    }

    pub(crate) fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            // A full chunk is written only now: it is not the last one.
            if self.filled == CHUNK {
                self.seal(false)?;
            }
            let room = &mut self.chunk[self.filled..CHUNK];
            let (now, later) = bytes.split_at(bytes.len().min(room.len()));
            room[..now.len()].copy_from_slice(now);
            self.filled += now.len();
            bytes = later;
        }
        Ok(())
    }

    /// Writes the last bytes, of which there has to be one: no payload ends in an empty chunk.
    pub(crate) fn finish(mut self, last: &[u8]) -> io::Result<File> {
        self.write_all(last)?;
        self.seal(true)?;
        Ok(self.file)
    }

    fn seal(&mut self, is_last: bool) -> io::Result<()> {
        let (content, rest) = self.chunk.split_at_mut(self.filled);
        let tag = self.key.seal_in_place_separate_tag(nonce(self.number, is_last), Aad::empty(), content);
        let tag = tag.map_err(|_| io::Error::other("a chunk cannot be encrypted"))?;
        rest[..TAG].copy_from_slice(tag.as_ref());
        self.file.write_all(&self.chunk[..self.filled + TAG])?;
        self.number += 1;
        self.filled = 0;
        Ok(())
    }
}

/// Reads a payload in any order. What it gives is authenticated, and so is where it stands.
pub(crate) struct Reader {
    file: File,
    key: LessSafeKey,
    /// Where the first chunk is in the file.
    start: u64,
    /// Bytes of the payload.
    len: u64,
    /// The chunk at hand, decrypted.
    chunk: Vec<u8>,
    /// Its number, if there is any.
    at_hand: Option<u64>,
    /// The chunk that the file stands before.
    next: Option<u64>,
    /// Which chunks were authenticated.
    sound: Vec<bool>,
}

impl Reader {
    /// Opens a file: reads its header, and its last chunk, which says that nothing is cut off.
    pub(crate) fn open(mut file: File, keys: &Keys) -> io::Result<Self> {
        let (start, key) = header::read(&mut file, keys)?;
        let sealed = file.seek(SeekFrom::End(0))?.saturating_sub(start);
        let chunks = sealed.div_ceil(SEALED);
        let len = sealed.checked_sub(chunks * TAG as u64);
        // No chunk is empty.
        let len = len.filter(|len| *len > chunks.saturating_sub(1) * CHUNK as u64);
        let (Some(len), Ok(count)) = (len, usize::try_from(chunks)) else {
            return Err(Damage::new("it is damaged or cut short").into());
        };
        let (chunk, sound) = (Vec::with_capacity(CHUNK + TAG), vec![false; count]);
        let mut reader = Self { file, key, start, len, chunk, at_hand: None, next: None, sound };
        reader.load(chunks - 1)?;
        Ok(reader)
    }

    /// Bytes of the payload.
    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// What stands at a place, as far as the chunk at hand then goes; nothing at the end.
    pub(crate) fn at(&mut self, place: u64) -> io::Result<&[u8]> {
        if place >= self.len {
            return Ok(&[]);
        }
        self.load(place / CHUNK as u64)?;
        let within = (place % CHUNK as u64) as usize;
        self.chunk.get(within..).ok_or_else(|| Damage::new("it is cut short").into())
    }

    /// Fills a buffer from a place on.
    pub(crate) fn read_exact_at(&mut self, mut place: u64, mut into: &mut [u8]) -> io::Result<()> {
        while !into.is_empty() {
            let bytes = self.at(place)?;
            if bytes.is_empty() {
                return Err(Damage::new("it is cut short").into());
            }
            let now = bytes.len().min(into.len());
            into[..now].copy_from_slice(&bytes[..now]);
            into = &mut into[now..];
            place += now as u64;
        }
        Ok(())
    }

    /// Authenticates the chunks that were not read yet.
    pub(crate) fn verify(&mut self) -> io::Result<()> {
        for number in 0..self.sound.len() {
            if !self.sound[number] {
                self.load(number as u64)?;
            }
        }
        Ok(())
    }

    /// Brings a chunk to hand.
    fn load(&mut self, number: u64) -> io::Result<()> {
        if self.at_hand == Some(number) {
            return Ok(());
        }
        self.at_hand = None;
        let begins = self.start + number * SEALED;
        if self.next != Some(number) {
            self.next = None;
            self.file.seek(SeekFrom::Start(begins))?;
        }
        let is_last = number + 1 == self.sound.len() as u64;
        let len = if is_last { self.len - number * CHUNK as u64 } else { CHUNK as u64 } as usize;
        self.next = None;
        self.chunk.resize(len + TAG, 0);
        self.file.read_exact(&mut self.chunk).map_err(damaged)?;
        self.next = Some(number + 1);
        let opened = self.key.open_in_place(nonce(number, is_last), Aad::empty(), &mut self.chunk);
        opened.map_err(|_| Damage::new("it is damaged or cut short"))?;
        self.chunk.truncate(len);
        if let Some(sound) = self.sound.get_mut(number as usize) {
            *sound = true;
        }
        self.at_hand = Some(number);
        Ok(())
    }
}
