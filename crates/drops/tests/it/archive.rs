//! An archive in memory, and the clock of this machine.

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures::TryStreamExt;
use leadq_pipeline::ports::{
    Archive, ArchivedFile, ByteStream, Clock, ContentId, PortError, Received, Stored,
};

#[derive(Default)]
pub(crate) struct MemoryArchive {
    contents: Mutex<HashMap<ContentId, Vec<u8>>>,
    entries: Mutex<Vec<Received>>,
}

impl MemoryArchive {
    pub(crate) fn entries(&self) -> Vec<Received> {
        self.entries.lock().unwrap().clone()
    }

    /// The content of the latest entry of a name.
    pub(crate) fn content(&self, name: &str) -> Option<Vec<u8>> {
        let entries = self.entries.lock().unwrap();
        let entry = entries.iter().rfind(|entry| entry.name == name)?;
        self.contents.lock().unwrap().get(&entry.content).cloned()
    }
}

#[async_trait::async_trait]
impl Archive for MemoryArchive {
    async fn catalogue(&self) -> Result<Vec<Received>, PortError> {
        Ok(self.entries())
    }

    async fn store(&self, bytes: ByteStream) -> Result<Stored, PortError> {
        let content = bytes.try_collect::<Vec<Bytes>>().await?.concat();
        let id = ContentId(blake3::hash(&content).to_hex().to_string());
        let bytes = content.len() as u64;
        self.contents.lock().unwrap().insert(id.clone(), content);
        Ok(Stored { content: id, bytes })
    }

    async fn note(&self, received: &[Received]) -> Result<(), PortError> {
        self.entries.lock().unwrap().extend_from_slice(received);
        Ok(())
    }

    async fn open(&self, content: &ContentId) -> Result<Box<dyn ArchivedFile>, PortError> {
        Ok(Box::new(Cursor::new(self.contents.lock().unwrap()[content].clone())))
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
        Ok(Vec::new())
    }
}

pub(crate) struct SystemClock;

#[async_trait::async_trait]
impl Clock for SystemClock {
    fn now(&self) -> i64 {
        i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}
