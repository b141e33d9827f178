//! One file on its way into the archive: checked while it streams, tried again where that can help.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures::{StreamExt, TryStreamExt, stream};

use super::fetch::Fetch;
use super::plan::{ToRead, changed, left};
use super::{Left, LeftCause, known};
use crate::ports::{ByteStream, DropFolder, Fault, Listed, PortError, Received};

/// How often a transfer is tried again from its beginning.
const TRIES: usize = 4;

/// What became of a file that was to be read.
pub(super) enum Fate {
    /// The archive has it.
    Taken(Received),
    /// It stays where it is.
    Left(Left),
}

/// Why a file was not taken.
struct Refusal {
    cause: LeftCause,
    reason: String,
    advice: String,
    is_transient: bool,
}

impl Refusal {
    fn new(cause: LeftCause, reason: String) -> Self {
        let advice = match cause {
            LeftCause::WrongSize => "upload it again; it is read again the next time",
            LeftCause::Vanished => "upload it again if it was not meant to go",
            _ => "nothing, if it is still being uploaded: it is read again the next time",
        };
        Self { cause, reason, advice: advice.to_owned(), is_transient: false }
    }

    fn unreadable(error: PortError) -> Self {
        let advice = error
            .hint
            .clone()
            .unwrap_or_else(|| "check that it may be read there; it is tried again the next time".to_owned());
        let is_transient = error.fault == Fault::Transient;
        Self { cause: LeftCause::Unreadable, reason: error.to_string(), advice, is_transient }
    }
}

/// Waiting times between tries of something that may succeed later.
pub(super) fn delays() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::from_millis(500))
        .with_max_delay(Duration::from_secs(20))
        .with_max_times(TRIES)
        .build()
}

impl Fetch<'_> {
    /// Reads a file into the archive.
    ///
    /// # Errors
    /// If the archive fails.
    pub(super) async fn transfer(&self, file: &ToRead<'_>) -> Result<Fate, PortError> {
        let mut delays = delays();
        loop {
            let refusal = match self.attempt(&file.listed).await? {
                Ok(received) => return Ok(Fate::Taken(received)),
                Err(refusal) => refusal,
            };
            match delays.next().filter(|_| refusal.is_transient) {
                Some(delay) => self.clock.sleep(delay).await,
                None => {
                    let Refusal { cause, reason, advice, .. } = refusal;
                    return Ok(Fate::Left(left(self.source, &file.listed.name, cause, reason, advice)));
                }
            }
        }
    }

    /// How long a file is whose size is not told: as long as it was when it was read. It is taken if it is as long the
    /// next time, so that an early end is noticed.
    async fn measure(&self, name: &str) -> Result<u64, PortError> {
        let mut bytes = self.source.drop.read(name).await?;
        let mut length = 0;
        while let Some(chunk) = bytes.try_next().await? {
            length += chunk.len() as u64;
        }
        Ok(length)
    }

    async fn attempt(&self, listed: &Listed) -> Result<Result<Received, Refusal>, PortError> {
        let received_at = self.clock.now();
        let expected = match listed.bytes {
            Some(told) => told,
            None => match self.measure(&listed.name).await {
                Ok(measured) => measured,
                Err(error) => return Ok(Err(Refusal::unreadable(error))),
            },
        };
        let bytes = match self.source.drop.read(&listed.name).await {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Err(Refusal::unreadable(error))),
        };
        let refused = Refused::default();
        let drop = Arc::clone(&self.source.drop);
        let checked = checked(bytes, expected, drop, listed.clone(), refused.clone());
        match (self.archive.store(checked).await, refused.take()) {
            (_, Some(refusal)) => Ok(Err(refusal)),
            (Err(error), None) => Err(error),
            (Ok(stored), None) => Ok(Ok(Received {
                client: self.source.client.clone(),
                kind: self.source.kind,
                source: self.location().to_owned(),
                name: listed.name.clone(),
                bytes: stored.bytes,
                // Without a time, the best that is known is that it was there then.
                modified: listed.modified.unwrap_or(received_at),
                version: listed.version.clone(),
                received_at,
                content: stored.content,
            })),
        }
    }
}

/// Says that a file is not as long as it should be.
fn wrong_size(listed: &Listed, expected: u64, received: &str) -> Refusal {
    let reason = match listed.bytes {
        Some(_) => format!("{expected} bytes were told, and {received} received"),
        None => {
            format!("no size was told; {expected} bytes were received first, and {received} the second time")
        }
    };
    Refusal::new(LeftCause::WrongSize, reason)
}

/// Where a stream leaves why it ended too early: whoever reads it may make an error of its own from what it gets.
#[derive(Clone, Default)]
struct Refused(Arc<Mutex<Option<Refusal>>>);

impl Refused {
    fn put(&self, refusal: Refusal) -> PortError {
        let error = PortError::permanent("receive", "a file", &refusal.reason);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
        error
    }

    fn take(&self) -> Option<Refusal> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A file's bytes, that end well only if they are as many as expected and the file is still the same.
fn checked(
    bytes: ByteStream,
    expected: u64,
    drop: Arc<dyn DropFolder>,
    listed: Listed,
    refused: Refused,
) -> ByteStream {
    let checks = Arc::new((drop, listed, refused));
    let chunks = stream::unfold(Some((bytes, 0_u64)), move |reading| {
        let checks = Arc::clone(&checks);
        async move {
            let (drop, listed, refused) = &*checks;
            let (mut bytes, before) = reading?;
            let refusal = match bytes.next().await {
                Some(Ok(chunk)) => {
                    let read = before + chunk.len() as u64;
                    if read <= expected {
                        return Some((Ok(chunk), Some((bytes, read))));
                    }
                    wrong_size(listed, expected, "more were")
                }
                Some(Err(error)) => Refusal::unreadable(error),
                None if before != expected => wrong_size(listed, expected, &format!("{before} were")),
                None => refusal_of_look(drop.look(&listed.name).await, listed)?,
            };
            Some((Err(refused.put(refusal)), None))
        }
    });
    chunks.boxed()
}

/// What a look at a file after it was read says against it; nothing if it is the same.
fn refusal_of_look(look: Result<Option<Listed>, PortError>, listed: &Listed) -> Option<Refusal> {
    match look {
        Ok(Some(now)) if known::is_same(&now, listed) => None,
        Ok(Some(now)) => Some(Refusal::new(LeftCause::Changed, changed(listed, &now))),
        Ok(None) => Some(Refusal::new(LeftCause::Vanished, "when it had been read, it was gone".to_owned())),
        Err(error) => Some(Refusal::unreadable(error)),
    }
}
