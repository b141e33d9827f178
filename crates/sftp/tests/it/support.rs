//! What both kinds of servers are asked with.

use std::fmt::Display;

use bytes::Bytes;
use futures::TryStreamExt;
use leadq_pipeline::ports::{DropFolder, Fault, Listing, PortError};
use leadq_sftp::{Location, SftpDrop, SftpSettings};

/// A drop at a location.
pub(crate) fn drop_at(settings: SftpSettings, location: &str) -> SftpDrop {
    SftpDrop::new(settings, Location::parse(location).unwrap())
}

/// All bytes of a file, or why not.
pub(crate) async fn read_all(folder: &SftpDrop, name: &str) -> Result<Vec<u8>, PortError> {
    let pieces: Vec<Bytes> = folder.read(name).await?.try_collect().await?;
    Ok(pieces.concat())
}

/// Names of the files of a listing, in order.
pub(crate) fn names(listing: &Listing) -> Vec<&str> {
    let mut names: Vec<_> = listing.files.iter().map(|file| file.name.as_str()).collect();
    names.sort_unstable();
    names
}

/// Checks a failure: whether trying again can help, and what is in its words and in the hint.
pub(crate) fn says(result: Result<impl Sized, PortError>, fault: Fault, words: &[&dyn Display]) -> PortError {
    let Err(error) = result else { panic!("no failure where one is expected") };
    let text = format!("{error}; {}", error.hint.as_deref().unwrap_or_default());
    assert_eq!(error.fault, fault, "{text}");
    for word in words {
        assert!(text.contains(&word.to_string()), "{word} is not in: {text}");
    }
    assert!(error.hint.is_some(), "{text}");
    error
}
