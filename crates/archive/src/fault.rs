//! Errors of disks and object stores, as the port tells them.

use std::io;

use leadq_pipeline::ports::{Fault, PortError};

use crate::blob::Damage;

/// An error of a disk, or of a blob.
pub(crate) fn of_io(operation: &'static str, subject: impl Into<String>, error: &io::Error) -> PortError {
    let damage = error.get_ref().and_then(|inner| inner.downcast_ref::<Damage>());
    let told = PortError::permanent(operation, subject, error);
    match (damage, error.kind()) {
        (Some(damage), _) if damage.other_secret => told.fault(Fault::Incompatible).hint(
            "give back the secret that the archive was written with; without it nothing in it can be read",
        ),
        (Some(_), _) => told.hint("put the archive's file back from a backup"),
        (None, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge) => {
            told.fault(Fault::Exhausted)
                .hint("make room on the disk of the archive, or raise the limit, and run again")
        }
        (None, io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) => told
            .fault(Fault::Denied)
            .hint("give the user that runs leadq the right to read and write the archive"),
        (None, io::ErrorKind::TimedOut | io::ErrorKind::Interrupted) => told.fault(Fault::Transient),
        _ => told,
    }
}

/// An error of an object store.
pub(crate) fn of_store(
    operation: &'static str,
    subject: impl Into<String>,
    error: &object_store::Error,
) -> PortError {
    use object_store::Error as E;
    let told = PortError::permanent(operation, subject, error);
    match error {
        E::Generic { .. } | E::JoinError { .. } => told.fault(Fault::Transient),
        E::PermissionDenied { .. } | E::Unauthenticated { .. } => told
            .fault(Fault::Denied)
            .hint("leadq needs to read, write, list and delete below the archive's prefix"),
        _ => told,
    }
}
