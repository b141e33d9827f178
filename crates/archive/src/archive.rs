//! The archive itself: stores contents once, opens, replaces and deletes them.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use leadq_contract::IdentifierSecret;
use leadq_pipeline::ports::{Archive, ArchivedFile, ByteStream, ContentId, PortError, Received, Stored};
use object_store::ObjectStore;
use object_store::path::Path;
use tokio::sync::OnceCell;
use tokio::sync::mpsc::{self, Receiver};

use crate::blob::Blob;
use crate::catalogue::Catalogue;
use crate::fault;
use crate::folder::Folder;
use crate::keys::Keys;
use crate::place::{Draft, IfTaken, Place, blocking};
use crate::seal::{Sealing, Written};
use crate::store::Store;

/// The folder of the contents.
const BLOBS: &str = "blobs";
/// How their names end.
const SUFFIX: &str = ".age";
/// Pieces of a content that wait to be encrypted.
const WAITING: usize = 4;

/// An archive in a folder or an object store. See the crate for what is where.
#[derive(Debug)]
pub struct FileArchive {
    place: Place,
    keys: Keys,
    catalogue: Catalogue,
    /// What dead writers left behind was deleted.
    cleaned: OnceCell<()>,
}

/// A piece of a content on its way to be encrypted. Without an end, there is none.
enum Piece {
    Bytes(Bytes),
    End,
}

impl FileArchive {
    /// The archive in a folder of this machine, which is made when something is written.
    ///
    /// # Errors
    /// If no key can be derived of the secret.
    pub fn local(folder: impl Into<PathBuf>, secret: &IdentifierSecret) -> Result<Self, PortError> {
        Self::at(Place::Folder(Folder::new(folder.into())), secret)
    }

    /// The archive below a prefix of an object store. Files pass through the folder `scratch` of this machine, which
    /// must be there.
    ///
    /// # Errors
    /// If no key can be derived of the secret.
    pub fn of_store(
        store: Arc<dyn ObjectStore>,
        prefix: Path,
        scratch: impl Into<PathBuf>,
        secret: &IdentifierSecret,
    ) -> Result<Self, PortError> {
        Self::at(Place::Store(Store::new(store, prefix, scratch.into())), secret)
    }

    fn at(place: Place, secret: &IdentifierSecret) -> Result<Self, PortError> {
        let keys = Keys::of(secret)?;
        let catalogue = Catalogue { place: place.clone(), keys: keys.clone() };
        Ok(Self { place, keys, catalogue, cleaned: OnceCell::new() })
    }

    async fn clean_once(&self) -> Result<(), PortError> {
        self.cleaned.get_or_try_init(|| self.place.clean()).await.map(drop)
    }

    /// Encrypts a content as it comes in, on a thread of its own.
    async fn seal(&self, mut bytes: ByteStream) -> Result<(Draft, Written), PortError> {
        let (pieces, waiting) = mpsc::channel(WAITING);
        let (place, keys) = (self.place.clone(), self.keys.clone());
        let sealing = tokio::spawn(blocking("write", move || {
            let draft = place.draft()?;
            let written = seal_pieces(&draft, waiting, &keys);
            Ok((draft, written.map_err(|error| fault::of_io("write to", "the archive", &error))?))
        }));
        let mut failed = None;
        while failed.is_none() {
            let (piece, ends) = match bytes.next().await {
                Some(Ok(piece)) => (Piece::Bytes(piece), false),
                Some(Err(error)) => {
                    failed = Some(error);
                    break;
                }
                None => (Piece::End, true),
            };
            // Nobody takes it any more: why, the thread tells.
            if pieces.send(piece).await.is_err() || ends {
                break;
            }
        }
        drop(pieces);
        let sealed = sealing.await.map_err(|error| PortError::permanent("write to", "the archive", error))?;
        match failed {
            Some(error) => Err(error),
            None => sealed,
        }
    }
}

/// Writes the pieces of a content up to its end.
fn seal_pieces(draft: &Draft, mut pieces: Receiver<Piece>, keys: &Keys) -> io::Result<Written> {
    let mut sealing = Sealing::new(draft.handle()?, keys)?;
    loop {
        match pieces.blocking_recv() {
            Some(Piece::Bytes(bytes)) => sealing.write(&bytes)?,
            Some(Piece::End) => return sealing.end(),
            None => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the content was cut off")),
        }
    }
}

#[async_trait::async_trait]
impl Archive for FileArchive {
    async fn catalogue(&self) -> Result<Vec<Received>, PortError> {
        self.catalogue.read().await
    }

    async fn store(&self, bytes: ByteStream) -> Result<Stored, PortError> {
        self.clean_once().await?;
        let (draft, written) = self.seal(bytes).await?;
        let stored = Stored { content: self.keys.content(&written.digest), bytes: written.bytes };
        let name = name_of(&stored.content)?;
        if self.place.has(&name).await? {
            return Ok(stored);
        }
        let draft = finish(draft, written, name.clone()).await?;
        self.place.publish(draft, &name, IfTaken::Keep).await?;
        Ok(stored)
    }

    async fn note(&self, received: &[Received]) -> Result<(), PortError> {
        self.clean_once().await?;
        self.catalogue.note(received).await
    }

    async fn open(&self, content: &ContentId) -> Result<Box<dyn ArchivedFile>, PortError> {
        let name = name_of(content)?;
        let Some(file) = self.place.open(&name).await? else { return Err(absent("read", &name)) };
        let keys = self.keys.clone();
        blocking("read", move || match Blob::open(file, &name, &keys) {
            Ok(blob) => Ok(Box::new(blob) as Box<dyn ArchivedFile>),
            Err(error) => Err(fault::of_io("read", format!("the archive's {name}"), &error)),
        })
        .await
    }

    async fn replace(&self, content: &ContentId, bytes: Vec<u8>) -> Result<(), PortError> {
        // What a dead writer left behind may be the bytes that shall go.
        self.place.clean().await?;
        let name = name_of(content)?;
        if !self.place.has(&name).await? {
            return Err(absent("replace", &name));
        }
        let bytes = futures::stream::iter([Ok(Bytes::from(bytes))]).boxed();
        let (draft, written) = self.seal(bytes).await?;
        let draft = finish(draft, written, name.clone()).await?;
        self.place.publish(draft, &name, IfTaken::Replace).await.map(drop)
    }

    async fn remove(&self, contents: &[ContentId]) -> Result<(), PortError> {
        self.place.clean().await?;
        let names = contents.iter().map(name_of).collect::<Result<_, _>>()?;
        self.place.delete(names).await
    }

    async fn contents(&self) -> Result<Vec<(ContentId, u64)>, PortError> {
        let files = self.place.list(BLOBS).await?;
        Ok(files.into_iter().filter_map(|(name, bytes)| Some((content_of(&name)?, bytes))).collect())
    }
}

/// Ends a blob for its name.
async fn finish(draft: Draft, written: Written, name: String) -> Result<Draft, PortError> {
    blocking("write", move || match written.finish(&name) {
        Ok(_) => Ok(draft),
        Err(error) => Err(fault::of_io("write", format!("the archive's {name}"), &error)),
    })
    .await
}

/// The file of a content.
fn name_of(content: &ContentId) -> Result<String, PortError> {
    let id = &content.0;
    let is_lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    match id.get(..2) {
        Some(first) if id.len() == 64 && id.bytes().all(is_lower_hex) => {
            Ok(format!("{BLOBS}/{first}/{id}{SUFFIX}"))
        }
        _ => Err(PortError::permanent("find", "a content of the archive", "its id is none of an archive")),
    }
}

/// The content of a file.
fn content_of(name: &str) -> Option<ContentId> {
    let id = name.rsplit('/').next()?.strip_suffix(SUFFIX)?;
    let content = ContentId(id.to_owned());
    name_of(&content).is_ok_and(|expected| expected == name).then_some(content)
}

fn absent(operation: &'static str, name: &str) -> PortError {
    PortError::permanent(operation, format!("the archive's {name}"), "it is not there")
        .hint("its retention may be over; the catalogue keeps its entry")
}
