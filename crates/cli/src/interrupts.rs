//! Ctrl-C and SIGTERM, on a thread of their own: a query may keep every other one busy for long.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

static HELD: AtomicBool = AtomicBool::new(false);
static SIGNALS: OnceLock<watch::Sender<Signal>> = OnceLock::new();

/// The last signal that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    None,
    Interrupt,
    Terminate,
}

/// Begins to listen. Without it, or where it fails, a signal ends the process at once.
pub(crate) fn listen() {
    let sender = SIGNALS.get_or_init(|| watch::Sender::new(Signal::None));
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            loop {
                sender.send_replace(next().await);
            }
        });
    });
}

/// The next signal.
async fn next() -> Signal {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            return tokio::select! {
                _ = tokio::signal::ctrl_c() => Signal::Interrupt,
                _ = terminate.recv() => Signal::Terminate,
            };
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        return std::future::pending().await;
    }
    Signal::Interrupt
}

/// From here on, whoever called this looks after Ctrl-C: at a prompt it ends the query, and not more.
pub(crate) fn hold() {
    HELD.store(true, Ordering::Relaxed);
}

/// Comes back when a signal ends the process.
pub(crate) async fn stopped() {
    until(|signal| signal == Signal::Terminate || !HELD.load(Ordering::Relaxed)).await;
}

/// Comes back at the next Ctrl-C.
pub(crate) async fn interrupted() {
    until(|signal| signal == Signal::Interrupt).await;
}

async fn until(wanted: impl Fn(Signal) -> bool) {
    if let Some(sender) = SIGNALS.get() {
        let mut signals = sender.subscribe();
        while signals.changed().await.is_ok() {
            if wanted(*signals.borrow_and_update()) {
                return;
            }
        }
    }
    std::future::pending().await
}
