//! What a store reports, as a port's error: whether trying again can help, and what to do.

use std::error::Error;
use std::io::{self, ErrorKind};

use leadq_pipeline::ports::{Fault, PortError};
use object_store::client::{HttpError, HttpErrorKind};

/// A failure of the store or of what is built on it.
pub(crate) fn of(
    operation: &'static str,
    subject: impl Into<String>,
    error: &(dyn Error + 'static),
) -> PortError {
    let told = PortError::permanent(operation, subject, error);
    match cause(error) {
        Cause::Full => told.fault(Fault::Exhausted).hint(
            "free space where the lake is, or raise the quota, and run again; what was committed before stands",
        ),
        Cause::Denied => told.fault(Fault::Denied).hint("give the user that runs leadq the right to read and write the lake"),
        Cause::Network => told
            .fault(Fault::Transient)
            .hint("the lake's store cannot be reached; check the network and its address, then run again"),
        Cause::Other => told,
    }
}

enum Cause {
    Full,
    Denied,
    Network,
    Other,
}

/// The first cause in the chain that is known.
fn cause(error: &(dyn Error + 'static)) -> Cause {
    let mut next = Some(error);
    while let Some(error) = next {
        let known = if let Some(error) = error.downcast_ref::<io::Error>() {
            // An `io::Error` that wraps another error shows that one's source, not that error itself.
            match error.get_ref() {
                Some(inner) if matches!(of_kind(error.kind()), Cause::Other) => cause(inner),
                _ => of_kind(error.kind()),
            }
        } else if let Some(error) = error.downcast_ref::<HttpError>() {
            match error.kind() {
                HttpErrorKind::Decode | HttpErrorKind::Unknown => Cause::Other,
                _ => Cause::Network,
            }
        } else if let Some(error) = error.downcast_ref::<object_store::Error>() {
            match error {
                object_store::Error::PermissionDenied { .. }
                | object_store::Error::Unauthenticated { .. } => Cause::Denied,
                _ => Cause::Other,
            }
        } else {
            Cause::Other
        };
        if !matches!(known, Cause::Other) {
            return known;
        }
        next = error.source();
    }
    Cause::Other
}

fn of_kind(kind: ErrorKind) -> Cause {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Cause::Full,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Cause::Denied,
        ErrorKind::ConnectionRefused
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::NotConnected
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::BrokenPipe
        | ErrorKind::TimedOut => Cause::Network,
        _ => Cause::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_found_however_deep() {
        let check = |kind: ErrorKind, fault: Fault| {
            let source = Box::new(io::Error::other(io::Error::from(kind)));
            let store = object_store::Error::Generic { store: "test", source };
            let parquet = parquet::errors::ParquetError::External(Box::new(store));
            let told = of("stage", "lead_link", &parquet);
            assert_eq!(told.fault, fault, "{kind:?}");
        };
        check(ErrorKind::StorageFull, Fault::Exhausted);
        check(ErrorKind::ReadOnlyFilesystem, Fault::Denied);
        check(ErrorKind::ConnectionRefused, Fault::Transient);
        check(ErrorKind::InvalidData, Fault::Permanent);
    }
}
