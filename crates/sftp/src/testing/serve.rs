//! Files and folders of a plan, as SFTP asks for them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use russh_sftp::protocol::{Attrs, Data, File, FileAttributes, Handle, Name, OpenFlags, Status, StatusCode};
use russh_sftp::server::Handler;

use super::{Plan, ServedFile, Shared, Silence, State, locked};

/// What a handle stands for.
enum Open {
    Folder { left: Vec<File> },
    File { path: String },
}

/// One session of SFTP.
pub(super) struct Files {
    shared: Shared,
    open: HashMap<String, Open>,
    next: u64,
}

impl Files {
    pub(super) fn new(shared: Shared) -> Self {
        Self { shared, open: HashMap::new(), next: 0 }
    }

    /// Writes a request down, and keeps still if that is the plan.
    async fn asked(&self, silence: Option<Silence>, request: &str, path: &str) {
        let silent = {
            let mut state = locked(&self.shared);
            state.log.requests.push(format!("{request} {path}"));
            silence.is_some() && state.plan.silence == silence
        };
        if silent {
            std::future::pending::<()>().await;
        }
    }

    fn handle(&mut self, id: u32, open: Open) -> Handle {
        self.next += 1;
        let handle = self.next.to_string();
        self.open.insert(handle.clone(), open);
        let files = self.open.values().filter(|open| matches!(open, Open::File { .. })).count();
        let log = &mut locked(&self.shared).log;
        log.handles += 1;
        log.most_files = log.most_files.max(files);
        Handle { id, handle }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        locked(&self.shared).log.handles -= self.open.len();
    }
}

fn done(id: u32) -> Status {
    Status { id, status_code: StatusCode::Ok, error_message: String::new(), language_tag: String::new() }
}

/// A path from the root, without `.`; the home of who logs in is the root.
fn absolute(path: &str) -> String {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    format!("/{}", parts.join("/"))
}

/// The folder that a path is in, and its name there.
fn parent(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some(parts) => parts,
        None => ("/", path),
    }
}

fn of_kind(mode: u32) -> FileAttributes {
    FileAttributes { permissions: Some(mode), mtime: Some(1_700_000_000), ..FileAttributes::default() }
}

fn told(file: &ServedFile) -> FileAttributes {
    let truth = || FileAttributes {
        size: Some(file.bytes.len() as u64),
        mtime: Some(file.modified),
        ..of_kind(0o100_644)
    };
    file.told.clone().unwrap_or_else(truth)
}

impl Plan {
    /// Every folder that there is.
    fn folders(&self) -> BTreeSet<String> {
        let mut folders = BTreeSet::from(["/".to_owned()]);
        let paths = self.files.keys().chain(self.links.keys()).chain(self.entries.keys());
        let mut left: Vec<&str> = paths.map(|path| parent(path).0).collect();
        left.extend(self.entries.keys().map(String::as_str));
        while let Some(folder) = left.pop() {
            if folders.insert(folder.to_owned()) {
                left.push(parent(folder).0);
            }
        }
        folders
    }

    /// What a path is, without following it.
    fn attributes(&self, path: &str) -> Option<FileAttributes> {
        if let Some(file) = self.files.get(path) {
            return Some(told(file));
        }
        if self.links.contains_key(path) {
            return Some(of_kind(0o120_777));
        }
        self.folders().contains(path).then(|| of_kind(0o040_755))
    }

    /// What is in a folder.
    fn listing(&self, folder: &str) -> Option<Vec<File>> {
        let folders = self.folders();
        if !folders.contains(folder) {
            return None;
        }
        let mut found: BTreeMap<&str, FileAttributes> = BTreeMap::new();
        let within = |path: &'_ str| path != "/" && parent(path).0 == folder;
        for folder in folders.iter().filter(|path| within(path)) {
            found.insert(parent(folder).1, of_kind(0o040_755));
        }
        for (path, file) in self.files.iter().filter(|(path, _)| within(path)) {
            found.insert(parent(path).1, told(file));
        }
        for path in self.links.keys().filter(|path| within(path)) {
            found.insert(parent(path).1, of_kind(0o120_777));
        }
        let mut files: Vec<File> = [".", ".."]
            .into_iter()
            .map(|name| File { longname: String::new(), ..File::dummy(name) })
            .collect();
        // A line for people would tell the kind where the attributes do not.
        files.extend(found.into_iter().map(|(name, attrs)| line(name, attrs)));
        let further = self.entries.get(folder).into_iter().flatten();
        files.extend(further.map(|(name, attrs)| line(name, attrs.clone())));
        Some(files)
    }
}

fn line(name: &str, attrs: FileAttributes) -> File {
    File { filename: name.to_owned(), longname: String::new(), attrs }
}

/// Changes a file that a listing has shown, if that is the plan.
fn once_listed(state: &mut State, folder: &str, name: &str) {
    let path = absolute(&format!("{folder}/{name}"));
    if let Some(file) = state.plan.files.get_mut(&path)
        && let Some((bytes, modified)) = file.once_listed.take()
    {
        file.bytes = bytes;
        file.modified = modified;
    }
}

impl Handler for Files {
    type Error = StatusCode;

    fn unimplemented(&self) -> Self::Error {
        StatusCode::OpUnsupported
    }

    async fn opendir(&mut self, id: u32, path: String) -> Result<Handle, Self::Error> {
        let path = absolute(&path);
        self.asked(Some(Silence::Listing), "list", &path).await;
        let left = {
            let state = &mut *locked(&self.shared);
            let mut left = state.plan.listing(&path).ok_or(StatusCode::NoSuchFile)?;
            left.iter().for_each(|file| once_listed(state, &path, &file.filename));
            left.reverse();
            left
        };
        Ok(self.handle(id, Open::Folder { left }))
    }

    async fn readdir(&mut self, id: u32, handle: String) -> Result<Name, Self::Error> {
        let (page, endless) = {
            let state = locked(&self.shared);
            (state.plan.page.unwrap_or(100), state.plan.endless)
        };
        let Some(Open::Folder { left }) = self.open.get_mut(&handle) else { return Err(StatusCode::Failure) };
        if left.is_empty() {
            return Err(StatusCode::Eof);
        }
        let mut files = left.split_off(left.len().saturating_sub(page));
        if endless && left.is_empty() {
            left.clone_from(&files);
        }
        files.reverse();
        Ok(Name { id, files })
    }

    async fn open(
        &mut self,
        id: u32,
        path: String,
        _flags: OpenFlags,
        _attrs: FileAttributes,
    ) -> Result<Handle, Self::Error> {
        let path = absolute(&path);
        self.asked(None, "open", &path).await;
        if !locked(&self.shared).plan.files.contains_key(&path) {
            return Err(StatusCode::NoSuchFile);
        }
        Ok(self.handle(id, Open::File { path }))
    }

    async fn read(&mut self, id: u32, handle: String, offset: u64, len: u32) -> Result<Data, Self::Error> {
        let Some(Open::File { path }) = self.open.get(&handle) else { return Err(StatusCode::Failure) };
        self.asked(Some(Silence::Reading), "read", path).await;
        let state = locked(&self.shared);
        let file = state.plan.files.get(path).ok_or(StatusCode::NoSuchFile)?;
        let end = file.ends_at.map_or(file.bytes.len(), |end| end.min(file.bytes.len()));
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let most = state.plan.most_read.unwrap_or(usize::MAX).min(len as usize);
        let to = from.saturating_add(most).min(end);
        match file.bytes.get(from..to) {
            Some(data) if !data.is_empty() => Ok(Data { id, data: data.to_vec() }),
            _ => Err(StatusCode::Eof),
        }
    }

    async fn close(&mut self, id: u32, handle: String) -> Result<Status, Self::Error> {
        self.open.remove(&handle).ok_or(StatusCode::Failure)?;
        locked(&self.shared).log.handles -= 1;
        Ok(done(id))
    }

    async fn lstat(&mut self, id: u32, path: String) -> Result<Attrs, Self::Error> {
        let path = absolute(&path);
        self.asked(Some(Silence::Looking), "look", &path).await;
        let attrs = locked(&self.shared).plan.attributes(&path).ok_or(StatusCode::NoSuchFile)?;
        Ok(Attrs { id, attrs })
    }

    async fn remove(&mut self, id: u32, path: String) -> Result<Status, Self::Error> {
        let path = absolute(&path);
        self.asked(None, "remove", &path).await;
        locked(&self.shared).plan.files.remove(&path).ok_or(StatusCode::NoSuchFile)?;
        Ok(done(id))
    }

    async fn mkdir(&mut self, id: u32, path: String, _attrs: FileAttributes) -> Result<Status, Self::Error> {
        let path = absolute(&path);
        self.asked(None, "mkdir", &path).await;
        locked(&self.shared).plan.entries.entry(path).or_default();
        Ok(done(id))
    }

    async fn rename(&mut self, id: u32, from: String, to: String) -> Result<Status, Self::Error> {
        let (from, to) = (absolute(&from), absolute(&to));
        self.asked(None, "rename", &format!("{from} to {to}")).await;
        let plan = &mut locked(&self.shared).plan;
        if !plan.folders().contains(parent(&to).0) {
            return Err(StatusCode::NoSuchFile);
        }
        if plan.attributes(&to).is_some() && !plan.overwrites {
            return Err(StatusCode::Failure);
        }
        let file = plan.files.remove(&from).ok_or(StatusCode::NoSuchFile)?;
        plan.files.insert(to, file);
        Ok(done(id))
    }
}
