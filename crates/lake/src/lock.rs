//! The writer's lock: a file of the lake that the operating system lets one process hold.
//!
//! It is given back when the process ends, however it ends, so a dead run never blocks the next. What the
//! file says is for people only.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::Path;

use leadq_pipeline::ports::{Fault, PortError};

use crate::failure;
use crate::holder::Holder;

/// Name of the lock file.
pub(crate) const LOCK_FILE: &str = ".lock";

/// Held while the lake is written to.
#[derive(Debug)]
pub(crate) struct Lock {
    held: File,
}

impl Drop for Lock {
    /// Nobody is told of a holder that has ended.
    fn drop(&mut self) {
        let _only_text = self.held.set_len(0);
    }
}

impl Lock {
    /// Takes the lock of the lake in `folder`.
    pub(crate) fn take(folder: &Path) -> Result<Self, PortError> {
        let subject = || folder.display().to_string();
        let failed = |error: std::io::Error| failure::of("lock lake", subject(), &error);
        let path = folder.join(LOCK_FILE);
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        match try_for_a_moment(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(PortError::permanent("lock lake", subject(), told(&mut file))
                    .fault(Fault::Locked)
                    .hint("wait until it has ended; there is one writer at a time"));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        sign(&mut file).map_err(failed)?;
        Ok(Self { held: file })
    }
}

/// Tries a few times within a tenth of a second: who only looks whether somebody writes holds the lock for an
/// instant too.
fn try_for_a_moment(file: &File) -> Result<(), TryLockError> {
    for _ in 0..5 {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(std::time::Duration::from_millis(20)),
            other => return other,
        }
    }
    file.try_lock()
}

/// Who writes to the lake in `folder` at this moment, in words; none if nobody does.
pub(crate) fn holder(folder: &Path) -> Result<Option<String>, PortError> {
    let failed =
        |error| PortError::permanent("look at the lock of lake", folder.display().to_string(), error);
    let mut file = match File::open(folder.join(LOCK_FILE)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(told(&mut file))),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.write_all(serde_json::to_string(&Holder::this())?.as_bytes())
}

/// The holder may have just taken the lock and not signed yet.
fn told(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.read_to_string(&mut text).ok();
    match read.and_then(|_| serde_json::from_str::<Holder>(&text).ok()) {
        Some(holder) => holder.told(),
        None => "another process is writing to it".to_owned(),
    }
}
