//! An archive below a prefix of an object store. What is written or read passes through a file without a name in a
//! scratch folder of this machine, encrypted there too.
//!
//! A process that dies while it uploads a large file may leave parts that no listing shows; stores drop those by a
//! rule for incomplete uploads. Where the store keeps old versions of objects, what is replaced or deleted lives on
//! in them: an archive that must forget needs a bucket without versions.

use std::fs::File;
use std::io::{self, Read, Seek as _, Write as _};
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use leadq_pipeline::ports::PortError;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, WriteMultipart};

use crate::fault;
use crate::place::{IfTaken, blocking};

/// Bytes that are read of a file, and uploaded, at once.
const PART: u64 = 8 << 20;
/// Parts on their way at once.
const PARALLEL: usize = 4;

/// A prefix of an object store.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    scratch: PathBuf,
}

impl Store {
    pub(crate) const fn new(store: Arc<dyn ObjectStore>, prefix: Path, scratch: PathBuf) -> Self {
        Self { store, prefix, scratch }
    }

    fn path(&self, name: &str) -> Path {
        name.split('/').fold(self.prefix.clone(), |path, part| path.join(part))
    }

    pub(crate) fn draft(&self) -> Result<File, PortError> {
        tempfile::tempfile_in(&self.scratch)
            .map_err(|error| fault::of_io("write to", self.scratch.display().to_string(), &error))
    }

    pub(crate) async fn publish(
        &self,
        mut file: File,
        name: &str,
        taken: IfTaken,
    ) -> Result<bool, PortError> {
        let told = |error: &io::Error| fault::of_io("read", "a file on its way to the archive", error);
        let size = file.seek(io::SeekFrom::End(0)).map_err(|error| told(&error))?;
        file.rewind().map_err(|error| told(&error))?;
        let path = self.path(name);
        // What must not overwrite goes at once: stores decide that for whole objects only.
        if size > PART && taken == IfTaken::Replace || size > PART * 64 {
            return self.upload(file, &path).await.map(|()| true);
        }
        let (_, bytes) = part_of(file, u64::MAX).await?;
        let mode = if taken == IfTaken::Keep { PutMode::Create } else { PutMode::Overwrite };
        match self.store.put_opts(&path, bytes.into(), PutOptions::from(mode)).await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. }) if taken == IfTaken::Keep => Ok(false),
            Err(error) => Err(fault::of_store("write", path.to_string(), &error)),
        }
    }

    /// Uploads a large file part by part.
    async fn upload(&self, mut file: File, path: &Path) -> Result<(), PortError> {
        let told = |error: &Error| fault::of_store("write", path.to_string(), error);
        let upload = self.store.put_multipart(path).await.map_err(|error| told(&error))?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART as usize);
        loop {
            let read = part_of(file, PART).await;
            let waited = upload.wait_for_capacity(PARALLEL).await;
            let part = match (read, waited) {
                (Ok((rest, part)), Ok(())) => {
                    file = rest;
                    part
                }
                (read, waited) => {
                    // The error that ended it is the one to tell.
                    let _ = upload.abort().await;
                    read?;
                    return waited.map_err(|error| told(&error));
                }
            };
            if part.is_empty() {
                return upload.finish().await.map(drop).map_err(|error| told(&error));
            }
            upload.put(part);
        }
    }

    pub(crate) async fn open(&self, name: &str) -> Result<Option<File>, PortError> {
        let path = self.path(name);
        let told = |error: &Error| fault::of_store("read", path.to_string(), error);
        let mut bytes = match self.store.get(&path).await {
            Ok(got) => got.into_stream(),
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(told(&error)),
        };
        let mut file = self.draft()?;
        while let Some(part) = bytes.next().await {
            let part = part.map_err(|error| told(&error))?;
            file = write_part(file, part, &self.scratch).await?;
        }
        file.rewind().map_err(|error| fault::of_io("read", path.to_string(), &error))?;
        Ok(Some(file))
    }

    pub(crate) async fn has(&self, name: &str) -> Result<bool, PortError> {
        let path = self.path(name);
        match self.store.head(&path).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(fault::of_store("read", path.to_string(), &error)),
        }
    }

    pub(crate) async fn list(&self, below: &str) -> Result<Vec<(String, u64)>, PortError> {
        let folder = self.path(below);
        let all: Vec<_> = self
            .store
            .list(Some(&folder))
            .try_collect()
            .await
            .map_err(|error| fault::of_store("list", folder.to_string(), &error))?;
        let name = |path: &Path| {
            let parts: Vec<_> =
                path.prefix_match(&self.prefix)?.map(|part| part.as_ref().to_owned()).collect();
            Some(parts.join("/"))
        };
        Ok(all.iter().filter_map(|object| Some((name(&object.location)?, object.size))).collect())
    }

    pub(crate) async fn delete(&self, names: Vec<String>) -> Result<(), PortError> {
        let paths: Vec<_> = names.iter().map(|name| Ok(self.path(name))).collect();
        let mut deleted = self.store.delete_stream(futures::stream::iter(paths).boxed());
        while let Some(outcome) = deleted.next().await {
            match outcome {
                Ok(_) | Err(Error::NotFound { .. }) => {}
                Err(error) => {
                    return Err(fault::of_store("delete from", self.prefix.to_string(), &error));
                }
            }
        }
        Ok(())
    }
}

/// The next bytes of a file, at most so many.
async fn part_of(mut file: File, most: u64) -> Result<(File, Bytes), PortError> {
    blocking("read", move || {
        let mut bytes = Vec::new();
        match (&mut file).take(most).read_to_end(&mut bytes) {
            Ok(_) => Ok((file, bytes.into())),
            Err(error) => Err(fault::of_io("read", "a file on its way to the archive", &error)),
        }
    })
    .await
}

async fn write_part(mut file: File, part: Bytes, scratch: &FilePath) -> Result<File, PortError> {
    let scratch = scratch.display().to_string();
    blocking("write", move || match file.write_all(&part) {
        Ok(()) => Ok(file),
        Err(error) => Err(fault::of_io("write to", scratch, &error)),
    })
    .await
}
