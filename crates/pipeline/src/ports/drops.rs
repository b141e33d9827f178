//! Where files come from: folders that others put files into, near or far.

use std::pin::Pin;

use bytes::Bytes;
use futures::Stream;

use super::PortError;

/// Bytes of a file on their way.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, PortError>> + Send>>;

/// A file as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Path below the root of the drop, with `/` between its parts; it never leaves the root.
    pub name: String,
    /// Size in bytes, where it is told.
    pub bytes: Option<u64>,
    /// Modification time, in nanoseconds since the epoch, where it is told.
    pub modified: Option<i64>,
    /// What changes when the content does, where the store keeps such a thing: an entity tag.
    pub version: Option<String>,
}

/// A file that a listing shows and that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// Its name, fit to be shown.
    pub name: String,
    /// Why: a link, a name that leaves the folder.
    pub reason: String,
}

/// What is in a drop at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The files, in no particular order.
    pub files: Vec<Listed>,
    /// What is there and cannot be taken.
    pub passed_over: Vec<PassedOver>,
}

/// A place that others put files into.
#[async_trait::async_trait]
pub trait DropFolder: Send + Sync {
    /// Where it is, for people and to know it again; holds no password.
    fn location(&self) -> &str;

    /// Whether files in it may be on their way while they are listed, so that they have to stand still first.
    fn is_remote(&self) -> bool;

    /// Lists the files that the location names. Links are not followed; names for which
    /// [`is_passed_over`](leadq_ingest::names::is_passed_over) holds are left out.
    ///
    /// # Errors
    /// If it cannot be reached or listed.
    async fn list(&self) -> Result<Listing, PortError>;

    /// Looks at one file again; none if it is gone.
    ///
    /// # Errors
    /// If it cannot be reached.
    async fn look(&self, name: &str) -> Result<Option<Listed>, PortError>;

    /// Reads a file from its beginning to wherever it ends now.
    ///
    /// # Errors
    /// If it cannot be opened; the stream ends with an error if it cannot be read on.
    async fn read(&self, name: &str) -> Result<ByteStream, PortError>;

    /// Deletes a file.
    ///
    /// # Errors
    /// If that is not allowed, or it is gone.
    async fn delete(&self, name: &str) -> Result<(), PortError>;

    /// Moves a file into a folder below the root of the drop, which is made if need be. A file of the same name
    /// there is not overwritten: the name gets a number.
    ///
    /// # Errors
    /// If that is not allowed, or it is gone.
    async fn move_into(&self, name: &str, folder: &str) -> Result<(), PortError>;
}
