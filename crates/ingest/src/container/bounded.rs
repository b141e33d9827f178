//! Limits on what comes out of a container, so that a small file cannot grow without end (promise 10).

use std::cell::Cell;
use std::io::{self, Read};

use leadq_contract::{FindingCode, Limits};

/// Why a content is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// As what it is told.
    pub code: FindingCode,
    /// Why, for people.
    pub reason: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(code: FindingCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }

    /// The refusal that an error carries, or that what it tells makes.
    #[must_use]
    pub fn of(error: &io::Error) -> Self {
        let carried = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>());
        carried.cloned().unwrap_or_else(|| {
            // What a library says of a file may quote the file (promise 9); the system does not.
            let reason = match error.raw_os_error() {
                Some(_) => format!("it cannot be read: {error}"),
                None => "it is damaged or cut short".to_owned(),
            };
            Self::new(FindingCode::NotAReport, reason)
        })
    }
}

/// How much may come out of a file, or a member of an archive.
#[derive(Debug, Clone)]
pub(super) struct Budget<'a> {
    max_bytes: u64,
    /// What a content beyond `max_bytes` is told.
    too_large: &'static str,
    max_ratio: u64,
    packed: u64,
    /// Bytes of all members together.
    spent: &'a Spent,
}

/// Bytes that came out of the members before, and of the one under way: read again, it counts once.
#[derive(Debug, Default)]
pub(super) struct Spent {
    before: Cell<u64>,
    now: Cell<u64>,
}

impl Spent {
    /// The member under way is done.
    pub(super) fn settle(&self) {
        self.before.set(self.before.get().saturating_add(self.now.take()));
    }
}

impl<'a> Budget<'a> {
    pub(super) fn new(limits: &Limits, packed: u64, spent: &'a Spent) -> Self {
        Self {
            max_bytes: limits.max_file_size,
            too_large: "decompressed (max_file_size under [limits] in leadq.toml)",
            max_ratio: u64::from(limits.max_ratio),
            packed,
            spent,
        }
    }

    /// The same, with a lower limit of bytes of its own.
    pub(super) fn at_most(&self, bytes: u64, too_large: &'static str) -> Self {
        if bytes < self.max_bytes {
            Self { max_bytes: bytes, too_large, ..self.clone() }
        } else {
            self.clone()
        }
    }

    /// Objects if `bytes` of the content under way are too many.
    fn check(&self, bytes: u64) -> Result<(), Refusal> {
        self.spent.now.set(self.spent.now.get().max(bytes));
        if self.spent.before.get().saturating_add(bytes) > self.max_bytes {
            let reason = format!("it holds more than {} bytes, {}", self.max_bytes, self.too_large);
            return Err(Refusal::new(FindingCode::TooLarge, reason));
        }
        if bytes > Limits::RATIO_FROM && bytes / self.max_ratio.max(1) > self.packed {
            let most = self.max_ratio;
            return Err(Refusal::new(
                FindingCode::CompressionRatio,
                format!(
                    "it decompresses to over {most} times its size (max_ratio under [limits] in leadq.toml)"
                ),
            ));
        }
        Ok(())
    }
}

/// Reads within a budget; beyond, the error carries a [`Refusal`].
pub(super) struct Bounded<'a, R> {
    inner: R,
    budget: Budget<'a>,
    read: u64,
}

impl<'a, R: Read> Bounded<'a, R> {
    pub(super) const fn new(inner: R, budget: Budget<'a>) -> Self {
        Self { inner, budget, read: 0 }
    }
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.read += read as u64;
        self.budget.check(self.read).map_err(io::Error::other)?;
        Ok(read)
    }
}
