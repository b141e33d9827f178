//! Archives in a temporary folder or in memory, and contents.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use leadq_archive::FileArchive;
use leadq_contract::{ClientId, IdentifierSecret};
use leadq_pipeline::ports::{Archive, ByteStream, ContentId, PortError, Received, ReceivedKind};
use object_store::ObjectStore;

pub(crate) fn secret() -> IdentifierSecret {
    IdentifierSecret::new(&[7; 32]).unwrap()
}

/// An archive in a folder of its own.
pub(crate) struct Local {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) archive: FileArchive,
}

impl Local {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let archive = FileArchive::local(folder.path().join("archive"), &secret()).unwrap();
        Self { folder, archive }
    }

    /// The same archive, opened by another process.
    pub(crate) fn again(&self) -> FileArchive {
        FileArchive::local(self.root(), &secret()).unwrap()
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("archive")
    }

    pub(crate) fn blob(&self, content: &ContentId) -> PathBuf {
        self.root().join(format!("blobs/{}/{}.age", &content.0[..2], content.0))
    }

    /// All files and folders.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        fn below(folder: &Path, all: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    below(&path, all);
                }
                all.push(path);
            }
        }
        let mut all = Vec::new();
        below(&self.root(), &mut all);
        all.sort();
        all
    }
}

/// An archive in an object store.
pub(crate) fn in_store(store: Arc<dyn ObjectStore>) -> FileArchive {
    FileArchive::of_store(store, "some/prefix".into(), std::env::temp_dir(), &secret()).unwrap()
}

/// Bytes in pieces of a size.
pub(crate) fn stream(bytes: &[u8], piece: usize) -> ByteStream {
    let pieces: Vec<_> = bytes.chunks(piece.max(1)).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    futures::stream::iter(pieces).boxed()
}

/// Bytes that end in an error.
pub(crate) fn broken_stream(bytes: &[u8]) -> ByteStream {
    let bytes = Ok(Bytes::copy_from_slice(bytes));
    futures::stream::iter([bytes, Err(PortError::permanent("read", "a drop", "the line is cut"))]).boxed()
}

pub(crate) async fn store(archive: &FileArchive, bytes: &[u8]) -> ContentId {
    let stored = archive.store(stream(bytes, 10_000)).await.unwrap();
    assert_eq!(stored.bytes, bytes.len() as u64);
    stored.content
}

pub(crate) async fn read(archive: &FileArchive, content: &ContentId) -> Result<Vec<u8>, PortError> {
    let mut file = archive.open(content).await?;
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).unwrap();
    let name = format!("the archive's {}", content.0);
    let read = file.read_to_end(&mut bytes).and_then(|_| file.verify());
    // Damage that shows only now, as one that shows when it is opened.
    read.map_err(|error| PortError::permanent("read", name, error).hint("a backup"))?;
    Ok(bytes)
}

/// Bytes that nothing compresses, the same for the same seed.
pub(crate) fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut reader = blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof();
    let mut bytes = vec![0; len];
    reader.fill(&mut bytes);
    bytes
}

pub(crate) fn received(name: &str) -> Received {
    Received {
        client: Some(ClientId("acme".to_owned())),
        kind: ReceivedKind::Report,
        source: "sftp://host/drop".to_owned(),
        name: name.to_owned(),
        bytes: 12,
        modified: 1_700_000_000_000_000_000,
        version: None,
        received_at: 1_700_000_000_000_000_000,
        content: ContentId("ab".repeat(32)),
    }
}
