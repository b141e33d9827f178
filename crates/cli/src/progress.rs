//! Progress on a terminal, for long work.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use leadq_pipeline::observer::{Observer, Stage};

/// A bar on stderr; silent where nobody looks.
pub(crate) struct Progress {
    bar: Mutex<Option<ProgressBar>>,
    shown: bool,
}

impl Progress {
    /// Shows progress if stderr is a terminal and it was not asked to be quiet.
    pub(crate) fn new(quiet: bool) -> Self {
        Self { bar: Mutex::new(None), shown: !quiet && std::io::stderr().is_terminal() }
    }
}

/// Whether a run has begun to commit: then it is not interrupted any more.
pub(crate) fn is_committing() -> bool {
    COMMITTING.load(Ordering::Acquire)
}

/// The run has ended, or has been given up: the next one begins anew.
pub(crate) fn has_ended() {
    COMMITTING.store(false, Ordering::Release);
}

static COMMITTING: AtomicBool = AtomicBool::new(false);

impl Observer for Progress {
    fn begin(&self, stage: Stage, steps: u64) {
        COMMITTING.fetch_or(stage == Stage::Commit, Ordering::AcqRel);
        if !self.shown {
            return;
        }
        let style = ProgressStyle::with_template("{prefix:>9} [{bar:30}] {pos}/{len} {elapsed} {wide_msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(steps).with_style(style).with_prefix(stage.name());
        bar.enable_steady_tick(Duration::from_millis(200));
        if let Ok(mut current) = self.bar.lock()
            && let Some(before) = current.replace(bar)
        {
            before.finish_and_clear();
        }
    }

    fn step(&self, subject: &str) {
        if let Ok(current) = self.bar.lock()
            && let Some(bar) = &*current
        {
            bar.set_message(subject.to_owned());
            bar.inc(1);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Ok(mut current) = self.bar.lock()
            && let Some(bar) = current.take()
        {
            bar.finish_and_clear();
        }
    }
}
