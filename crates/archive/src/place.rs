//! Where an archive's files are: a folder or an object store, behind the few calls that the archive makes.
//!
//! Names are paths below the archive, with `/` between their parts.

use std::fs::File;

use leadq_pipeline::ports::PortError;
use tempfile::NamedTempFile;

use crate::folder::Folder;
use crate::store::Store;

/// A folder or an object store.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Folder(Folder),
    Store(Store),
}

/// A file that is being written and has no name yet.
#[derive(Debug)]
pub(crate) enum Draft {
    /// In the archive's folder; it goes when this is dropped.
    Named(NamedTempFile),
    /// On this machine, without a name; it goes with its last handle.
    Scratch(File),
}

impl Draft {
    /// A handle to write it.
    pub(crate) fn handle(&self) -> std::io::Result<File> {
        match self {
            Self::Named(file) => file.as_file().try_clone(),
            Self::Scratch(file) => file.try_clone(),
        }
    }
}

/// What to do where the name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfTaken {
    Keep,
    Replace,
}

impl Place {
    /// Begins a file. May wait for the disk.
    pub(crate) fn draft(&self) -> Result<Draft, PortError> {
        match self {
            Self::Folder(folder) => folder.draft().map(Draft::Named),
            Self::Store(store) => store.draft().map(Draft::Scratch),
        }
    }

    /// Gives a complete file its name, durably; false if the name was taken and stays as it was.
    pub(crate) async fn publish(&self, draft: Draft, name: &str, taken: IfTaken) -> Result<bool, PortError> {
        match (self, draft) {
            (Self::Folder(folder), Draft::Named(file)) => {
                let (folder, name) = (folder.clone(), name.to_owned());
                blocking("write", move || folder.publish(file, &name, taken)).await
            }
            (Self::Store(store), Draft::Scratch(file)) => store.publish(file, name, taken).await,
            _ => Err(PortError::permanent("write", name, "it was begun in another archive")),
        }
    }

    /// Opens a file; none if there is none of that name.
    pub(crate) async fn open(&self, name: &str) -> Result<Option<File>, PortError> {
        match self {
            Self::Folder(folder) => {
                let (folder, name) = (folder.clone(), name.to_owned());
                blocking("read", move || folder.open(&name)).await
            }
            Self::Store(store) => store.open(name).await,
        }
    }

    /// Whether there is a file of that name.
    pub(crate) async fn has(&self, name: &str) -> Result<bool, PortError> {
        match self {
            Self::Folder(folder) => {
                let (folder, name) = (folder.clone(), name.to_owned());
                blocking("read", move || folder.has(&name)).await
            }
            Self::Store(store) => store.has(name).await,
        }
    }

    /// The files below a folder, with their sizes in bytes, in no particular order.
    pub(crate) async fn list(&self, below: &'static str) -> Result<Vec<(String, u64)>, PortError> {
        match self {
            Self::Folder(folder) => {
                let folder = folder.clone();
                blocking("list", move || folder.list(below)).await
            }
            Self::Store(store) => store.list(below).await,
        }
    }

    /// Deletes files, durably; those that are gone already are no error.
    pub(crate) async fn delete(&self, names: Vec<String>) -> Result<(), PortError> {
        match self {
            Self::Folder(folder) => {
                let folder = folder.clone();
                blocking("delete", move || folder.delete(&names)).await
            }
            Self::Store(store) => store.delete(names).await,
        }
    }

    /// Deletes what writers that died left behind.
    pub(crate) async fn clean(&self) -> Result<(), PortError> {
        match self {
            Self::Folder(folder) => {
                let folder = folder.clone();
                blocking("clean", move || folder.clean()).await
            }
            // A file without a name goes with its process.
            Self::Store(_) => Ok(()),
        }
    }
}

/// Does what waits for a disk on a thread that may wait.
pub(crate) async fn blocking<T: Send + 'static>(
    operation: &'static str,
    work: impl FnOnce() -> Result<T, PortError> + Send + 'static,
) -> Result<T, PortError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(PortError::permanent(operation, "the archive", error)),
    }
}
