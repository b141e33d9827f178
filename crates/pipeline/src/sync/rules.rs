//! How files are taken from a drop.

use std::time::Duration;

use leadq_contract::config::{After, DropsConfig};

/// How files are taken from a drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropRules {
    /// How long a file has to stand still.
    pub settle: Duration,
    /// What a marker's name has behind the name of the file that it says is complete.
    pub marker: Option<String>,
    /// What becomes of a file there once it is in the archive.
    pub after: After,
    /// Transfers at once.
    pub parallel: usize,
}

impl DropRules {
    /// How long a file stands still by default, where it may be on its way while it is listed.
    pub const SETTLE: Duration = Duration::from_secs(60);
    /// Transfers at once by default.
    pub const PARALLEL: usize = 4;

    /// What a configuration says, and the defaults beside it. By default a file has to stand still where the drop is
    /// remote, and where there are markers: they say that a file can be seen before it is complete.
    #[must_use]
    pub fn of(config: &DropsConfig, is_remote: bool) -> Self {
        let waits = is_remote || config.marker.is_some();
        Self {
            settle: config.settle.unwrap_or(if waits { Self::SETTLE } else { Duration::ZERO }),
            marker: config.marker.clone(),
            after: config.after.clone().unwrap_or_default(),
            parallel: config.parallel.unwrap_or(Self::PARALLEL).max(1),
        }
    }

    /// The marker of a file, if there are markers.
    pub(super) fn marker_of(&self, name: &str) -> Option<String> {
        self.marker.as_ref().map(|marker| format!("{name}{marker}"))
    }

    /// Whether a name is that of a marker, or of a file that was moved after it had been taken.
    pub(super) fn is_ours(&self, name: &str) -> bool {
        let is_marker = self.marker.as_ref().is_some_and(|marker| name.ends_with(&**marker));
        let is_moved = match &self.after {
            After::Move(folder) => name.strip_prefix(&**folder).is_some_and(|rest| rest.starts_with('/')),
            After::Keep | After::Delete => false,
        };
        is_marker || is_moved
    }
}
