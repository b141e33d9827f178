//! The archive: every file as it was received.

use std::io::{self, Cursor, Read, Seek};

use leadq_contract::ClientId;
use serde::{Deserialize, Serialize};

use super::{ByteStream, PortError};

/// What a received file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceivedKind {
    /// Leads delivered.
    Leads,
    /// A client's report, or an archive of reports.
    Report,
}

/// Which bytes: keyed fingerprint of the digest of a file as it was received, in hex. It stays that of the file as
/// received when a person is taken out of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentId(pub String);

/// A file that was received: one entry of the archive's catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Received {
    /// Whose it is; none for leads of all clients.
    pub client: Option<ClientId>,
    /// What it is for.
    pub kind: ReceivedKind,
    /// [`DropFolder::location`](super::DropFolder::location) of the drop that it came from.
    pub source: String,
    /// Its path below the root of the drop.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Modification time that came with it, in nanoseconds since the epoch.
    pub modified: i64,
    /// Its entity tag, if the drop has such a thing.
    pub version: Option<String>,
    /// When reading of it began, in nanoseconds since the epoch.
    pub received_at: i64,
    /// Its content.
    pub content: ContentId,
}

/// Bytes that the archive has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Which.
    pub content: ContentId,
    /// How many, as received.
    pub bytes: u64,
}

/// An archived file, opened: its bytes as received.
///
/// A byte is given only if it was found to be what was stored. What was not read may be damaged still.
pub trait ArchivedFile: Read + Seek + Send {
    /// Looks whether what was not read is what was stored, too. It may be read on after that.
    ///
    /// # Errors
    /// If it is damaged, or cannot be read.
    fn verify(&mut self) -> io::Result<()>;
}

/// Bytes in memory, which are what they are.
impl<T: AsRef<[u8]> + Send> ArchivedFile for Cursor<T> {
    fn verify(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps files as they were received, once per content, compressed and encrypted.
#[async_trait::async_trait]
pub trait Archive: Send + Sync {
    /// The catalogue, in the order in which it was written.
    ///
    /// # Errors
    /// If it cannot be read.
    async fn catalogue(&self) -> Result<Vec<Received>, PortError>;

    /// Stores bytes. They are there, whole and durable, or not at all; content that is there already is not
    /// written again.
    ///
    /// # Errors
    /// What the stream or the store reports.
    async fn store(&self, bytes: ByteStream) -> Result<Stored, PortError>;

    /// Adds to the catalogue, all or nothing, durably. Content must have been stored before.
    ///
    /// # Errors
    /// What the store reports.
    async fn note(&self, received: &[Received]) -> Result<(), PortError>;

    /// Opens content, to be read on this machine by threads that may wait. Damage may show only when it is read, or
    /// [verified](ArchivedFile::verify).
    ///
    /// # Errors
    /// If it is not there, is none of this archive or another one's, or was encrypted with another secret.
    async fn open(&self, content: &ContentId) -> Result<Box<dyn ArchivedFile>, PortError>;

    /// Puts other bytes in the place of a content, which keeps its id: what is left of it without a person.
    ///
    /// # Errors
    /// What the store reports; the old bytes are there still, then.
    async fn replace(&self, content: &ContentId, bytes: Vec<u8>) -> Result<(), PortError>;

    /// Deletes content that no entry needs any more. Its entries stay in the catalogue, so that the same file is not
    /// fetched again.
    ///
    /// # Errors
    /// What the store reports.
    async fn remove(&self, contents: &[ContentId]) -> Result<(), PortError>;

    /// The contents that are there, with the bytes that each takes up.
    ///
    /// # Errors
    /// What the store reports.
    async fn contents(&self) -> Result<Vec<(ContentId, u64)>, PortError>;
}
