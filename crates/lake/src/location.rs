//! Where a lake is, and the paths of what it holds.

use std::path::{Component, Path as FilePath, PathBuf};
use std::sync::Arc;

use leadq_pipeline::ports::PortError;
use object_store::path::Path;
use object_store::{Error, GetOptions, ObjectStore, ObjectStoreExt as _, RetryConfig};
use url::Url;

use crate::durable::DurableStore;
use crate::{cloud, failure};

/// A lake's place. Files are reached through the object store; what else is done depends on the place: a local disk
/// has a lock of the operating system, a store has a lease.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    place: Place,
    root: Path,
    /// Root of the store as a URL, `file:///` or `s3://bucket/`.
    base: String,
    store: Arc<dyn ObjectStore>,
}

#[derive(Debug, Clone)]
enum Place {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A prefix in a store that can be opened again.
    Cloud(Url),
    /// A prefix in a store that was handed over.
    Given(Url),
}

impl Location {
    /// Resolves a location; nothing needs to exist there, nothing is made.
    pub(crate) fn new(location: &str) -> Result<Self, PortError> {
        let failed = |reason: &dyn std::fmt::Display| PortError::permanent("open lake", location, reason);
        match location.split_once("://") {
            Some(("file", path)) => Self::folder(location, path),
            Some((scheme, _)) if cloud::SCHEMES.contains(&scheme) => Self::cloud(location),
            Some((scheme, _)) => {
                Err(failed(&format!("locations of kind {scheme}:// are not supported"))
                    .hint("give a folder on this machine, or s3://bucket/path, gs://bucket/path, az://container/path"))
            }
            None => Self::folder(location, location),
        }
    }

    fn folder(location: &str, local: &str) -> Result<Self, PortError> {
        let failed = |reason: &dyn std::fmt::Display| PortError::permanent("open lake", location, reason);
        if local.is_empty() {
            return Err(failed(&"no location given").hint("set `lake` to a folder"));
        }
        let folder = resolve(FilePath::new(local)).map_err(|error| failed(&error))?;
        if folder.exists() && !folder.is_dir() {
            return Err(failed(&"it is a file").hint("give a folder"));
        }
        let root = Path::from_absolute_path(&folder).map_err(|error| failed(&error))?;
        let store = Arc::new(DurableStore::default());
        Ok(Self { place: Place::Folder(folder), root, base: "file:///".to_owned(), store })
    }

    fn cloud(location: &str) -> Result<Self, PortError> {
        let failed = |reason: &dyn std::fmt::Display| PortError::permanent("open lake", location, reason);
        let url = Url::parse(location).map_err(|error| failed(&error))?;
        let known = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        if url.host_str().is_none_or(str::is_empty) || !known {
            // The text is not told: it may hold a password.
            return Err(PortError::permanent(
                "open lake",
                url.scheme(),
                "its URL is not of the form scheme://bucket/path",
            )
            .hint("credentials come from the environment (AWS_…, GOOGLE_…, AZURE_…), not from the URL"));
        }
        let store = cloud::store(&url, RetryConfig::default()).map_err(|error| {
            failed(&error)
                .hint("set the store's credentials and region in the environment (AWS_…, GOOGLE_…, AZURE_…)")
        })?;
        let given = Self::given(url.clone(), store)?;
        Ok(Self { place: Place::Cloud(url), ..given })
    }

    /// The prefix that `url` names within a store, which is handed over from its root on.
    pub(crate) fn given(url: Url, store: Arc<dyn ObjectStore>) -> Result<Self, PortError> {
        cloud::register_log_stores();
        let root = Path::from_url_path(url.path())
            .map_err(|error| PortError::permanent("open lake", url.as_str(), error))?;
        let base = format!("{}://{}/", url.scheme(), url.host_str().unwrap_or_default());
        Ok(Self { place: Place::Given(url), root, base, store })
    }

    /// The lake's folder, if it is on this machine.
    pub(crate) fn local(&self) -> Option<&FilePath> {
        match &self.place {
            Place::Folder(folder) => Some(folder),
            Place::Cloud(_) | Place::Given(_) => None,
        }
    }

    /// The place as a person knows it.
    pub(crate) fn text(&self) -> String {
        match &self.place {
            Place::Folder(folder) => folder.display().to_string(),
            Place::Cloud(url) | Place::Given(url) => url.as_str().trim_end_matches('/').to_owned(),
        }
    }

    /// The store, from its root on.
    pub(crate) const fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// The same store over connections of its own, for a runtime of its own.
    pub(crate) fn store_apart(&self, retry: RetryConfig) -> Result<Arc<dyn ObjectStore>, PortError> {
        match &self.place {
            Place::Cloud(url) => {
                cloud::store(url, retry).map_err(|error| failure::of("open lake", self.text(), &error))
            }
            Place::Folder(_) | Place::Given(_) => Ok(Arc::clone(&self.store)),
        }
    }

    /// Root of the store as a URL.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The lake's own folder.
    pub(crate) const fn root(&self) -> &Path {
        &self.root
    }

    /// Path of `lake.json`.
    pub(crate) fn identity(&self) -> Path {
        self.root.clone().join("lake.json")
    }

    /// Folder of the run records.
    pub(crate) fn runs(&self) -> Path {
        self.root.clone().join("runs")
    }

    /// A document beside the tables.
    pub(crate) fn document(&self, name: &str) -> Path {
        self.root.clone().join("documents").join(format!("{name}.json"))
    }

    /// Folder of the state files.
    pub(crate) fn state(&self) -> Path {
        self.root.clone().join("state")
    }

    /// Folder of a table.
    pub(crate) fn table(&self, name: &str) -> Path {
        self.root.clone().join("tables").join(name)
    }

    /// Folder of a table's log.
    pub(crate) fn log(&self, name: &str) -> Path {
        self.table(name).join("_delta_log")
    }

    /// The commit that made a version of a table.
    pub(crate) fn table_commit(&self, name: &str, version: u64) -> Path {
        self.log(name).join(format!("{version:020}.json"))
    }

    /// A table's folder as a URL, as Delta wants it.
    pub(crate) fn table_url(&self, name: &str) -> Result<Url, PortError> {
        let failed = || PortError::permanent("open", name, format!("{} is no URL", self.text()));
        match &self.place {
            Place::Folder(folder) => {
                Url::from_directory_path(folder.join("tables").join(name)).map_err(|()| failed())
            }
            Place::Cloud(url) | Place::Given(url) => {
                let mut url = url.clone();
                let mut segments = url.path_segments_mut().map_err(|()| failed())?;
                segments.pop_if_empty().extend(["tables", name, ""]);
                drop(segments);
                Ok(url)
            }
        }
    }

    /// A file as a person knows it.
    pub(crate) fn told(&self, path: &Path) -> String {
        let Some(inside) = path.prefix_match(&self.root).map(Path::from_iter) else {
            return path.to_string();
        };
        match self.local() {
            Some(folder) => folder.join(inside.as_ref()).display().to_string(),
            None => format!("{}/{inside}", self.text()),
        }
    }

    /// Reads a small file; none if there is none.
    pub(crate) async fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, PortError> {
        let read = async { self.store.get_opts(path, GetOptions::default()).await?.bytes().await };
        match read.await {
            Ok(bytes) => Ok(Some(bytes.to_vec())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failure::of("read", self.told(path), &error)),
        }
    }

    /// Whether there is a file.
    pub(crate) async fn has(&self, path: &Path) -> Result<bool, PortError> {
        match self.store.head(path).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(failure::of("read", self.told(path), &error)),
        }
    }

    /// Size of a file in bytes.
    pub(crate) async fn size(&self, path: &Path) -> Result<u64, PortError> {
        let meta = self.store.head(path).await;
        Ok(meta.map_err(|error| failure::of("read", self.told(path), &error))?.size)
    }

    /// The files in a folder, not those in folders below; none if there is no folder.
    pub(crate) async fn list(&self, folder: &Path) -> Result<Vec<Path>, PortError> {
        match self.store.list_with_delimiter(Some(folder)).await {
            Ok(listed) => Ok(listed.objects.into_iter().map(|object| object.location).collect()),
            Err(Error::NotFound { .. }) => Ok(Vec::new()),
            Err(error) => Err(failure::of("list", self.told(folder), &error)),
        }
    }

    /// All files below the lake's own folder, by their paths below it, in order; not those below some of its folders.
    pub(crate) async fn every_file(&self, but: &[&str]) -> Result<Vec<String>, PortError> {
        use futures::TryStreamExt as _;
        let listed: Result<Vec<_>, _> = self.store.list(Some(&self.root)).try_collect().await;
        let listed = listed.map_err(|error| failure::of("list", self.text(), &error))?;
        let inside = |path: &Path| path.prefix_match(&self.root).map(Path::from_iter);
        let mut names: Vec<String> = listed
            .iter()
            .filter_map(|object| inside(&object.location))
            .filter(|path| path.parts().next().is_some_and(|first| !but.contains(&first.as_ref())))
            .map(String::from)
            .collect();
        names.sort();
        Ok(names)
    }

    /// Deletes files; one that is gone already is no failure.
    pub(crate) async fn delete(&self, files: Vec<Path>) -> Result<(), PortError> {
        use futures::StreamExt as _;
        let files = futures::stream::iter(files.into_iter().map(Ok)).boxed();
        let mut deleted = self.store.delete_stream(files);
        while let Some(result) = deleted.next().await {
            match result {
                Ok(_) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(failure::of("delete files of", self.text(), &error)),
            }
        }
        Ok(())
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
        assert_eq!(location.local().unwrap(), real.join("a b/100%/lake"));
        assert!(!real.join("a b").exists());
        let back = location.table_url("t").unwrap().to_file_path().unwrap();
        assert_eq!(back, real.join("a b/100%/lake/tables/t"));
    }

    #[test]
    fn a_prefix_of_a_bucket() {
        for location in ["s3://bucket/our lake/a", "s3://bucket/our%20lake/a/"] {
            let location = Location::new(location).unwrap();
            assert_eq!((location.base(), location.local()), ("s3://bucket/", None));
            assert_eq!(location.table("t").as_ref(), "our lake/a/tables/t");
            assert_eq!(location.table_url("t").unwrap().as_str(), "s3://bucket/our%20lake/a/tables/t/");
            assert_eq!(location.text(), "s3://bucket/our%20lake/a");
        }
        let whole = Location::new("s3://bucket").unwrap();
        assert_eq!(whole.identity().as_ref(), "lake.json");
        assert_eq!(whole.table_url("t").unwrap().as_str(), "s3://bucket/tables/t/");
    }

    #[test]
    fn other_places_are_refused() {
        for location in
            ["ftp://host/lake", "", "/no/such/../place", "s3://", "s3:///lake", "s3://a:geheim@b/c"]
        {
            let error = Location::new(location).unwrap_err();
            assert_eq!(error.operation, "open lake");
            assert!(!format!("{error} {:?}", error.hint).contains("geheim"));
        }
    }
}
