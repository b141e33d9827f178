//! The sources: whether they are there and hold files.

use std::path::PathBuf;

use leadq_pipeline::source::{self, SourceError, SourceFile};

use super::Check;
use crate::failure::{Failure, Kind};
use crate::output::thousands;
use crate::settings::{Settings, shown};

/// Leads and reports, and how many bytes they have together.
pub(super) fn sources(settings: &Settings) -> (Vec<Check>, u64) {
    let mut bytes = 0;
    let mut checks = Vec::new();
    if !settings.leads.is_empty() {
        checks.push(check("leads", "", &settings.leads, source::leads(&settings.leads), &mut bytes));
    }
    for client in &settings.clients {
        let of = format!("client {}: ", client.settings.id);
        if !client.leads.is_empty() {
            checks.push(check("leads", &of, &client.leads, source::leads(&client.leads), &mut bytes));
        }
        let found = source::reports(&client.reports);
        checks.push(check("reports", &of, &client.reports, found, &mut bytes));
    }
    (checks, bytes)
}

fn check(
    name: &'static str,
    of: &str,
    locations: &[PathBuf],
    found: Result<Vec<SourceFile>, SourceError>,
    bytes: &mut u64,
) -> Check {
    let places = locations.iter().map(|path| shown(path)).collect::<Vec<_>>().join(", ");
    let files = match found {
        Ok(files) => files,
        Err(error) => {
            let failure = Failure::from(error);
            let found = format!("{of}{failure}");
            return Check { found, ..Check::failed(name, &failure) };
        }
    };
    let size: u64 = files.iter().map(|file| file.bytes).sum();
    *bytes += size;
    if files.is_empty() {
        return Check::warning(
            name,
            format!("{of}no file in {places}"),
            "put the client's reports there, or name their folder in leadq.toml; until then every lead stands unmatched",
        );
    }
    // Half a file is read only when its turn comes; whether it can be opened is known now.
    if let Some((file, error)) =
        files.iter().find_map(|file| Some((file, std::fs::File::open(&file.path).err()?)))
    {
        return Check::error(
            name,
            Kind::Data,
            format!("{of}cannot open {}: {error}", shown(&file.path)),
            "make it readable for the user that runs leadq, or move it away",
        );
    }
    let count = match files.len() {
        1 => "1 file".to_owned(),
        n => format!("{} files", thousands(n as u64)),
    };
    Check::ok(name, format!("{of}{count}, {} in {places}", bytesize::ByteSize(size)))
}
