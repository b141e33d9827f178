//! Folders and files of this machine.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use futures::{StreamExt, stream};
use leadq_ingest::names::{is_passed_over, shown};
use leadq_pipeline::ports::{ByteStream, DropFolder, Fault, Listed, Listing, PassedOver, PortError};
use tokio::task::spawn_blocking;

use crate::place::{self, Wanted};

/// Bytes that are read at once.
const CHUNK: usize = 1 << 20;

/// A folder, a file, or what a pattern takes, on this machine.
#[derive(Debug, Clone)]
pub struct LocalDrop {
    location: String,
    /// Folder that names begin below, or the one file.
    root: PathBuf,
    wanted: Wanted,
}

/// A file that a walk came by.
struct Found {
    listed: Listed,
    path: PathBuf,
}

impl LocalDrop {
    /// A drop at a path, which need not be there yet. A path that is there as it is written is no pattern.
    ///
    /// # Errors
    /// If the pattern cannot be understood, or the folder that a relative path starts from is gone.
    pub fn open(path: &str) -> Result<Self, PortError> {
        let (root, pattern) =
            if fs::exists(path).unwrap_or(false) { (path, None) } else { place::split(path) };
        let absolute = |path: &str| {
            let path = if path.is_empty() { "." } else { path };
            std::path::absolute(path).map_err(|error| PortError::permanent("open", path, error))
        };
        let root = absolute(root)?;
        let mut location = shown(&root.to_string_lossy());
        if let Some(pattern) = pattern {
            location = format!("{}/{}", location.trim_end_matches('/'), shown(pattern));
        }
        Ok(Self { location, root, wanted: Wanted::parse(pattern, path)? })
    }

    /// All files that are meant, and what is passed over.
    fn walk(&self) -> Result<(Vec<Found>, Vec<PassedOver>), PortError> {
        let unreadable = |error: &io::Error| {
            failed("list", &self.location, error).hint("give a folder or file that is there and may be read")
        };
        let meta = fs::metadata(&self.root).map_err(|error| unreadable(&error))?;
        let mut walk = Walk::default();
        if meta.is_file() {
            let name = self.root.file_name().map(|name| shown(&name.to_string_lossy())).unwrap_or_default();
            walk.found.push(Found { listed: listed(name, &meta), path: self.root.clone() });
        } else if meta.is_dir() {
            walk.folder(&self.root, "").map_err(|error| unreadable(&error))?;
        } else {
            return Err(PortError::permanent("list", &self.location, "it is neither a folder nor a file"));
        }
        if let Wanted::Matching(_) = self.wanted {
            walk.found.retain(|file| self.wanted.takes(&file.listed.name));
        }
        // Two names that differ in control characters only are shown alike, and could not be told apart later.
        walk.found.sort_by(|a, b| a.listed.name.cmp(&b.listed.name));
        let (found, passed_over) = (&mut walk.found, &mut walk.passed_over);
        found.dedup_by(|later, earlier| {
            let same = later.listed.name == earlier.listed.name;
            if same {
                passed_over.push(told(&later.listed.name, "another file is shown by the same name"));
            }
            same
        });
        Ok((walk.found, walk.passed_over))
    }

    /// Where the file of a name is.
    fn path(&self, operation: &'static str, name: &str) -> Result<PathBuf, PortError> {
        if !place::stays_below(name) {
            return Err(place::leaves(operation, name));
        }
        if self.root.is_file() {
            let own = self.root.file_name().map(|name| shown(&name.to_string_lossy()));
            // Beside the one file there may be its marker.
            return match self.root.parent() {
                Some(folder) if own.as_deref() != Some(name) => Ok(folder.join(name)),
                _ => Ok(self.root.clone()),
            };
        }
        if name.contains(char::REPLACEMENT_CHARACTER)
            && let Some(found) = self.walk()?.0.into_iter().find(|file| file.listed.name == name)
        {
            return Ok(found.path);
        }
        Ok(self.root.join(name))
    }

    /// Whether the file is the location itself, which may be a link: the user named it.
    fn is_named(&self, path: &Path) -> bool {
        path == self.root
    }

    fn meta(&self, path: &Path) -> io::Result<Metadata> {
        let meta = if self.is_named(path) { fs::metadata(path)? } else { fs::symlink_metadata(path)? };
        if meta.is_file() { Ok(meta) } else { Err(io::Error::other("it is no ordinary file")) }
    }

    fn look_now(&self, name: &str) -> Result<Option<Listed>, PortError> {
        let path = self.path("look at", name)?;
        match self.meta(&path) {
            Ok(meta) => Ok(Some(listed(name.to_owned(), &meta))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("look at", name, &error)),
        }
    }

    fn open_now(&self, name: &str) -> Result<File, PortError> {
        let path = self.path("read", name)?;
        // Before it is opened: opening a pipe waits for somebody to write to it.
        let open = self.meta(&path).and_then(|_| File::open(&path));
        let file = open.map_err(|error| failed("read", name, &error))?;
        let is_file = file.metadata().map_err(|error| failed("read", name, &error))?.is_file();
        if is_file { Ok(file) } else { Err(PortError::permanent("read", name, "it is no ordinary file")) }
    }

    fn move_now(&self, name: &str, folder: &str) -> Result<(), PortError> {
        let path = self.path("move", name)?;
        let root = if self.root.is_file() { self.root.parent().unwrap_or(&self.root) } else { &self.root };
        for target in place::targets(name, folder) {
            if !place::stays_below(&target) {
                return Err(place::leaves("move", &target));
            }
            let target = root.join(target);
            match moved(&path, &target) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                done => return done.map_err(|error| failed("move", name, &error)),
            }
        }
        Err(PortError::permanent("move", name, "too many files of its name are there already"))
    }
}

/// Moves a file, never over another one. A hard link is made where the disk has such a thing: it fails if the name is
/// taken, which a rename does not.
fn moved(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) => Err(error),
        Err(_) if fs::symlink_metadata(to).is_ok() => Err(ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

/// What a walk through a folder has found so far.
#[derive(Default)]
struct Walk {
    found: Vec<Found>,
    passed_over: Vec<PassedOver>,
}

impl Walk {
    /// Goes through a folder and its subfolders. A subfolder that cannot be read is passed over.
    fn folder(&mut self, root: &Path, prefix: &str) -> io::Result<()> {
        let mut folders = vec![(root.to_owned(), prefix.to_owned())];
        let mut is_root = true;
        while let Some((folder, prefix)) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if is_root => return Err(error),
                Err(error) => {
                    self.passed_over.push(told(&prefix, &format!("the folder cannot be read: {error}")));
                    continue;
                }
            };
            is_root = false;
            for entry in entries {
                let entry = entry?;
                self.entry(&entry, &prefix, &mut folders);
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &fs::DirEntry, prefix: &str, folders: &mut Vec<(PathBuf, String)>) {
        let name = entry.file_name();
        let full = format!("{prefix}{}", name.to_string_lossy());
        if is_passed_over(&name.to_string_lossy()) {
            return;
        }
        if name.to_str().is_none() {
            return self.passed_over.push(told(&full, "its name is not UTF-8"));
        }
        match entry.metadata() {
            Ok(meta) if meta.is_dir() => folders.push((entry.path(), format!("{full}/"))),
            Ok(meta) if meta.is_file() => {
                self.found.push(Found { listed: listed(shown(&full), &meta), path: entry.path() });
            }
            Ok(meta) if meta.is_symlink() => {
                self.passed_over.push(told(&full, "it is a link; links are not followed"));
            }
            Ok(_) => self.passed_over.push(told(&full, "it is no ordinary file")),
            // It went while the folder was being listed.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => self.passed_over.push(told(&full, &error.to_string())),
        }
    }
}

fn told(name: &str, reason: &str) -> PassedOver {
    PassedOver { name: shown(name), reason: reason.to_owned() }
}

fn listed(name: String, meta: &Metadata) -> Listed {
    let nanos = |nanos: u128| i64::try_from(nanos).unwrap_or(i64::MAX);
    let modified = meta.modified().ok().map(|time| match time.duration_since(UNIX_EPOCH) {
        Ok(after) => nanos(after.as_nanos()),
        Err(before) => -nanos(before.duration().as_nanos()),
    });
    Listed { name, bytes: Some(meta.len()), modified, version: None }
}

fn failed(operation: &'static str, subject: &str, error: &io::Error) -> PortError {
    let fault = match error.kind() {
        ErrorKind::Interrupted | ErrorKind::TimedOut | ErrorKind::WouldBlock => Fault::Transient,
        _ => Fault::Permanent,
    };
    PortError::permanent(operation, shown(subject), error).fault(fault)
}

/// Runs what may wait for a disk on a thread of its own.
async fn waiting<T: Send + 'static>(
    operation: &'static str,
    drop: &LocalDrop,
    task: impl FnOnce(&LocalDrop) -> Result<T, PortError> + Send + 'static,
) -> Result<T, PortError> {
    let own = drop.clone();
    let joined = spawn_blocking(move || task(&own)).await;
    joined.unwrap_or_else(|error| Err(PortError::permanent(operation, &drop.location, error)))
}

#[async_trait::async_trait]
impl DropFolder for LocalDrop {
    fn location(&self) -> &str {
        &self.location
    }

    fn is_remote(&self) -> bool {
        false
    }

    async fn list(&self) -> Result<Listing, PortError> {
        waiting("list", self, |drop| {
            let (found, passed_over) = drop.walk()?;
            Ok(Listing { files: found.into_iter().map(|file| file.listed).collect(), passed_over })
        })
        .await
    }

    async fn look(&self, name: &str) -> Result<Option<Listed>, PortError> {
        let name = name.to_owned();
        waiting("look at", self, move |drop| drop.look_now(&name)).await
    }

    async fn read(&self, name: &str) -> Result<ByteStream, PortError> {
        let name: Arc<str> = name.into();
        let opened = Arc::clone(&name);
        let file = waiting("read", self, move |drop| drop.open_now(&opened)).await?;
        let chunks = stream::try_unfold(Chunks::of(file), move |mut chunks| {
            let name = Arc::clone(&name);
            async move {
                let read = spawn_blocking(move || chunks.next().map(|bytes| (bytes, chunks))).await;
                match read {
                    Ok(Ok((bytes, _))) if bytes.is_empty() => Ok(None),
                    Ok(Ok(next)) => Ok(Some(next)),
                    Ok(Err(error)) => Err(failed("read", &name, &error)),
                    Err(error) => Err(PortError::permanent("read", &*name, error)),
                }
            }
        });
        Ok(chunks.boxed())
    }

    async fn delete(&self, name: &str) -> Result<(), PortError> {
        let name = name.to_owned();
        waiting("delete", self, move |drop| {
            let path = drop.path("delete", &name)?;
            fs::remove_file(path).map_err(|error| failed("delete", &name, &error))
        })
        .await
    }

    async fn move_into(&self, name: &str, folder: &str) -> Result<(), PortError> {
        let (name, folder) = (name.to_owned(), folder.to_owned());
        waiting("move", self, move |drop| drop.move_now(&name, &folder)).await
    }
}

/// A file that is read piece by piece. Memory of pieces that are done with is used again: to get it anew from the
/// system takes as long as to read them.
struct Chunks {
    file: File,
    done_with: Arc<Mutex<Vec<Box<[u8]>>>>,
}

/// A piece of a file.
struct Chunk {
    /// None once it is dropped.
    bytes: Option<Box<[u8]>>,
    filled: usize,
    done_with: Arc<Mutex<Vec<Box<[u8]>>>>,
}

impl Chunks {
    fn of(file: File) -> Self {
        Self { file, done_with: Arc::default() }
    }

    /// The next bytes; none at the end.
    fn next(&mut self) -> io::Result<Bytes> {
        let used = self.done_with.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut bytes = used.unwrap_or_else(|| vec![0; CHUNK].into());
        let mut filled = 0;
        while filled < CHUNK {
            match self.file.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let done_with = Arc::clone(&self.done_with);
        Ok(Bytes::from_owner(Chunk { bytes: Some(bytes), filled, done_with }))
    }
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref().and_then(|bytes| bytes.get(..self.filled)).unwrap_or_default()
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        let mut done_with = self.done_with.lock().unwrap_or_else(PoisonError::into_inner);
        done_with.extend(self.bytes.take());
    }
}
