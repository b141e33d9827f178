//! The header of a file of age, and the key of its payload that follows from it.
//!
//! The library `age` writes and reads headers: to whom a file is encrypted, and that nobody changed that. It keeps the
//! file's key to itself; it is overheard where the library passes it to a recipient, or gets it from an identity.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use age::secrecy::ExposeSecret as _;
use age::x25519::{Identity, Recipient};
use age::{DecryptError, Decryptor, EncryptError, Encryptor};
use age_core::format::{FileKey, Stanza};
use ring::aead::{CHACHA20_POLY1305, LessSafeKey, UnboundKey};

use crate::blob::{Damage, damaged};
use crate::keys::Keys;

/// Bytes of the nonce between the header and the first chunk.
const NONCE: usize = 16;
/// For what the key of a payload is derived of a file's key.
const PAYLOAD: &[u8] = b"payload";

/// Passes a file's key on, and remembers it.
struct Listening<'a, T> {
    to: &'a T,
    heard: RefCell<Option<FileKey>>,
}

impl<'a, T> Listening<'a, T> {
    const fn new(to: &'a T) -> Self {
        Self { to, heard: RefCell::new(None) }
    }

    fn hears(&self, key: &FileKey) {
        *self.heard.borrow_mut() = Some(FileKey::new(Box::new(*key.expose_secret())));
    }

    /// The key of the payload behind a nonce.
    fn key_of(self, nonce: &[u8]) -> io::Result<LessSafeKey> {
        let file_key = self.heard.into_inner().ok_or_else(|| io::Error::other("the header has no key"))?;
        let key = age_core::primitives::hkdf(nonce, PAYLOAD, file_key.expose_secret());
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key);
        key.map(LessSafeKey::new).map_err(|_| io::Error::other("the key of the payload has a wrong length"))
    }
}

impl age::Recipient for Listening<'_, Recipient> {
    fn wrap_file_key(&self, key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        self.hears(key);
        self.to.wrap_file_key(key)
    }
}

impl age::Identity for Listening<'_, Identity> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        self.to.unwrap_stanza(stanza).map(|unwrapped| unwrapped.inspect(|key| self.hears(key)))
    }
}

/// Makes all that stands before the first chunk of a new file, and its payload's key, which no other file has.
pub(crate) fn begin(keys: &Keys) -> io::Result<(Vec<u8>, LessSafeKey)> {
    let listening = Listening::new(keys.recipient());
    let recipient: &dyn age::Recipient = &listening;
    let encryptor = Encryptor::with_recipients(std::iter::once(recipient)).map_err(io::Error::other)?;
    let mut header = Vec::new();
    // What would encrypt the payload is dropped: nothing was written with it.
    encryptor.wrap_output(&mut header)?;
    let nonce = header.last_chunk::<NONCE>().ok_or_else(|| io::Error::other("the header has no nonce"))?;
    let key = listening.key_of(nonce)?;
    Ok((header, key))
}

/// Reads what stands before the first chunk; gives where that begins, and the payload's key.
///
/// # Errors
/// If the header was changed, or is for the key of another secret.
pub(crate) fn read(file: &mut (impl Read + Seek), keys: &Keys) -> io::Result<(u64, LessSafeKey)> {
    let listening = Listening::new(keys.identity());
    let identity: &dyn age::Identity = &listening;
    let mut buffered = BufReader::with_capacity(1 << 10, file);
    Decryptor::new_buffered(&mut buffered)
        .and_then(|decryptor| decryptor.decrypt(std::iter::once(identity)).map(drop))
        .map_err(untold)?;
    let start = buffered.stream_position()?;
    let mut nonce = [0; NONCE];
    buffered.seek(SeekFrom::Start(start.saturating_sub(NONCE as u64)))?;
    buffered.read_exact(&mut nonce).map_err(damaged)?;
    Ok((start, listening.key_of(&nonce)?))
}

fn untold(error: DecryptError) -> io::Error {
    match error {
        DecryptError::Io(error) => damaged(error),
        DecryptError::NoMatchingKeys => Damage::of_another_secret().into(),
        // What the library says beyond this is of no use to anybody.
        _ => Damage::new("it is damaged").into(),
    }
}
