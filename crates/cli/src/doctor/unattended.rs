//! What goes on with nobody watching: the schedule, the alerts, the archive, attempts that failed. Nothing is sent.

use bytesize::ByteSize;
use chrono::{DateTime, SecondsFormat, Utc};
use leadq_lake::DeltaLake;
use leadq_pipeline::ports::{Archive as _, Lake as _};
use leadq_watch::schedule::Schedule;

use super::Check;
use crate::config;
use crate::edges::Edges;
use crate::output::thousands;
use crate::secret;
use crate::settings::Settings;
use crate::unattended::alerting;

/// When `leadq schedule` runs next.
pub(super) fn schedule(settings: &Settings, now: DateTime<Utc>) -> Check {
    const NAME: &str = "schedule";
    let schedule = match Schedule::of_config(&settings.schedule) {
        Ok(schedule) => schedule,
        Err(error) => {
            let failure = config::wrong_in(settings.configuration.as_deref(), error);
            return Check::failed(NAME, &failure);
        }
    };
    let cron = settings.effective.iter().find(|row| row.key == "schedule.cron");
    let cron = cron.map(|row| row.value.as_str()).unwrap_or_default();
    let next = schedule.next_after(now).map_or_else(
        || "never".to_owned(),
        |next| next.with_timezone(&schedule.zone()).format("%Y-%m-%d %H:%M %Z").to_string(),
    );
    Check::ok(NAME, format!("{cron} in {}: next at {next}", schedule.zone()))
}

/// Who is told.
pub(super) fn alerts(settings: &Settings) -> Check {
    const NAME: &str = "alerts";
    let channels = match alerting::channels(settings) {
        Ok(channels) => channels.names(),
        Err(failure) => return Check::failed(NAME, &failure),
    };
    if channels.is_empty() {
        return Check::ok(NAME, "nobody is told, they are in the log of `leadq schedule` only");
    }
    Check::ok(NAME, format!("by {}; nothing was sent", channels.join(" and ")))
}

/// Whether the files as received can be read with this secret, and how much room they take.
pub(super) async fn archive(settings: &Settings, lake: &DeltaLake) -> Option<Check> {
    const NAME: &str = "archive";
    // Before the first run there is none; what is wrong with the lake is told by its own check.
    if !matches!(lake.exists().await, Ok(true)) {
        return None;
    }
    // What is wrong with the secret, too.
    let secret = secret::load(&settings.secret, &lake.location(), true).ok()?;
    lake.accepts(&secret.check_value()).await.ok()?;
    let archive = match Edges::archive_of(lake, settings, &secret) {
        Ok(archive) => archive,
        Err(failure) => return Some(Check::failed(NAME, &failure)),
    };
    let read = async {
        let received = archive.catalogue().await?;
        let contents = archive.contents().await?;
        // One is opened: it says whether the secret is the one that they were encrypted with.
        if let Some((content, _)) = contents.first() {
            archive.open(content).await?;
        }
        Ok((received.len(), contents))
    };
    Some(match read.await {
        Err(error) => Check::port(NAME, error),
        Ok((received, contents)) => {
            let bytes = contents.iter().map(|(_, bytes)| bytes).sum();
            let (files, received) = (thousands(contents.len() as u64), thousands(received as u64));
            Check::ok(NAME, format!("{files} files, {}; {received} received ever", ByteSize(bytes)))
        }
    })
}

/// Attempts that failed since the last run.
pub(super) async fn failures(lake: &DeltaLake) -> Option<Check> {
    const NAME: &str = "failed runs";
    let failed = match lake.failures().await {
        Ok(failed) => failed,
        Err(error) => return Some(Check::port(NAME, error)),
    };
    let last = failed.last()?;
    let when = last.failed_at.parse::<DateTime<Utc>>();
    let when =
        when.map_or_else(|_| last.failed_at.clone(), |at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
    let count = thousands(failed.len() as u64);
    let told = format!("{count} since the last run that was committed, the latest at {when}: {}", last.error);
    Some(Check::warning(
        NAME,
        told,
        "mend what it says, and start `leadq run`; `leadq runs` lists all of them",
    ))
}
