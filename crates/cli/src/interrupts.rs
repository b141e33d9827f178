//! Whether Ctrl-C ends the process. At a prompt it ends the query that runs, and not more.

use std::sync::atomic::{AtomicBool, Ordering};

static HELD: AtomicBool = AtomicBool::new(false);

/// From here on, whoever called this looks after Ctrl-C.
pub(crate) fn hold() {
    HELD.store(true, Ordering::Relaxed);
}

/// Whether somebody else looks after Ctrl-C.
pub(crate) fn are_held() -> bool {
    HELD.load(Ordering::Relaxed)
}
