//! A store in memory that begins to fail.

use std::fmt::{Display, Formatter};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use futures::StreamExt as _;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What is counted until it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Objects that are written or deleted.
    Changes,
    /// Bytes that are written.
    Bytes,
}

/// Lets a number of changes or bytes through, then fails as a disk does that is full. The lease is never counted.
#[derive(Debug)]
pub(crate) struct Faulty {
    inner: Arc<InMemory>,
    counted: Counted,
    left: AtomicI64,
    /// Whether the lease cannot be reached.
    pub(crate) cut_off: AtomicBool,
}

impl Faulty {
    pub(crate) fn new(inner: &Arc<InMemory>, counted: Counted, left: i64) -> Arc<Self> {
        let inner = Arc::clone(inner);
        Arc::new(Self { inner, counted, left: AtomicI64::new(left), cut_off: AtomicBool::new(false) })
    }

    fn spend(&self, path: &Path, changes: i64, bytes: usize) -> Result<()> {
        let failed = |kind: io::ErrorKind| {
            Err(Error::Generic { store: "faulty", source: Box::new(io::Error::from(kind)) })
        };
        if path.filename() == Some("lease.json") {
            return match self.cut_off.load(Ordering::SeqCst) {
                true => failed(io::ErrorKind::ConnectionReset),
                false => Ok(()),
            };
        }
        let spent = match self.counted {
            Counted::Changes => changes,
            Counted::Bytes => i64::try_from(bytes).unwrap(),
        };
        let before = self.left.fetch_sub(spent, Ordering::SeqCst);
        if before < spent { failed(io::ErrorKind::StorageFull) } else { Ok(()) }
    }
}

impl Display for Faulty {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("faulty")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.spend(path, 1, payload.content_length())?;
        self.inner.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.spend(path, 1, 10 << 20)?;
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        // What may still be deleted is known before; a stream cannot borrow the store.
        let left = self.left.load(Ordering::SeqCst);
        let inner = Arc::clone(&self.inner);
        let counted = self.counted;
        let paths = paths.enumerate().then(move |(n, path)| {
            let inner = Arc::clone(&inner);
            async move {
                let path = path?;
                if counted == Counted::Changes && i64::try_from(n).unwrap() >= left {
                    let source = Box::new(io::Error::from(io::ErrorKind::StorageFull));
                    return Err(Error::Generic { store: "faulty", source });
                }
                inner.delete(&path).await.map(|()| path)
            }
        });
        if self.counted == Counted::Changes {
            // Charged as one change, so that a larger number gets past a deletion that was let through in part.
            self.left.fetch_sub(1, Ordering::SeqCst);
        }
        paths.boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
