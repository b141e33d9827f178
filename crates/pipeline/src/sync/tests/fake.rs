//! A drop, an archive and a clock in memory. The drop misbehaves as it is told; time passes only while somebody sleeps.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use leadq_contract::ClientId;
use leadq_contract::config::After;

use crate::observer::Unobserved;
use crate::ports::{
    Archive, ArchivedFile, ByteStream, Clock, ContentId, DropFolder, Fault, Listed, Listing, PassedOver,
    PortError, Received, ReceivedKind, Stored,
};
use crate::sync::{DropRules, SeenState, SyncSource, Synced, sync};

pub(super) const SECOND: i64 = 1_000_000_000;
pub(super) const START: i64 = 1_700_000_000 * SECOND;

/// What happens to a file while it is read; the first reading only, unless it is said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    None,
    /// It cannot be opened, so many times.
    Unopened(Fault, u32),
    /// The connection is cut after its first bytes, so many times.
    Cut(Fault, u32),
    /// It ends early without an error.
    EndsEarly,
    /// It has this many bytes more than are listed, at every reading.
    Lies(i64),
    /// It grows at its end.
    Grows,
    /// It is replaced by another one of the same size.
    Swapped,
    /// It vanishes.
    Vanishes,
}

#[derive(Debug, Clone)]
pub(super) struct FakeFile {
    pub(super) content: Vec<u8>,
    pub(super) modified: Option<i64>,
    pub(super) version: Option<String>,
    pub(super) trouble: Trouble,
    /// Whether its size is told.
    pub(super) tells_size: bool,
}

impl FakeFile {
    pub(super) fn new(content: &str, modified: i64) -> Self {
        let content = content.as_bytes().to_vec();
        Self { content, modified: Some(modified), version: None, trouble: Trouble::None, tells_size: true }
    }

    fn listed(&self, name: &str) -> Listed {
        let lie = if let Trouble::Lies(more) = self.trouble { more } else { 0 };
        let bytes = (self.content.len() as u64).saturating_add_signed(-lie);
        Listed {
            name: name.to_owned(),
            bytes: self.tells_size.then_some(bytes),
            modified: self.modified,
            version: self.version.clone(),
        }
    }
}

pub(super) type Files = BTreeMap<String, FakeFile>;
type Event = Box<dyn FnOnce(&mut Files) + Send>;

/// The clock and what happens by it.
pub(super) struct World {
    now: AtomicI64,
    slept: AtomicI64,
    pub(super) files: Mutex<Files>,
    events: Mutex<Vec<(i64, Event)>>,
    pub(super) passed_over: Mutex<Vec<PassedOver>>,
    pub(super) unlisted: Mutex<Option<(Fault, u32)>>,
    pub(super) may_delete: Mutex<bool>,
    pub(super) archive: FakeArchive,
    pub(super) reads: AtomicUsize,
    running: AtomicUsize,
    pub(super) most_running: AtomicUsize,
}

impl World {
    pub(super) fn new(files: impl IntoIterator<Item = (&'static str, FakeFile)>) -> Arc<Self> {
        Arc::new(Self {
            now: START.into(),
            slept: 0.into(),
            files: Mutex::new(files.into_iter().map(|(name, file)| (name.to_owned(), file)).collect()),
            events: Mutex::default(),
            passed_over: Mutex::default(),
            unlisted: Mutex::default(),
            may_delete: Mutex::new(true),
            archive: FakeArchive::default(),
            reads: 0.into(),
            running: 0.into(),
            most_running: 0.into(),
        })
    }

    /// Makes something happen so long after the beginning, by the time that was slept.
    pub(super) fn after(&self, seconds: i64, event: impl FnOnce(&mut Files) + Send + 'static) {
        self.events.lock().unwrap().push((seconds * SECOND, Box::new(event)));
    }

    pub(super) fn put(&self, name: &str, file: FakeFile) {
        self.files.lock().unwrap().insert(name.to_owned(), file);
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.files.lock().unwrap().keys().cloned().collect()
    }

    pub(super) fn slept(&self) -> i64 {
        self.slept.load(Ordering::SeqCst) / SECOND
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds * SECOND, Ordering::SeqCst);
        let slept = self.slept.fetch_add(seconds * SECOND, Ordering::SeqCst) + seconds * SECOND;
        let mut events = self.events.lock().unwrap();
        for place in (0..events.len()).rev() {
            if events[place].0 <= slept {
                let (_, event) = events.remove(place);
                event(&mut self.files.lock().unwrap());
            }
        }
    }

    /// Sets the clock, as somebody may.
    pub(super) fn jump(&self, seconds: i64) {
        self.now.fetch_add(seconds * SECOND, Ordering::SeqCst);
    }

    pub(super) fn source(self: &Arc<Self>, rules: DropRules) -> SyncSource {
        let drop = Arc::new(FakeDrop { world: Arc::clone(self), location: "fake://drop".to_owned() });
        SyncSource { client: Some(ClientId("acme".to_owned())), kind: ReceivedKind::Report, drop, rules }
    }

    /// One sync of the drop.
    pub(super) async fn sync(self: &Arc<Self>, rules: &DropRules, seen: &SeenState) -> (Synced, SeenState) {
        self.sync_all(&[self.source(rules.clone())], seen).await
    }

    pub(super) async fn sync_all(&self, sources: &[SyncSource], seen: &SeenState) -> (Synced, SeenState) {
        let catalogue = self.archive.catalogue().await.unwrap();
        let mut synced = sync(sources, &catalogue, &self.archive, seen, self, &Unobserved).await.unwrap();
        synced.0.received.sort_by(|a, b| a.name.cmp(&b.name));
        synced
    }

    /// The content of the latest entry of a name.
    pub(super) fn archived(&self, name: &str) -> Option<Vec<u8>> {
        self.archive.latest(name)
    }

    /// Every content that was received under a name.
    pub(super) fn all_archived(&self, name: &str) -> Vec<Vec<u8>> {
        let entries = self.archive.entries().into_iter().filter(|entry| entry.name == name);
        entries.map(|entry| self.archive.content(&entry.content)).collect()
    }
}

#[async_trait::async_trait]
impl Clock for World {
    fn now(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    async fn sleep(&self, time: Duration) {
        self.pass(i64::try_from(time.as_secs()).unwrap());
    }
}

pub(super) struct FakeDrop {
    pub(super) world: Arc<World>,
    pub(super) location: String,
}

fn refused(operation: &'static str, name: &str, fault: Fault) -> PortError {
    PortError::permanent(operation, name, "the server says no").fault(fault)
}

#[async_trait::async_trait]
impl DropFolder for FakeDrop {
    fn location(&self) -> &str {
        &self.location
    }

    fn is_remote(&self) -> bool {
        true
    }

    async fn list(&self) -> Result<Listing, PortError> {
        if let Some((fault, times)) = &mut *self.world.unlisted.lock().unwrap()
            && *times > 0
        {
            *times -= 1;
            return Err(refused("list", &self.location, *fault));
        }
        let files = self.world.files.lock().unwrap();
        let files = files.iter().map(|(name, file)| file.listed(name)).collect();
        Ok(Listing { files, passed_over: self.world.passed_over.lock().unwrap().clone() })
    }

    async fn look(&self, name: &str) -> Result<Option<Listed>, PortError> {
        Ok(self.world.files.lock().unwrap().get(name).map(|file| file.listed(name)))
    }

    async fn read(&self, name: &str) -> Result<ByteStream, PortError> {
        self.world.reads.fetch_add(1, Ordering::SeqCst);
        let running = self.world.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.world.most_running.fetch_max(running, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.world.running.fetch_sub(1, Ordering::SeqCst);
        let mut files = self.world.files.lock().unwrap();
        let Some(file) = files.get_mut(name) else { return Err(refused("read", name, Fault::Permanent)) };
        let mut bytes = file.content.clone();
        let (mut cut, now) = (None, self.world.now());
        match &mut file.trouble {
            Trouble::Unopened(fault, times) if *times > 0 => {
                *times -= 1;
                return Err(refused("read", name, *fault));
            }
            Trouble::Cut(fault, times) if *times > 0 => {
                *times -= 1;
                bytes.truncate(bytes.len() / 2);
                cut = Some(refused("read", name, *fault));
            }
            Trouble::EndsEarly => {
                bytes.truncate(bytes.len() / 2);
                file.trouble = Trouble::None;
            }
            Trouble::Grows => {
                file.content.extend(b"more");
                (file.modified, file.trouble) = (Some(now + 1), Trouble::None);
                file.version = file.version.take().map(|tag| format!("{tag}+"));
            }
            Trouble::Swapped => {
                // Read from the one, then from the other.
                let other: Vec<u8> = file.content.iter().map(|byte| byte ^ 1).collect();
                let half = bytes.len() / 2;
                bytes[half..].copy_from_slice(&other[half..]);
                (file.content, file.modified, file.trouble) = (other, Some(now - 1), Trouble::None);
                file.version = file.version.take().map(|tag| format!("{tag}~"));
            }
            Trouble::Vanishes => {
                files.remove(name);
            }
            Trouble::None | Trouble::Lies(_) | Trouble::Unopened(..) | Trouble::Cut(..) => {}
        }
        let chunks: Vec<_> = bytes.chunks(4).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        Ok(stream::iter(chunks.into_iter().chain(cut.map(Err))).boxed())
    }

    async fn delete(&self, name: &str) -> Result<(), PortError> {
        self.gone(name, "delete").map(drop)
    }

    async fn move_into(&self, name: &str, folder: &str) -> Result<(), PortError> {
        let file = self.gone(name, "move")?;
        self.world.put(&format!("{folder}/{name}"), file);
        Ok(())
    }
}

impl FakeDrop {
    /// Nothing is taken away before the catalogue has it.
    fn gone(&self, name: &str, operation: &'static str) -> Result<FakeFile, PortError> {
        if !*self.world.may_delete.lock().unwrap() {
            return Err(refused(operation, name, Fault::Permanent));
        }
        let mut files = self.world.files.lock().unwrap();
        let file = files.remove(name).ok_or_else(|| refused(operation, name, Fault::Permanent))?;
        if !name.ends_with(".done") {
            assert_eq!(self.world.archived(name).as_ref(), Some(&file.content), "{name} is not in yet");
        }
        Ok(file)
    }
}

#[derive(Default)]
pub(super) struct FakeArchive {
    contents: Mutex<HashMap<ContentId, Vec<u8>>>,
    entries: Mutex<Vec<Received>>,
    pub(super) is_full: Mutex<bool>,
    pub(super) notes: AtomicUsize,
}

impl FakeArchive {
    pub(super) fn entries(&self) -> Vec<Received> {
        self.entries.lock().unwrap().clone()
    }

    pub(super) fn content(&self, id: &ContentId) -> Vec<u8> {
        self.contents.lock().unwrap()[id].clone()
    }

    fn latest(&self, name: &str) -> Option<Vec<u8>> {
        let entries = self.entries.lock().unwrap();
        entries.iter().rfind(|entry| entry.name == name).map(|entry| self.content(&entry.content))
    }

    pub(super) fn contents(&self) -> usize {
        self.contents.lock().unwrap().len()
    }
}

#[async_trait::async_trait]
impl Archive for FakeArchive {
    async fn catalogue(&self) -> Result<Vec<Received>, PortError> {
        Ok(self.entries())
    }

    async fn store(&self, bytes: ByteStream) -> Result<Stored, PortError> {
        let chunks: Vec<Bytes> = bytes.try_collect().await?;
        if *self.is_full.lock().unwrap() {
            return Err(
                PortError::permanent("write", "the archive", "the disk is full").fault(Fault::Exhausted)
            );
        }
        let content = chunks.concat();
        let id = ContentId(blake3::hash(&content).to_hex().to_string());
        let bytes = content.len() as u64;
        self.contents.lock().unwrap().insert(id.clone(), content);
        Ok(Stored { content: id, bytes })
    }

    async fn note(&self, received: &[Received]) -> Result<(), PortError> {
        self.notes.fetch_add(1, Ordering::SeqCst);
        let contents = self.contents.lock().unwrap();
        assert!(
            received.iter().all(|entry| contents.contains_key(&entry.content)),
            "noted before it was stored"
        );
        self.entries.lock().unwrap().extend_from_slice(received);
        Ok(())
    }

    async fn open(&self, content: &ContentId) -> Result<Box<dyn ArchivedFile>, PortError> {
        Ok(Box::new(std::io::Cursor::new(self.content(content))))
    }

    async fn replace(&self, content: &ContentId, bytes: Vec<u8>) -> Result<(), PortError> {
        self.contents.lock().unwrap().insert(content.clone(), bytes);
        Ok(())
    }

    async fn remove(&self, contents: &[ContentId]) -> Result<(), PortError> {
        self.contents.lock().unwrap().retain(|id, _| !contents.contains(id));
        Ok(())
    }

    async fn contents(&self) -> Result<Vec<(ContentId, u64)>, PortError> {
        Ok(self.contents.lock().unwrap().iter().map(|(id, bytes)| (id.clone(), bytes.len() as u64)).collect())
    }
}

/// Rules by which a file has to stand still for so many seconds.
pub(super) fn rules(settle: u64) -> DropRules {
    DropRules { settle: Duration::from_secs(settle), marker: None, after: After::Keep, parallel: 4 }
}
