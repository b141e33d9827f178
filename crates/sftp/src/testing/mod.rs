//! An SFTP server on loopback for tests, that misbehaves as it is told to: `russh` and `russh-sftp` from the other side.
//!
//! Built with the feature `testing` only. What it serves is a [`Plan`], which a test may change while it runs.

mod serve;
mod ssh;
mod wire;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use russh::keys::key::safe_rng;
use russh::keys::{Algorithm, HashAlg, PrivateKey};
use russh::{MethodKind, MethodSet};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::host_key::HostKeys;
use crate::login::{Login, Secret};
use crate::settings::SftpSettings;

pub use russh_sftp::protocol::FileAttributes;

/// The user that may log in.
pub const USER: &str = "drops";

/// A file as it is served.
#[derive(Debug, Clone, Default)]
pub struct ServedFile {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Its modification time, in seconds since the epoch.
    pub modified: u32,
    /// What is told of it instead of the truth: its size, its time, its kind, or nothing of them.
    pub told: Option<FileAttributes>,
    /// Reading ends after so many bytes, whatever is in it.
    pub ends_at: Option<usize>,
    /// What is in it, and when it was changed, from the moment that a listing has shown it.
    pub once_listed: Option<(Vec<u8>, u32)>,
}

/// When the server falls silent: it takes the request and never answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// At once: it takes the connection, and says nothing.
    Connecting,
    /// When somebody logs in.
    LoggingIn,
    /// When a folder is listed.
    Listing,
    /// When a file is looked at.
    Looking,
    /// When a file is read.
    Reading,
}

/// What is served, and how.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Files by their path, from `/` on. The folders above them are there, too.
    pub files: BTreeMap<String, ServedFile>,
    /// Symbolic links by their path, with what they lead to.
    pub links: BTreeMap<String, String>,
    /// Further entries of a folder's listing, by the folder's path: any name, any attributes.
    pub entries: BTreeMap<String, Vec<(String, FileAttributes)>>,
    /// The password that is right; it is asked for.
    pub password: Option<String>,
    /// The answer that is right, where the server asks for it in its own words.
    pub answer: Option<String>,
    /// Most bytes of an answer to a request for bytes.
    pub most_read: Option<usize>,
    /// Entries of an answer to a request for a listing; 100 by default.
    pub page: Option<usize>,
    /// Listings do not end: the last page comes again and again.
    pub endless: bool,
    /// The connection is cut after the server has sent so many bytes on it.
    pub cut_after: Option<u64>,
    /// So many connections are cut, and no more; all by default.
    pub cuts: Option<usize>,
    /// When it falls silent.
    pub silence: Option<Silence>,
    /// It offers no SFTP.
    pub no_sftp: bool,
    /// Renaming overwrites what is there.
    pub overwrites: bool,
}

impl Plan {
    /// A plan that serves some files, with the password `right`.
    #[must_use]
    pub fn serving<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let file = |bytes: &[u8]| ServedFile {
            bytes: bytes.to_vec(),
            modified: 1_700_000_000,
            ..ServedFile::default()
        };
        let files = files.into_iter().map(|(path, bytes)| (path.to_owned(), file(bytes)));
        Self { files: files.collect(), password: Some("right".to_owned()), ..Self::default() }
    }
}

/// What a server has done so far.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// Connections taken.
    pub connections: usize,
    /// Requests, as `open /a.csv`.
    pub requests: Vec<String>,
    /// Logins that were tried, as `password`.
    pub logins: Vec<String>,
    /// Handles that are open.
    pub handles: usize,
    /// Most handles of files that were open at once.
    pub most_files: usize,
}

/// Plan and log, shared by all connections.
#[derive(Debug, Default)]
struct State {
    plan: Plan,
    log: Log,
}

type Shared = Arc<Mutex<State>>;

fn locked(shared: &Shared) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A server that runs until it is dropped.
pub struct TestServer {
    port: u16,
    fingerprints: Vec<String>,
    shared: Shared,
    accepting: JoinHandle<()>,
}

impl TestServer {
    /// Starts one on a free port of loopback, with an ed25519 host key of its own.
    ///
    /// # Errors
    /// If there is no port, or no key can be made.
    pub async fn start(plan: Plan) -> io::Result<Self> {
        Self::start_with_keys(plan, &[Algorithm::Ed25519]).await
    }

    /// Starts one with host keys of these kinds.
    ///
    /// # Errors
    /// If there is no port, or a key cannot be made.
    pub async fn start_with_keys(plan: Plan, kinds: &[Algorithm]) -> io::Result<Self> {
        let make =
            |kind: &Algorithm| PrivateKey::random(&mut safe_rng(), kind.clone()).map_err(io::Error::other);
        let keys = kinds.iter().map(make).collect::<io::Result<Vec<_>>>()?;
        let fingerprints = keys.iter().map(|key| key.fingerprint(HashAlg::Sha256).to_string()).collect();
        let mut methods = MethodSet::empty();
        methods.push(MethodKind::PublicKey);
        let asked = [(&plan.password, MethodKind::Password), (&plan.answer, MethodKind::KeyboardInteractive)];
        asked.into_iter().filter(|(right, _)| right.is_some()).for_each(|(_, method)| methods.push(method));
        let config = russh::server::Config {
            keys,
            methods,
            auth_rejection_time: Duration::ZERO,
            nodelay: true,
            ..russh::server::Config::default()
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let shared = Shared::new(Mutex::new(State { plan, log: Log::default() }));
        let accepting = tokio::spawn(wire::accept(listener, Arc::new(config), Arc::clone(&shared)));
        Ok(Self { port, fingerprints, shared, accepting })
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Fingerprints of its host keys.
    #[must_use]
    pub fn fingerprints(&self) -> &[String] {
        &self.fingerprints
    }

    /// A location on it.
    #[must_use]
    pub fn location(&self, path: &str) -> String {
        format!("sftp://{USER}@127.0.0.1:{}{path}", self.port)
    }

    /// Settings that log in with the password `right`, and try once.
    #[must_use]
    pub fn settings(&self) -> SftpSettings {
        SftpSettings {
            port: self.port,
            logins: vec![Login::Password(Secret::new("right"))],
            attempts: 1,
            first_pause: Duration::from_millis(1),
            ..SftpSettings::new("127.0.0.1", USER, HostKeys::Fingerprints(self.fingerprints.clone()))
        }
    }

    /// Changes what is served from now on, and how.
    pub fn change(&self, change: impl FnOnce(&mut Plan)) {
        change(&mut locked(&self.shared).plan);
    }

    /// What is served now.
    #[must_use]
    pub fn plan(&self) -> Plan {
        locked(&self.shared).plan.clone()
    }

    /// What it has done so far.
    #[must_use]
    pub fn log(&self) -> Log {
        locked(&self.shared).log.clone()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
