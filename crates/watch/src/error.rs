//! What can go wrong here: what was being done, to what, why, and what to do about it.

/// Something at the edge failed. Holds no secret and no personal data.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {subject}: {reason}")]
pub struct WatchError {
    /// What was being done, as a verb.
    pub operation: &'static str,
    /// To what: an address, a file, a host.
    pub subject: String,
    /// Why it failed.
    pub reason: String,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
}

impl WatchError {
    pub(crate) fn new(operation: &'static str, subject: impl Into<String>, reason: impl ToString) -> Self {
        Self { operation, subject: subject.into(), reason: reason.to_string(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
