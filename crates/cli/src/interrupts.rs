//! Ctrl-C and SIGTERM, on a thread of their own: a query may keep every other one busy for long.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::watch;

static SIGNALS: OnceLock<watch::Sender<Came>> = OnceLock::new();
/// What of the signals somebody else looks after than the end of the process.
static HELD: AtomicU8 = AtomicU8::new(NOTHING);
const NOTHING: u8 = 0;
const INTERRUPT: u8 = 1;
const FIRST: u8 = 2;

/// A kind of signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    Interrupt,
    Terminate,
}

/// The signals that have come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Came {
    last: Option<Signal>,
    count: u32,
}

/// Begins to listen. Without it, or where it fails, a signal ends the process at once.
pub(crate) fn listen() {
    let sender = SIGNALS.get_or_init(|| watch::Sender::new(Came::default()));
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            loop {
                let signal = next().await;
                sender.send_modify(|came| {
                    *came = Came { last: Some(signal), count: came.count.saturating_add(1) };
                });
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
    HELD.store(INTERRUPT, Ordering::Relaxed);
}

/// From here on, whoever called this looks after the first signal, at which the future comes back; the second one ends
/// the process.
pub(crate) fn first() -> impl Future<Output = ()> + Send + 'static {
    let signals = SIGNALS.get().map(watch::Sender::subscribe);
    HELD.store(FIRST, Ordering::Relaxed);
    async move {
        // Nobody listens: none will come.
        let Some(mut signals) = signals else { return std::future::pending().await };
        let _ = signals.changed().await;
    }
}

/// Whether a signal has come again: somebody is in a hurry.
pub(crate) fn came_again() -> bool {
    SIGNALS.get().is_some_and(|signals| signals.borrow().count > 1)
}

/// Comes back when a signal ends the process.
pub(crate) async fn stopped() {
    until(|came| match HELD.load(Ordering::Relaxed) {
        NOTHING => true,
        INTERRUPT => came.last == Some(Signal::Terminate),
        _ => came.count > 1,
    })
    .await;
}

/// Comes back at the next Ctrl-C.
pub(crate) async fn interrupted() {
    until(|came| came.last == Some(Signal::Interrupt)).await;
}

async fn until(wanted: impl Fn(Came) -> bool) {
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
