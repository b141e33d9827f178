//! Whom alerts go to, and the book of those that are open, which the lake keeps.

use leadq_lake::DeltaLake;
use leadq_pipeline::ports::Lake as _;
use leadq_watch::alerts::{AlertBook, ChannelError, Channels, Secrets};
use leadq_watch::error::WatchError;

use crate::config;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::settings::Settings;

/// The document of the book.
const BOOK: &str = "alerts";

/// The ways to tell people.
///
/// # Errors
/// What is wrong in the configuration, with its place, or with a file of a secret.
pub(crate) fn channels(settings: &Settings) -> Outcome<Channels> {
    // Credentials of systemd are among what the environment says.
    let Environment { webhook, smtp_password, .. } = Environment::read();
    let secrets = Secrets { webhook, smtp_password, credentials: None };
    Channels::of_config(&settings.alerts, &secrets).map_err(|error| match error {
        ChannelError::Configuration(error) => config::wrong_in(settings.configuration.as_deref(), error),
        ChannelError::Secret(error) => failure(&error),
    })
}

/// An error of the edge as a command tells it.
pub(crate) fn failure(error: &WatchError) -> Failure {
    let failure = Failure::environment(error);
    match &error.hint {
        Some(hint) => failure.help(hint),
        None => failure,
    }
}

/// The alerts that are open; none, if nobody knows.
pub(super) async fn read(lake: &DeltaLake) -> AlertBook {
    let stored = match lake.document(BOOK).await {
        Ok(stored) => stored,
        Err(error) => {
            tracing::warn!(%error, "the open alerts cannot be read; what is open is told once more");
            None
        }
    };
    let book = stored.map(|stored| AlertBook::read(&stored)).transpose();
    book.unwrap_or_else(|error| {
        tracing::warn!(%error, hint = error.hint.as_deref().unwrap_or_default(), "the alerts are begun anew");
        None
    })
    .unwrap_or_default()
}

/// Puts the book into the lake. What it cannot take comes back, for the next run of this process.
pub(super) async fn keep(lake: &DeltaLake, book: AlertBook) -> Option<AlertBook> {
    // Nothing is put where there is no lake: its place has to be empty for the run that makes it.
    if !matches!(lake.exists().await, Ok(true)) {
        return Some(book);
    }
    let bytes = match book.write() {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::warn!(%error, "the alerts cannot be kept");
            return Some(book);
        }
    };
    match lake.put_document(BOOK, bytes).await {
        Ok(()) => None,
        Err(error) => {
            tracing::warn!(%error, "the lake cannot keep the open alerts; a new process tells them once more");
            Some(book)
        }
    }
}
