//! The lake and the secret: there, fitting one another, writable, not held by somebody else.

use std::path::Path;

use chrono::{DateTime, Utc};
use leadq_lake::DeltaLake;
use leadq_pipeline::ports::Lake;

use super::Check;
use crate::failure::{Failure, Kind};
use crate::secret::{self, ForLake};
use crate::settings::{SecretSource, Settings, shown};

/// Clocks of machines that share a disk may differ by this much.
const CLOCK_TOLERANCE: chrono::Duration = chrono::Duration::minutes(5);

/// The secret, the lake, its last run, the lock, and the clock against the last run.
pub(super) async fn lake(settings: &Settings, lake: &DeltaLake, now: DateTime<Utc>) -> Vec<Check> {
    let exists = match lake.exists().await {
        Ok(exists) => exists,
        Err(error) => return vec![Check::port("lake", error)],
    };
    let mut checks = vec![secret(&settings.secret, lake, exists).await];
    let place = lake.location();
    match lake.last_run().await {
        Err(error) => checks.push(Check::port("lake", error)),
        Ok(None) => checks.push(Check::ok("lake", format!("{place}: no run yet; the first makes it"))),
        Ok(Some(run)) => {
            let told = format!(
                "{place}: run {} of {}, by leadq {}, layout {}",
                run.run, run.committed_at, run.leadq, run.lake_format
            );
            checks.push(Check::ok("lake", told));
            checks.push(clock(&run.committed_at, now));
        }
    }
    // In a store only a write shows it; each run begins with one, its lease.
    checks.extend(lake.local_folder().map(writable));
    checks.push(match lake.writing_now().await {
        Err(error) => Check::port("lock", error),
        Ok(None) => Check::ok("lock", "nobody is writing to the lake"),
        Ok(Some(who)) => {
            Check::warning("lock", who, "a run that you start now leaves with exit code 4; wait for it")
        }
    });
    checks
}

/// Where the secret is from, who can read it, and whether it is the lake's.
async fn secret(source: &SecretSource, lake: &DeltaLake, lake_is_made: bool) -> Check {
    const NAME: &str = "secret";
    let from = match source {
        SecretSource::Given(_) => "from LEADQ_SECRET".to_owned(),
        SecretSource::File(path) => format!("from {}", shown(path)),
    };
    if let SecretSource::File(path) = source
        && !path.exists()
        && !lake_is_made
    {
        return Check::ok(NAME, format!("{} is not there yet; the first run makes it", shown(path)));
    }
    let location = lake.location();
    let of = ForLake { location: &location, folder: lake.local_folder(), is_made: true };
    // As for a lake that is made: a secret that is not there is told, not created.
    let secret = match secret::load(source, of) {
        Ok(secret) => secret,
        Err(failure) => return Check::failed(NAME, &failure),
    };
    if let Err(error) = lake.accepts(&secret.check_value()).await {
        return Check::port(NAME, error);
    }
    let fits = if lake_is_made { ", the one that the lake was made with" } else { "" };
    match source {
        SecretSource::File(path) if others_may_read(path) => Check::warning(
            NAME,
            format!("{from}{fits}, and others than its owner may read it"),
            format!("chmod 600 {}", shown(path)),
        ),
        _ => Check::ok(NAME, format!("{from}{fits}")),
    }
}

/// Whether the mode of a file is wider than 0600.
fn others_may_read(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o177 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// A clock before the last run makes every age wrong.
fn clock(committed_at: &str, now: DateTime<Utc>) -> Check {
    const NAME: &str = "clock";
    let told = now.format("%Y-%m-%dT%H:%M:%SZ");
    match committed_at.parse::<DateTime<Utc>>() {
        Ok(last) if now + CLOCK_TOLERANCE < last => Check::error(
            NAME,
            Kind::Environment,
            format!("it is {told} here, before the last run ({committed_at})"),
            "set the clock of this machine (is NTP on?); ages and stale_report are wrong until then",
        ),
        _ => Check::ok(NAME, format!("it is {told}, after the last run")),
    }
}

/// Whether a file can be made in a folder, or in the first above it that exists.
pub(super) fn writable(folder: &Path) -> Check {
    const NAME: &str = "lake folder";
    let existing = super::machine::existing(folder);
    match tempfile::Builder::new().prefix(".leadq-doctor-").tempfile_in(existing) {
        Ok(_gone_at_once) => Check::ok(NAME, format!("{} can be written to", shown(existing))),
        Err(error) => {
            let failure = Failure::environment(format!("cannot write to {}: {error}", shown(existing)));
            let told = "give the user that runs leadq the right to write there, or name another lake";
            Check::failed(NAME, &failure.help(told))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn a_clock_before_the_last_run_is_an_error() {
        let now: DateTime<Utc> = "2026-01-10T12:00:00Z".parse().unwrap();
        assert_eq!(clock("2026-01-10T11:59:59Z", now).level, Level::Ok);
        assert_eq!(clock("2026-01-10T12:04:59Z", now).level, Level::Ok, "within the tolerance");
        assert_eq!(clock("2026-01-10T12:06:00Z", now).level, Level::Error(Kind::Environment));
    }

    #[test]
    fn a_folder_to_be_made_is_tried_above() {
        let folder = tempfile::tempdir().unwrap();
        let check = writable(&folder.path().join("a/b"));
        assert_eq!(check.level, Level::Ok);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
    }
}
