//! The port: a folder on an SFTP server.

use std::sync::Arc;

use leadq_ingest::names::shown;
use leadq_pipeline::ports::{ByteStream, DropFolder, Fault, Listed, Listing, PortError};
use russh_sftp::protocol::{FileAttributes, FileType};
use tokio::sync::Semaphore;

use crate::answer::Failed;
use crate::connection::{Connection, Server};
use crate::list::{self, kind, listed};
use crate::location::Location;
use crate::names::refused_path;
use crate::read::OpenFile;
use crate::settings::SftpSettings;

/// Names that are tried for a file whose name is taken.
const MOST_NUMBERS: u32 = 1_000;

/// A drop on an SFTP server. Nothing is sent before it is first asked for something; the connection is kept then, and
/// all that goes on at once goes over it.
///
/// Of the streams that [`read`](DropFolder::read) gives, as many as `parallel` says are open at once: the next waits
/// until one of them has been read to its end or dropped.
pub struct SftpDrop {
    server: Server,
    location: Location,
    /// As it is told: with its user, and its port if that is not 22.
    told: String,
    reading: Arc<Semaphore>,
}

impl SftpDrop {
    /// A drop at a location, reached as the settings say.
    #[must_use]
    pub fn new(settings: SftpSettings, location: Location) -> Self {
        let told = shown(&format!("{}{}", settings.server(), location.path()));
        let reading = Arc::new(Semaphore::new(settings.parallel.max(1)));
        Self { server: Server::new(settings), location, told, reading }
    }

    /// A file as it is told in errors.
    fn subject(&self, name: &str) -> String {
        let path = self.location.below(&shown(name));
        let path = if path.starts_with('/') { path } else { format!("/~/{path}") };
        format!("{}{path}", self.server.settings.server())
    }

    /// Refuses a name that does not lie below the root.
    fn lies_below(&self, operation: &'static str, name: &str) -> Result<(), PortError> {
        match refused_path(name) {
            None => Ok(()),
            Some(reason) => Err(PortError::permanent(operation, self.subject(name), reason)
                .hint("ask whoever puts the files there for a plain name")),
        }
    }

    /// Looks at a file, or at nothing where there is none.
    async fn found(&self, operation: &'static str, name: &str) -> Result<Option<FileAttributes>, PortError> {
        self.lies_below(operation, name)?;
        let path = self.location.below(name);
        let look = |connection: Arc<Connection>| {
            let path = path.clone();
            async move {
                match connection.ask(connection.sftp.lstat(path)).await {
                    Ok(attrs) => Ok(Some(attrs.attrs)),
                    Err(failed) if failed.is_missing() => Ok(None),
                    Err(failed) => Err(failed.told(operation, self.subject(name))),
                }
            }
        };
        Ok(self.server.retried(look).await?.filter(is_file))
    }

    /// A connection on which a file was just seen, so that it works.
    async fn at(&self, operation: &'static str, name: &str) -> Result<Arc<Connection>, PortError> {
        self.lies_below(operation, name)?;
        let path = self.location.below(name);
        let look = |connection: Arc<Connection>| {
            let path = path.clone();
            async move {
                let attrs = connection.ask(connection.sftp.lstat(path)).await;
                let attrs = attrs.map_err(|failed| failed.told(operation, self.subject(name)))?.attrs;
                if is_file(&attrs) {
                    return Ok(connection);
                }
                let reason = "it is a link, a folder, or no ordinary file";
                Err(PortError::permanent(operation, self.subject(name), reason)
                    .hint("ask whoever puts the files there for an ordinary file"))
            }
        };
        self.server.retried(look).await
    }

    /// Makes a folder below the root, and those above it.
    async fn make(&self, connection: &Connection, folder: &str) -> Result<(), PortError> {
        let mut made = String::new();
        for part in folder.split('/') {
            if !made.is_empty() {
                made.push('/');
            }
            made.push_str(part);
            let path = self.location.below(&made);
            let told = |failed: Failed| failed.told("make the folder", self.subject(&made));
            match connection.ask(connection.sftp.lstat(&*path)).await {
                Ok(attrs) if kind(&attrs.attrs, "").is_none_or(|kind| kind == FileType::Dir) => continue,
                Ok(_) => {
                    let reason = "there is something of that name that is no folder";
                    return Err(PortError::permanent("make the folder", self.subject(&made), reason)
                        .hint("take it away, or name another folder"));
                }
                Err(failed) if failed.is_missing() => {}
                Err(failed) => return Err(told(failed)),
            }
            let made = connection.ask(connection.sftp.mkdir(&*path, FileAttributes::empty())).await;
            if let Err(failed) = made {
                // Somebody else may have made it in between.
                let there = connection.ask(connection.sftp.lstat(&*path)).await;
                if failed.is_broken() || there.is_err() {
                    return Err(told(failed));
                }
            }
        }
        Ok(())
    }
}

/// Whether what is there can be taken: where the server does not say, it is held to be a file.
fn is_file(attrs: &FileAttributes) -> bool {
    kind(attrs, "").is_none_or(|kind| kind == FileType::File)
}

/// A name with a number, before the ending.
fn numbered(name: &str, number: u32) -> String {
    match (number, name.rsplit_once('.')) {
        (0, _) => name.to_owned(),
        (number, Some((stem, ending))) if !stem.is_empty() => format!("{stem}-{number}.{ending}"),
        (number, _) => format!("{name}-{number}"),
    }
}

#[async_trait::async_trait]
impl DropFolder for SftpDrop {
    fn location(&self) -> &str {
        &self.told
    }

    fn is_remote(&self) -> bool {
        true
    }

    async fn list(&self) -> Result<Listing, PortError> {
        let server = self.server.settings.server();
        let server = server.as_str();
        let list = |connection: Arc<Connection>| async move {
            list::list(&connection, &self.location, server).await
        };
        self.server.retried(list).await
    }

    async fn look(&self, name: &str) -> Result<Option<Listed>, PortError> {
        Ok(self.found("look at", name).await?.map(|attrs| listed(name.to_owned(), &attrs)))
    }

    /// Opening is tried again where that can help; reading is not.
    async fn read(&self, name: &str) -> Result<ByteStream, PortError> {
        let permit = Arc::clone(&self.reading).acquire_owned().await;
        let permit = permit.map_err(|error| PortError::permanent("open", self.subject(name), error))?;
        let mut tries = 0;
        loop {
            // A link in the file's place would be followed by the server.
            let connection = self.at("open", name).await?;
            let path = self.location.below(name);
            match OpenFile::open(connection, path, self.subject(name)).await {
                Ok(file) => return Ok(Box::pin(file.stream(permit))),
                Err(error) if error.fault == Fault::Transient && tries == 0 => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn delete(&self, name: &str) -> Result<(), PortError> {
        let connection = self.at("delete", name).await?;
        let removed = connection.ask(connection.sftp.remove(self.location.below(name))).await;
        removed.map(drop).map_err(|failed| failed.told("delete", self.subject(name)))
    }

    async fn move_into(&self, name: &str, folder: &str) -> Result<(), PortError> {
        let folder = folder.trim_matches('/');
        self.lies_below("move into", folder)?;
        let connection = self.at("move", name).await?;
        self.make(&connection, folder).await?;
        let plain = name.rsplit('/').next().unwrap_or(name);
        let from = self.location.below(name);
        for number in 0..MOST_NUMBERS {
            let target = format!("{folder}/{}", numbered(plain, number));
            let to = self.location.below(&target);
            let told = |failed: Failed| failed.told("move", self.subject(name));
            // Some servers overwrite: what is there is looked for before, as well as after a failure.
            match connection.ask(connection.sftp.lstat(&*to)).await {
                Ok(_) => continue,
                Err(failed) if failed.is_missing() => {}
                Err(failed) => return Err(told(failed)),
            }
            let Err(failed) = connection.ask(connection.sftp.rename(&*from, &*to)).await else {
                return Ok(());
            };
            if failed.is_broken() || connection.ask(connection.sftp.lstat(&*to)).await.is_err() {
                return Err(told(failed));
            }
        }
        let reason = format!("{MOST_NUMBERS} files of its name are in {folder} already");
        Err(PortError::permanent("move", self.subject(name), reason).hint("clear the folder"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names() {
        let cases = [
            ("a.csv", 0, "a.csv"),
            ("a.csv", 1, "a-1.csv"),
            ("a.b.csv", 12, "a.b-12.csv"),
            ("a", 2, "a-2"),
            (".a", 2, ".a-2"),
        ];
        for (name, number, expected) in cases {
            assert_eq!(numbered(name, number), expected);
        }
    }
}
