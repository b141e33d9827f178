//! The sources: whether they can be reached and hold files.

use leadq_pipeline::ports::{Listing, ReceivedKind};

use super::Check;
use crate::failure::{Failure, Kind, Outcome};
use crate::fetch::{self, Source};
use crate::output::thousands;
use crate::settings::Settings;

/// Leads and reports, and how many bytes they have together.
pub(super) async fn sources(settings: &Settings) -> (Vec<Check>, u64) {
    let sources = match fetch::sources(settings) {
        Ok(sources) => sources,
        Err(failure) => return (vec![Check::failed("sources", &failure)], 0),
    };
    let mut bytes = 0;
    let mut checks = Vec::new();
    for source in &sources {
        let listing = match source.check_place() {
            Ok(()) => source.sync.drop.list().await.map_err(Failure::from),
            Err(failure) => Err(failure),
        };
        checks.push(check(source, listing, &mut bytes));
    }
    (checks, bytes)
}

fn check(source: &Source, listing: Outcome<Listing>, bytes: &mut u64) -> Check {
    let name = match source.sync.kind {
        ReceivedKind::Leads => "leads",
        ReceivedKind::Report => "reports",
    };
    let of = source.sync.client.as_ref().map(|id| format!("client {id}: ")).unwrap_or_default();
    let place = &source.location;
    let files = match listing {
        Ok(listing) => listing.files,
        Err(failure) => {
            let found = format!("{of}{failure}");
            return Check { found, ..Check::failed(name, &failure) };
        }
    };
    let size: u64 = files.iter().filter_map(|file| file.bytes).sum();
    *bytes += size;
    if files.is_empty() && source.leads_of_others {
        return Check::ok(name, format!("{of}no file beside clients' own in {place}"));
    }
    if files.is_empty() && name == "leads" {
        let todo = "give the folder of the Parquet files that the backend exports with leads in leadq.toml";
        return Check::error(name, Kind::Data, format!("{of}no Parquet file in {place}"), todo);
    }
    if files.is_empty() {
        return Check::warning(
            name,
            format!("{of}no file in {place}"),
            "put the client's reports there, or name their folder in leadq.toml; until then every lead stands unmatched",
        );
    }
    // Half a file is read only when its turn comes; whether it can be opened is known now.
    let folder = std::path::Path::new(place);
    let closed = files.iter().map(|file| folder.join(&file.name)).filter(|path| path.is_file());
    let closed = closed.map(|path| (std::fs::File::open(&path).err(), path));
    if let Some((error, path)) = closed.filter_map(|(error, path)| Some((error?, path))).next() {
        return Check::error(
            name,
            Kind::Data,
            format!("{of}cannot open {}: {error}", path.display()),
            "make it readable for the user that runs leadq, or move it away",
        );
    }
    let count = match files.len() {
        1 => "1 file".to_owned(),
        n => format!("{} files", thousands(n as u64)),
    };
    Check::ok(name, format!("{of}{count}, {} in {place}", bytesize::ByteSize(size)))
}
