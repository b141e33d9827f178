//! Where a lake is, and the paths of what it holds.

use std::path::{Component, Path as FilePath, PathBuf};
use std::sync::Arc;

use leadq_pipeline::ports::PortError;
use object_store::path::Path;
use object_store::{Error, GetOptions, ObjectStore, ObjectStoreExt as _};
use url::Url;

use crate::durable::DurableStore;

/// Root of the store that holds every lake of this build.
pub(crate) const STORE: &str = "file:///";

/// A lake's place. Files are reached through the object store; only the lock and the first look at the
/// folder need a local disk, which is what a lake behind another URL would have to replace.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    folder: PathBuf,
    root: Path,
    store: Arc<dyn ObjectStore>,
}

impl Location {
    /// Resolves a location; nothing needs to exist there, nothing is made.
    pub(crate) fn new(location: &str) -> Result<Self, PortError> {
        let failed = |reason: &dyn std::fmt::Display| PortError::permanent("open lake", location, reason);
        let local = match location.split_once("://") {
            Some(("file", path)) => path,
            Some((scheme, _)) => {
                return Err(failed(&format!("locations of kind {scheme}:// are not supported"))
                    .hint("give a folder on this machine"));
            }
            None => location,
        };
        if local.is_empty() {
            return Err(failed(&"no location given").hint("set `lake` to a folder"));
        }
        let folder = resolve(FilePath::new(local)).map_err(|error| failed(&error))?;
        if folder.exists() && !folder.is_dir() {
            return Err(failed(&"it is a file").hint("give a folder"));
        }
        let root = Path::from_absolute_path(&folder).map_err(|error| failed(&error))?;
        Ok(Self { folder, root, store: Arc::new(DurableStore::default()) })
    }

    /// The lake's folder.
    pub(crate) fn folder(&self) -> &FilePath {
        &self.folder
    }

    /// The store, from its root on.
    pub(crate) const fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// Path of `lake.json`.
    pub(crate) fn identity(&self) -> Path {
        self.root.clone().join("lake.json")
    }

    /// Folder of the run records.
    pub(crate) fn runs(&self) -> Path {
        self.root.clone().join("runs")
    }

    /// Folder of the state files.
    pub(crate) fn state(&self) -> Path {
        self.root.clone().join("state")
    }

    /// Folder of a table.
    pub(crate) fn table(&self, name: &str) -> Path {
        self.root.clone().join("tables").join(name)
    }

    /// The same as a URL, as Delta wants it.
    pub(crate) fn table_url(&self, name: &str) -> Result<Url, PortError> {
        let folder = self.folder.join("tables").join(name);
        Url::from_directory_path(&folder)
            .map_err(|()| PortError::permanent("open", name, format!("{} is no URL", folder.display())))
    }

    /// A file as a person knows it.
    pub(crate) fn told(&self, path: &Path) -> String {
        let inside = path.prefix_match(&self.root).map(Path::from_iter);
        inside.map_or_else(|| path.to_string(), |p| self.folder.join(p.as_ref()).display().to_string())
    }

    /// Reads a small file; none if there is none.
    pub(crate) async fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, PortError> {
        let read = async { self.store.get_opts(path, GetOptions::default()).await?.bytes().await };
        match read.await {
            Ok(bytes) => Ok(Some(bytes.to_vec())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(PortError::permanent("read", self.told(path), error)),
        }
    }

    /// Size of a file in bytes.
    pub(crate) async fn size(&self, path: &Path) -> Result<u64, PortError> {
        let meta = self.store.head(path).await;
        Ok(meta.map_err(|error| PortError::permanent("read", self.told(path), error))?.size)
    }
}

/// The absolute path without links or dots, as far as it exists.
fn resolve(path: &FilePath) -> std::io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    match absolute.canonicalize() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            match (absolute.parent(), absolute.components().next_back()) {
                (Some(parent), Some(Component::Normal(name))) => Ok(resolve(parent)?.join(name)),
                _ => Err(error),
            }
        }
        resolved => resolved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_to_be_made_is_resolved_as_far_as_it_exists() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        let asked = folder.path().join("./a b/100%/lake");
        let location = Location::new(asked.to_str().unwrap()).unwrap();
        assert_eq!(location.folder(), real.join("a b/100%/lake"));
        assert!(!real.join("a b").exists());
        let back = location.table_url("t").unwrap().to_file_path().unwrap();
        assert_eq!(back, real.join("a b/100%/lake/tables/t"));
    }

    #[test]
    fn other_places_are_refused() {
        for location in ["s3://bucket/lake", "", "/no/such/../place"] {
            let error = Location::new(location).unwrap_err();
            assert_eq!(error.operation, "open lake");
        }
    }
}
