//! Who writes to a lake, since when: for people.

use serde::{Deserialize, Serialize};

/// A process that writes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Holder {
    pid: u32,
    #[serde(default)]
    host: String,
    since: String,
}

impl Holder {
    /// This process, from now on.
    pub(crate) fn this() -> Self {
        Self {
            pid: std::process::id(),
            host: sysinfo::System::host_name().unwrap_or_default(),
            since: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        }
    }

    /// What a second writer is told.
    pub(crate) fn told(&self) -> String {
        let Self { pid, host, since } = self;
        let host = if host.is_empty() { String::new() } else { format!(" on {host}") };
        format!("another process is writing to it: process {pid}{host}, since {since}")
    }
}
