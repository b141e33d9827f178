//! Listing: every file below a folder, links not followed, whatever a server says.

use std::collections::HashSet;

use futures::{StreamExt, TryStreamExt, stream};
use leadq_ingest::names::{is_passed_over, shown};
use leadq_pipeline::ports::{Listed, Listing, PassedOver, PortError};
use russh_sftp::protocol::{File, FileAttributes, FileType};

use crate::answer::Failed;
use crate::connection::Connection;
use crate::location::Location;
use crate::names::{refused, refused_path};

/// Folders within folders that are gone into.
const DEEPEST: usize = 32;
/// Entries of a listing in all: far more than there are, and few enough to be kept.
const MOST_ENTRIES: usize = 250_000;
/// Folders that are listed side by side.
const AT_ONCE: usize = 8;

/// What is in one folder.
#[derive(Default)]
struct Folder {
    listing: Listing,
    folders: Vec<String>,
    entries: usize,
}

/// Lists what a location means.
///
/// # Errors
/// If the folder itself cannot be listed, or the connection breaks. A folder within that cannot be listed is told in
/// the listing.
pub(crate) async fn list(
    connection: &Connection,
    location: &Location,
    server: &str,
) -> Result<Listing, PortError> {
    let root = |failed: Failed| failed.told("list", format!("{server}{}", shown(location.path())));
    let mut all = Listing::default();
    let (mut entries, mut level, mut seen) = (0, vec![String::new()], HashSet::new());
    for _ in 0..DEEPEST {
        let folders = stream::iter(level.drain(..)).map(async |folder| {
            match one(connection, location, &folder).await {
                Ok(found) => Ok(found),
                Err(failed) if folder.is_empty() || failed.is_broken() => Err(failed),
                // It went since the listing of the folder that it was in.
                Err(failed) if failed.is_missing() => Ok(Folder::default()),
                Err(failed) => {
                    let mut found = Folder::default();
                    pass_over(&mut found.listing, &folder, &format!("it cannot be listed: {failed}"));
                    Ok(found)
                }
            }
        });
        let found: Vec<Folder> = match folders.buffer_unordered(AT_ONCE).try_collect().await {
            Ok(found) => found,
            Err(failed @ Failed::Refused(_)) if is_file(connection, location).await => {
                let hint = "let the location end with its folder, or name it by a glob: /folder/name[.]csv";
                return Err(root(failed).hint(format!("it is a file, not a folder; {hint}")));
            }
            Err(failed) => return Err(root(failed)),
        };
        for folder in found {
            entries += folder.entries;
            if entries > MOST_ENTRIES {
                return Err(root(too_many()).hint("let the location name fewer folders"));
            }
            all.files.extend(folder.listing.files.into_iter().filter(|file| seen.insert(file.name.clone())));
            all.passed_over.extend(folder.listing.passed_over);
            level.extend(folder.folders);
        }
        if level.is_empty() {
            break;
        }
    }
    for folder in level {
        pass_over(&mut all, &folder, "it is too many folders deep");
    }
    Ok(all)
}

/// Whether a location names a file.
async fn is_file(connection: &Connection, location: &Location) -> bool {
    let attrs = connection.ask(connection.sftp.lstat(location.below(""))).await;
    attrs.is_ok_and(|attrs| kind(&attrs.attrs, "") == Some(FileType::File))
}

fn too_many() -> Failed {
    Failed::Absurd(format!("there are more than {MOST_ENTRIES} entries in it"))
}

fn pass_over(listing: &mut Listing, name: &str, reason: &str) {
    // Long enough to know it again.
    let name: String = name.chars().take(300).collect();
    listing.passed_over.push(PassedOver { name: shown(&name), reason: reason.to_owned() });
}

/// Lists one folder.
async fn one(connection: &Connection, location: &Location, folder: &str) -> Result<Folder, Failed> {
    let handle = connection.ask(connection.sftp.opendir(location.below(folder))).await?.handle;
    let mut found = Folder::default();
    let result = loop {
        let files = match connection.ask(connection.sftp.readdir(handle.as_str())).await {
            // By the protocol there is at least one.
            Ok(name) if name.files.is_empty() => break Ok(()),
            Ok(name) => name.files,
            Err(failed) if failed.is_end() => break Ok(()),
            Err(failed) => break Err(failed),
        };
        found.entries += files.len();
        if found.entries > MOST_ENTRIES {
            connection.give_up();
            break Err(too_many());
        }
        files.iter().for_each(|file| sort(&mut found, location, folder, file));
    };
    if result.as_ref().err().is_none_or(|failed| !failed.is_broken()) {
        // What was listed is listed, whatever becomes of the handle.
        let _ = connection.ask(connection.sftp.close(handle)).await;
    }
    result.map(|()| found)
}

/// Puts an entry where it belongs.
fn sort(found: &mut Folder, location: &Location, folder: &str, file: &File) {
    let name = &*file.filename;
    if name == "." || name == ".." {
        return;
    }
    let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    if let Some(reason) = refused(name).or_else(|| refused_path(&path)) {
        return pass_over(&mut found.listing, &path, reason);
    }
    if is_passed_over(name) {
        return;
    }
    match kind(&file.attrs, &file.longname) {
        Some(FileType::File) if location.takes(&path) => found.listing.files.push(listed(path, &file.attrs)),
        Some(FileType::Dir) if location.enters(&path) => found.folders.push(path),
        Some(FileType::File | FileType::Dir) => {}
        _ if !location.takes(&path) => {}
        Some(FileType::Symlink) => pass_over(&mut found.listing, &path, "it is a link"),
        Some(FileType::Other) => pass_over(&mut found.listing, &path, "it is no ordinary file"),
        None => pass_over(&mut found.listing, &path, "the server does not say whether it is a file"),
    }
}

/// What an entry is, by its mode or else by the line for people that begins as that of `ls -l`.
pub(crate) fn kind(attrs: &FileAttributes, line: &str) -> Option<FileType> {
    const KIND: u32 = 0o170_000;
    if attrs.permissions.is_some_and(|mode| mode & KIND != 0) {
        return Some(attrs.file_type());
    }
    match line.bytes().next()? {
        b'-' => Some(FileType::File),
        b'd' => Some(FileType::Dir),
        b'l' => Some(FileType::Symlink),
        b'b' | b'c' | b'p' | b's' => Some(FileType::Other),
        _ => None,
    }
}

/// A file, with what the server tells of it.
pub(crate) fn listed(name: String, attrs: &FileAttributes) -> Listed {
    const NANOSECONDS: i64 = 1_000_000_000;
    let modified = attrs.mtime.map(|seconds| i64::from(seconds) * NANOSECONDS);
    Listed { name, bytes: attrs.size, modified, version: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_entry_is() {
        let of = |permissions, line| kind(&FileAttributes { permissions, ..FileAttributes::default() }, line);
        assert_eq!(of(Some(0o100_644), "l"), Some(FileType::File));
        assert_eq!(of(Some(0o040_755), ""), Some(FileType::Dir));
        assert_eq!(of(Some(0o120_777), "-"), Some(FileType::Symlink));
        assert_eq!(of(Some(0o010_644), ""), Some(FileType::Other));
        assert_eq!(of(Some(0o644), "-rw-r--r--"), Some(FileType::File));
        assert_eq!(of(None, "drwxr-xr-x"), Some(FileType::Dir));
        assert_eq!(of(None, "lrwxrwxrwx"), Some(FileType::Symlink));
        assert_eq!(of(None, ""), None);
        assert_eq!(of(Some(0o644), "a.csv"), None);
    }
}
