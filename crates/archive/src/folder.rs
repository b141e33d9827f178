//! An archive in a folder of this machine: files of mode 0600 in folders of mode 0700, written under another name,
//! synced, then given their name, and the folder synced.
//!
//! A file under way is locked by its writer. A lock dies with its process, so what can be locked was left behind.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use leadq_pipeline::ports::PortError;
use tempfile::NamedTempFile;

use crate::fault;
use crate::place::IfTaken;

/// Where files under way are.
const INCOMING: &str = "incoming";
/// How their names begin.
const TEMPORARY: &str = ".leadq-";
/// How often a file is begun that somebody else takes for a dead writer's before it is locked.
const ATTEMPTS: usize = 10;

/// The folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(crate) const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(crate) fn draft(&self) -> Result<NamedTempFile, PortError> {
        let folder = self.root.join(INCOMING);
        self.begin(&folder).map_err(|error| fault::of_io("write to", folder.display().to_string(), &error))
    }

    fn begin(&self, folder: &Path) -> io::Result<NamedTempFile> {
        self.make_folder(folder)?;
        for _ in 0..ATTEMPTS {
            let file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
            let locked = file.as_file().try_lock();
            // Where files cannot be locked, nobody takes it for a dead writer's either.
            let taken = matches!(locked, Err(fs::TryLockError::WouldBlock));
            if !taken && file.path().exists() {
                return Ok(file);
            }
        }
        Err(io::Error::new(ErrorKind::ResourceBusy, "somebody deletes every new file at once"))
    }

    pub(crate) fn publish(&self, file: NamedTempFile, name: &str, taken: IfTaken) -> Result<bool, PortError> {
        let target = self.root.join(name);
        let done = || -> io::Result<bool> {
            let folder = target.parent().unwrap_or(&self.root);
            self.make_folder(folder)?;
            let persisted = match taken {
                IfTaken::Keep => file.persist_noclobber(&target),
                IfTaken::Replace => file.persist(&target),
            };
            match persisted {
                Err(error) if error.error.kind() == ErrorKind::AlreadyExists => return Ok(false),
                other => other.map_err(|error| error.error)?,
            };
            sync(folder)?;
            Ok(true)
        };
        done().map_err(|error| fault::of_io("write", target.display().to_string(), &error))
    }

    pub(crate) fn open(&self, name: &str) -> Result<Option<File>, PortError> {
        let path = self.root.join(name);
        found(File::open(&path)).map_err(|error| fault::of_io("read", path.display().to_string(), &error))
    }

    pub(crate) fn has(&self, name: &str) -> Result<bool, PortError> {
        let path = self.root.join(name);
        path.try_exists().map_err(|error| fault::of_io("read", path.display().to_string(), &error))
    }

    pub(crate) fn list(&self, below: &str) -> Result<Vec<(String, u64)>, PortError> {
        let mut files = Vec::new();
        self.list_into(below, &mut files)
            .map_err(|error| fault::of_io("list", self.root.join(below).display().to_string(), &error))?;
        Ok(files)
    }

    fn list_into(&self, below: &str, files: &mut Vec<(String, u64)>) -> io::Result<()> {
        let Some(entries) = found(fs::read_dir(self.root.join(below)))? else { return Ok(()) };
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let name = format!("{below}/{name}");
            // It may be gone by now.
            let Some(metadata) = found(entry.metadata())? else { continue };
            if metadata.is_dir() {
                self.list_into(&name, files)?;
            } else if metadata.is_file() {
                files.push((name, metadata.len()));
            }
        }
        Ok(())
    }

    pub(crate) fn delete(&self, names: &[String]) -> Result<(), PortError> {
        let mut folders = BTreeSet::new();
        for name in names {
            let path = self.root.join(name);
            found(fs::remove_file(&path))
                .map_err(|error| fault::of_io("delete", path.display().to_string(), &error))?;
            folders.extend(path.parent().map(Path::to_owned));
        }
        for folder in folders {
            found(sync(&folder))
                .map_err(|error| fault::of_io("delete from", folder.display().to_string(), &error))?;
        }
        Ok(())
    }

    pub(crate) fn clean(&self) -> Result<(), PortError> {
        let mut left = Vec::new();
        for (name, _) in self.list(INCOMING)? {
            let is_ours = name.rsplit('/').next().is_some_and(|name| name.starts_with(TEMPORARY));
            let Some(file) = (if is_ours { self.open(&name)? } else { None }) else { continue };
            if file.try_lock().is_ok() {
                left.push(name);
                // Deleted while it is locked: its writer, if it is just beginning, notices.
                self.delete(&left)?;
                left.clear();
            }
        }
        Ok(())
    }

    /// Makes a folder below the root, and the root, for the owner alone, each synced into its parent.
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        let parent = folder.parent().unwrap_or(folder);
        if folder == self.root {
            fs::create_dir_all(parent)?;
        } else {
            self.make_folder(parent)?;
        }
        match private(&mut fs::DirBuilder::new()).create(folder) {
            // Somebody else made it just now.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
            Err(error) => Err(error),
            Ok(()) => sync(parent),
        }
    }
}

#[cfg(unix)]
fn private(builder: &mut fs::DirBuilder) -> &mut fs::DirBuilder {
    use std::os::unix::fs::DirBuilderExt as _;
    builder.mode(0o700)
}

#[cfg(not(unix))]
fn private(builder: &mut fs::DirBuilder) -> &mut fs::DirBuilder {
    builder
}

#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Only Unix lets a folder be opened to sync it.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the other system's version can fail")]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}

/// None for what is not there.
fn found<T>(tried: io::Result<T>) -> io::Result<Option<T>> {
    match tried {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
