//! Writers that die, streams that end in an error, stores that fail.

use std::fmt::{Display, Formatter};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::StreamExt as _;
use futures::stream::BoxStream;
use leadq_pipeline::ports::{Archive as _, Fault};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use crate::support::{Local, broken_stream, in_store, noise, read, received, store, stream};

#[tokio::test]
async fn a_stream_that_breaks_leaves_nothing() {
    let local = Local::new();
    let error = local.archive.store(broken_stream(&noise(200_000, 1))).await.unwrap_err();
    assert!(error.to_string().contains("the line is cut"), "{error}");
    assert_eq!(local.archive.contents().await.unwrap(), []);
    assert!(local.paths().iter().all(|path| path.is_dir()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_given_up_leaves_nothing() {
    let local = Local::new();
    let endless = stream(b"begun", 10).chain(futures::stream::pending()).boxed();
    let waiting = tokio::time::timeout(std::time::Duration::from_millis(50), local.archive.store(endless));
    assert!(waiting.await.is_err());
    // The thread notices that nothing more comes, and its file goes with it.
    while local.paths().iter().any(|path| path.is_file()) {
        tokio::task::yield_now().await;
    }
    assert_eq!(local.archive.contents().await.unwrap(), []);
}

#[tokio::test]
async fn what_a_dead_writer_left_is_deleted_by_the_next_and_a_living_one_is_spared() {
    let local = Local::new();
    store(&local.archive, b"1").await;
    let incoming = local.root().join("incoming");
    let dead = incoming.join(".leadq-dead");
    fs::write(&dead, "half a blob").unwrap();
    let alive = incoming.join(".leadq-alive");
    let lock = fs::File::create(&alive).unwrap();
    lock.lock().unwrap();
    fs::write(incoming.join("somebody else's"), "x").unwrap();
    // The same archive cleaned once already; the next process does.
    store(&local.again(), b"2").await;
    assert!(!dead.exists() && alive.exists() && incoming.join("somebody else's").exists());
    // Bytes that shall go may be in what was left.
    fs::write(&dead, "half a blob").unwrap();
    let content = store(&local.archive, b"1").await;
    local.archive.replace(&content, b"0".to_vec()).await.unwrap();
    assert!(!dead.exists() && alive.exists());
    fs::write(&dead, "half a blob").unwrap();
    local.archive.remove(&[content]).await.unwrap();
    assert!(!dead.exists());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("archive");
    fs::write(&file, "no folder").unwrap();
    let archive = leadq_archive::FileArchive::local(&file, &crate::support::secret()).unwrap();
    let error = archive.store(stream(b"x", 1)).await.unwrap_err();
    assert!(error.to_string().contains("archive"), "{error}");
}

/// A store in memory that fails from some call on.
#[derive(Debug)]
struct Failing {
    inner: InMemory,
    left: AtomicUsize,
}

impl Failing {
    fn step(&self) -> Result<()> {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.map(drop).map_err(|_| Error::Generic { store: "test", source: "the store is away".into() })
    }
}

impl Display for Failing {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("failing")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Failing {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.step()?;
        self.inner.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.step()?;
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.step()?;
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match self.step() {
            Ok(()) => self.inner.delete_stream(paths),
            Err(error) => futures::stream::iter([Err(error)]).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.step() {
            Ok(()) => self.inner.list(prefix),
            Err(error) => futures::stream::iter([Err(error)]).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.step()?;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.step()?;
        self.inner.copy_opts(from, to, options).await
    }
}

#[tokio::test]
async fn a_store_that_fails_at_any_call_loses_nothing() {
    let bytes = noise(100_000, 3);
    let names: Vec<_> = (0..70).map(|n| format!("{n}.csv")).collect();
    // How far the calls reach: each number of calls cuts elsewhere, those that put the catalogue together too.
    for calls in (0..20).chain((20..430).step_by(23)).chain(255..275) {
        let failing = Arc::new(Failing { inner: InMemory::new(), left: AtomicUsize::new(calls) });
        let archive = in_store(failing.clone());
        let stored = archive.store(stream(&bytes, 30_000)).await;
        let mut noted = Vec::new();
        for name in &names {
            match archive.note(&[received(name)]).await {
                Ok(()) => noted.push(name.as_str()),
                Err(error) => {
                    assert_eq!(error.fault, Fault::Transient, "{error}");
                    break;
                }
            }
        }
        failing.left.store(usize::MAX, Ordering::SeqCst);
        let next = in_store(failing.clone());
        let content = store(&next, &bytes).await;
        assert!(stored.is_err() || stored.is_ok_and(|stored| stored.content == content));
        assert_eq!(read(&next, &content).await.unwrap(), bytes);
        let found: Vec<_> = next.catalogue().await.unwrap().into_iter().map(|entry| entry.name).collect();
        // The one that failed may be there all the same.
        assert!(found[..noted.len()] == noted[..] && found.len() <= noted.len() + 1, "{calls} {found:?}");
        next.note(&[received("last")]).await.unwrap();
        assert_eq!(next.catalogue().await.unwrap().last().unwrap().name, "last");
    }
}
