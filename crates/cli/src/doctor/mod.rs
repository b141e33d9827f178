//! Checks of an installation: what was looked at, whether it will do, and what to do where it will not.
//!
//! Nothing is made or changed: the secret and the lake are made by the first run only.

mod configuration;
mod lake;
mod machine;
mod sources;
mod unattended;

use leadq_pipeline::ports::PortError;

use crate::edges::Edges;
use crate::failure::{Failure, Kind, Outcome};
use crate::settings::Settings;

/// How something that was looked at is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// It will do.
    Ok,
    /// A run works; somebody should look at it.
    Warning,
    /// A run fails, or its numbers suffer; of this kind.
    Error(Kind),
}

impl Level {
    /// Name in output.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error(_) => "error",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone)]
pub(crate) struct Check {
    /// What was looked at.
    pub(crate) name: &'static str,
    /// How it is.
    pub(crate) level: Level,
    /// What was found.
    pub(crate) found: String,
    /// What to do about it.
    pub(crate) todo: Option<String>,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, level: Level::Ok, found: found.into(), todo: None }
    }

    fn warning(name: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { name, level: Level::Warning, found: found.into(), todo: Some(todo.into()) }
    }

    fn error(name: &'static str, kind: Kind, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { name, level: Level::Error(kind), found: found.into(), todo: Some(todo.into()) }
    }

    /// An error as a command would tell it.
    fn failed(name: &'static str, failure: &Failure) -> Self {
        let todo = failure.advice().map(str::to_owned);
        Self { name, level: Level::Error(failure.kind), found: failure.to_string(), todo }
    }

    fn port(name: &'static str, error: PortError) -> Self {
        Self::failed(name, &Failure::from(error))
    }

    /// Exit code of an error.
    pub(crate) const fn exit_code(&self) -> Option<u8> {
        match self.level {
            Level::Error(kind) => Some(kind.exit_code()),
            Level::Ok | Level::Warning => None,
        }
    }
}

/// Looks at everything; without settings there is nothing to look at but what is wrong with them.
pub(crate) async fn checks(settings: Outcome<Settings>) -> Vec<Check> {
    let settings = match settings {
        Ok(settings) => settings,
        Err(failure) => return vec![Check::failed("configuration", &failure)],
    };
    let now = chrono::Utc::now();
    let mut checks = vec![
        configuration::file(&settings),
        configuration::schemas(&settings),
        configuration::environment(&settings),
    ];
    checks.extend(configuration::zones(&settings, now));
    let (found, bytes) = sources::sources(&settings).await;
    checks.extend(found);
    match Edges::lake(&settings) {
        Ok(lake) => {
            checks.extend(lake::lake(&settings, &lake, now).await);
            checks.extend(unattended::archive(&settings, &lake).await);
            checks.extend(unattended::failures(&lake).await);
        }
        Err(failure) => checks.push(Check::failed("lake", &failure)),
    }
    checks.push(unattended::schedule(&settings, now));
    checks.push(unattended::alerts(&settings));
    checks.extend(machine::machine(&settings, bytes));
    checks
}
