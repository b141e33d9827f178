//! What went wrong between here and a server, as an error of the port.

use std::time::Duration;

use leadq_ingest::names::shown;
use leadq_pipeline::ports::{Fault, PortError};
use russh_sftp::client::error::Error;
use russh_sftp::protocol::StatusCode;

/// A request came to nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failed {
    /// The server says no.
    #[error("{0}")]
    Refused(Refused),
    /// It did not say anything in time.
    #[error("the server did not answer within {}", seconds(.0))]
    TimedOut(Duration),
    /// The connection is gone, or nothing more can be understood on it.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// It answers what cannot be.
    #[error("{0}")]
    Absurd(String),
}

/// What a server says no with.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", self.told())]
pub(crate) struct Refused {
    pub(crate) code: StatusCode,
    /// Its own words, fit to be shown.
    words: String,
}

impl Refused {
    fn told(&self) -> String {
        let code = match self.code {
            StatusCode::NoSuchFile => "no such file or folder",
            StatusCode::PermissionDenied => "permission denied",
            StatusCode::OpUnsupported => "the server cannot do that",
            StatusCode::Eof => "there is nothing more",
            _ => "the server says no",
        };
        let plain = self.words.is_empty() || self.words.eq_ignore_ascii_case(&self.code.to_string());
        if plain { code.to_owned() } else { format!("{code} ({})", self.words) }
    }
}

impl Failed {
    /// Whether the connection is of no use any more.
    pub(crate) fn is_broken(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }

    /// Whether the server says that there is nothing: no such file.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused(Refused { code: StatusCode::NoSuchFile, .. }))
    }

    /// Whether the server says that this was all.
    pub(crate) fn is_end(&self) -> bool {
        matches!(self, Self::Refused(Refused { code: StatusCode::Eof, .. }))
    }

    /// As an error of the port.
    pub(crate) fn told(self, operation: &'static str, subject: impl Into<String>) -> PortError {
        let lost = [StatusCode::NoConnection, StatusCode::ConnectionLost];
        let (fault, hint) = match &self {
            Self::Refused(refused) if lost.contains(&refused.code) => (Fault::Transient, NETWORK),
            Self::Refused(Refused { code: StatusCode::NoSuchFile, .. }) => (Fault::Permanent, MISSING),
            Self::Refused(Refused { code: StatusCode::PermissionDenied, .. }) => (Fault::Permanent, DENIED),
            Self::Refused(_) | Self::Absurd(_) => (Fault::Permanent, OWNER),
            Self::TimedOut(_) => (Fault::Transient, SLOW),
            Self::Broken(_) => (Fault::Transient, NETWORK),
        };
        PortError::permanent(operation, subject, self).fault(fault).hint(hint)
    }
}

const NETWORK: &str = "the next run tries again; if it lasts, look at the network and at the server's log";
const SLOW: &str =
    "the next run tries again; if the server is only slow, set read_timeout in [[sftp]] higher";
const MISSING: &str =
    "see whether the path in the location is right, from / or with /~/ from the login's home";
const DENIED: &str = "ask the server's owner to let the user do this";
const OWNER: &str = "ask the server's owner; its log says more";

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        match error {
            Error::Status(status) => {
                Self::Refused(Refused { code: status.status_code, words: words(&status.error_message) })
            }
            Error::UnexpectedPacket => {
                Self::Absurd("the server's answer is of another kind than the question".to_owned())
            }
            Error::Limited(reason) => Self::Absurd(reason),
            Error::IO(reason) | Error::UnexpectedBehavior(reason) => Self::Broken(words(&reason)),
            Error::Timeout => Self::Broken("time-out".to_owned()),
        }
    }
}

/// What a server said, fit to be shown.
pub(crate) fn words(text: &str) -> String {
    let text: String = text.trim().chars().take(200).collect();
    shown(&text)
}

/// A duration as people say it.
pub(crate) fn seconds(duration: &Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

/// Waits for an answer as long as is allowed.
pub(crate) async fn within<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, Failed> {
    match tokio::time::timeout(limit, answer).await {
        Ok(answer) => answer.map_err(Failed::from),
        Err(_) => Err(Failed::TimedOut(limit)),
    }
}
