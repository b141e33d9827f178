//! A local object store whose writes are on the disk when it says so.
//!
//! `object_store`'s own local store never calls fsync: after a power failure a Delta commit that readers
//! already saw may be an empty file. Here every file is synced before it gets its name, and its folder
//! after, for commits, run records and data files alike. A file that exists is therefore whole.
//!
//! What is not synced: deletions and renames (Delta's clean-up), and the lock file's text. A disk that
//! lies about its write cache can lose what was synced all the same.

use std::fmt::{Debug, Display, Formatter};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path as FilePath, PathBuf};

use futures::stream::BoxStream;
use leadq_pipeline::ports::PortError;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart,
};

use crate::failure;

const STORE: &str = "local disk";

/// The local disk from its root on, with synced writes.
#[derive(Debug, Default)]
pub(crate) struct DurableStore {
    inner: LocalFileSystem,
}

impl Display for DurableStore {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(STORE)
    }
}

#[async_trait::async_trait]
impl ObjectStore for DurableStore {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let create = match options.mode {
            PutMode::Create => true,
            PutMode::Overwrite => false,
            PutMode::Update(_) => return self.inner.put_opts(path, payload, options).await,
        };
        let target = self.inner.path_to_filesystem(path)?;
        let written = blocking(move || write_whole(&target, &payload, create)).await;
        match written {
            Ok(()) => Ok(PutResult { e_tag: None, version: None }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Error::AlreadyExists { path: path.to_string(), source: Box::new(error) })
            }
            Err(error) => Err(generic(error)),
        }
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let target = self.inner.path_to_filesystem(path)?;
        let parent = parent_of(&target).to_owned();
        blocking(move || make_folder(&parent)).await.map_err(generic)?;
        let inner = self.inner.put_multipart_opts(path, options).await?;
        Ok(Box::new(DurableUpload { inner, target }))
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await
    }
}

/// A large file on its way: written under another name, renamed when complete, then synced. Nobody knows
/// its name before the commit that follows.
#[derive(Debug)]
struct DurableUpload {
    inner: Box<dyn MultipartUpload>,
    target: PathBuf,
}

#[async_trait::async_trait]
impl MultipartUpload for DurableUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let put = self.inner.complete().await?;
        let target = self.target.clone();
        let synced = blocking(move || {
            File::open(&target)?.sync_all()?;
            sync_folder(parent_of(&target))
        });
        synced.await.map_err(generic)?;
        Ok(put)
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}

/// Makes a folder and those above it, each synced into its parent.
pub(crate) fn make_folder(folder: &FilePath) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    make_folder(parent_of(folder))?;
    match std::fs::create_dir(folder) {
        // Somebody else made it just now.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_folder(parent_of(folder)),
    }
}

/// Writes a whole file under another name, syncs it, and gives it its name; with `create` only if nothing
/// has that name yet.
fn write_whole(target: &FilePath, payload: &PutPayload, create: bool) -> io::Result<()> {
    let folder = parent_of(target);
    make_folder(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    {
        // Others read the lake too: what the umask allows, not the owner alone.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    for part in payload {
        file.write_all(part)?;
    }
    file.as_file().sync_all()?;
    if create {
        file.persist_noclobber(target)?;
    } else {
        file.persist(target)?;
    }
    sync_folder(folder)
}

/// Deletes what writers that died have left unfinished in a folder and those below, if it is there. Only for who holds
/// the lock.
pub(crate) async fn sweep(folder: PathBuf) -> std::result::Result<(), PortError> {
    let subject = folder.display().to_string();
    let swept = blocking(move || if folder.is_dir() { sweep_folder(&folder) } else { Ok(()) }).await;
    swept.map_err(|error| failure::of("delete unfinished files in", subject, &error))
}

fn sweep_folder(folder: &FilePath) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sweep_folder(&entry.path())?;
        } else if is_unfinished(&entry.file_name().to_string_lossy()) {
            match std::fs::remove_file(entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Names of files before they get their own: ours, and those of uploads in `object_store`, `x.parquet#1`.
fn is_unfinished(name: &str) -> bool {
    let numbered = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    name.starts_with(TEMPORARY) || name.rsplit_once('#').is_some_and(|(_, part)| numbered(part))
}

/// How names of unfinished files begin.
pub(crate) const TEMPORARY: &str = ".leadq-";

#[cfg(unix)]
fn sync_folder(folder: &FilePath) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Only Unix lets a folder be opened to sync it.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the other system's version can fail")]
fn sync_folder(_: &FilePath) -> io::Result<()> {
    Ok(())
}

fn parent_of(path: &FilePath) -> &FilePath {
    path.parent().unwrap_or(path)
}

async fn blocking(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

fn generic(error: io::Error) -> Error {
    Error::Generic { store: STORE, source: Box::new(error) }
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt as _;

    use super::*;

    fn names(folder: &FilePath) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[tokio::test]
    async fn a_name_is_given_once_and_no_other_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = DurableStore::default();
        let path = Path::from_absolute_path(folder.path().join("a/b.json")).unwrap();
        let create = || PutOptions::from(PutMode::Create);
        store.put_opts(&path, "first".into(), create()).await.unwrap();
        let second = store.put_opts(&path, "second".into(), create()).await.unwrap_err();
        assert!(matches!(second, Error::AlreadyExists { .. }), "{second}");
        assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), "first");
        store.put(&path, "third".into()).await.unwrap();
        assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), "third");
        assert_eq!(names(&folder.path().join("a")), ["b.json"]);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn others_may_read_what_the_umask_allows() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("plain");
        std::fs::write(&plain, "x").unwrap();
        let ours = folder.path().join("ours");
        DurableStore::default().put(&Path::from_absolute_path(&ours).unwrap(), "x".into()).await.unwrap();
        let mode = |path: &FilePath| std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }

    #[tokio::test]
    async fn a_large_file_appears_when_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = Path::from_absolute_path(folder.path().join("t/part")).unwrap();
        let store = DurableStore::default();
        let mut upload = store.put_multipart(&path).await.unwrap();
        upload.put_part("ab".into()).await.unwrap();
        assert!(store.head(&path).await.is_err());
        upload.complete().await.unwrap();
        assert_eq!(store.head(&path).await.unwrap().size, 2);
    }
}
