//! The right to write: a lock of the operating system on a disk, a lease in an object store.

use leadq_pipeline::ports::PortError;

use crate::lease::{self, Lease, LeaseTimes};
use crate::location::Location;
use crate::lock::{self, Lock};

/// Held while the lake is written to; dropping it gives it back.
#[derive(Debug)]
pub(crate) enum Hold {
    /// Cannot be lost while the process lives.
    Disk(#[expect(dead_code, reason = "held, not read")] Lock),
    /// Can be lost to another while the process is cut off.
    Store(Lease),
}

impl Hold {
    /// Takes it, or says who has it.
    pub(crate) async fn take(location: &Location, times: LeaseTimes) -> Result<Self, PortError> {
        Ok(match location.local() {
            Some(folder) => Self::Disk(Lock::take(folder)?),
            None => Self::Store(Lease::take(location, times).await?),
        })
    }

    /// Makes sure that it is still held.
    pub(crate) async fn check(&self) -> Result<(), PortError> {
        match self {
            Self::Disk(_) => Ok(()),
            Self::Store(lease) => lease.check().await,
        }
    }
}

/// Who holds it, in words.
pub(crate) async fn holder(location: &Location) -> Result<Option<String>, PortError> {
    match location.local() {
        Some(folder) => lock::holder(folder),
        None => lease::holder(location).await,
    }
}
