//! A connection: opened when it is needed, shared by all who need it, and opened anew after it broke.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use leadq_pipeline::ports::{Fault, PortError};
use russh::client::{self, DisconnectReason, Handle};
use russh::keys::{Algorithm, PublicKey, PublicKeyOrCertificate};
use russh::{AlgorithmKind, ChannelMsg, Preferred};
use russh_sftp::client::{Config, RawSftpSession};
use russh_sftp::protocol::VERSION;
use tokio::sync::Mutex;

use crate::answer::{Failed, seconds, within, words};
use crate::host_key::Pins;
use crate::login::{Ready, log_in};
use crate::settings::SftpSettings;
use crate::stream::{Ended, Watched};

/// How often a silent server is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// Longest packet of SFTP that is taken in: a server may answer with as much as was asked for, and a listing.
const LONGEST_PACKET: u32 = 1 << 18;
/// Longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The handler of what a server says by itself.
pub(crate) struct Client {
    pins: Arc<Pins>,
    heard: Arc<Heard>,
}

/// What a server said while a connection was opened.
#[derive(Default)]
struct Heard {
    key: OnceLock<PublicKey>,
    farewell: OnceLock<String>,
}

impl client::Handler for Client {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let key = key.public_key();
        let holds = self.pins.hold(&key);
        let _ = self.heard.key.set(key);
        Ok(holds)
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Self::Error>) -> Result<(), Self::Error> {
        match reason {
            DisconnectReason::ReceivedDisconnect(farewell) => {
                let _ = self.heard.farewell.set(words(&farewell.message));
                Ok(())
            }
            DisconnectReason::Error(error) => Err(error),
        }
    }
}

/// A login and an SFTP session on it.
pub(crate) struct Connection {
    /// For its methods; each is to be asked with [`Self::ask`].
    pub(crate) sftp: RawSftpSession,
    /// Its end is that of the connection.
    ssh: Handle<Client>,
    ended: Ended,
    broken: AtomicBool,
    limit: Duration,
}

impl Connection {
    /// Waits for an answer as long as is allowed. After anything but an answer the connection is not used for more.
    pub(crate) async fn ask<T>(
        &self,
        answer: impl Future<Output = Result<T, russh_sftp::client::error::Error>>,
    ) -> Result<T, Failed> {
        let answer = within(self.limit, answer);
        let answer = tokio::select! {
            biased;
            answer = answer => answer,
            () = self.ended.come() => Err(Failed::Broken("it ended".to_owned())),
        };
        if answer.as_ref().is_err_and(Failed::is_broken) {
            self.give_up();
        }
        answer
    }

    /// Has the next who needs a connection open another one.
    pub(crate) fn give_up(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    fn is_usable(&self) -> bool {
        !self.broken.load(Ordering::Relaxed) && !self.ended.has_come() && !self.ssh.is_closed()
    }

    async fn open(settings: &SftpSettings) -> Result<Self, PortError> {
        let server = settings.server();
        let (pins, logins) = prepared(settings, &server).await?;
        let (mut ssh, heard) = trusted(settings, &Arc::new(pins), &server).await?;
        let login = log_in(&mut ssh, &settings.user, &logins);
        match tokio::time::timeout(settings.connect_timeout, login).await {
            Ok(Ok(())) => {}
            Ok(Err(not_in)) => return Err(not_in.told(&server, heard.farewell.get().map(String::as_str))),
            Err(_) => return Err(late("log in to", &server, settings.connect_timeout)),
        }
        let session = session(&ssh);
        let (sftp, ended) = match tokio::time::timeout(settings.connect_timeout, session).await {
            Ok(session) => session.map_err(|failed| failed.told("begin SFTP on", &*server))?,
            Err(_) => return Err(late("begin SFTP on", &server, settings.connect_timeout)),
        };
        tracing::debug!(sftp.server = server, "connected");
        Ok(Self { sftp, ssh, ended, broken: AtomicBool::new(false), limit: settings.read_timeout })
    }
}

/// Reads what lies on disk.
async fn prepared(settings: &SftpSettings, server: &str) -> Result<(Pins, Vec<Ready>), PortError> {
    let (settings, name) = (settings.clone(), server.to_owned());
    let read = tokio::task::spawn_blocking(move || {
        let pins = Pins::read(&settings.host_keys, &settings.host, settings.port)?;
        Ok((pins, Ready::of(&settings.logins, &name)?))
    });
    read.await.map_err(|error| PortError::permanent("connect to", server, error))?
}

/// A connection to a server that showed a pinned key.
async fn trusted(
    settings: &SftpSettings,
    pins: &Arc<Pins>,
    server: &str,
) -> Result<(Handle<Client>, Arc<Heard>), PortError> {
    let mut seen = Vec::new();
    loop {
        let heard = Arc::new(Heard::default());
        let hands = shake_hands(settings, pins.algorithms(&seen), Arc::clone(pins), Arc::clone(&heard));
        let error = match tokio::time::timeout(settings.connect_timeout, hands).await {
            Ok(Ok(ssh)) => return Ok((ssh, heard)),
            Ok(Err(error)) => error,
            Err(_) => return Err(late("connect to", server, settings.connect_timeout)),
        };
        match (heard.key.get(), error) {
            (Some(key), _) if !pins.hold(key) => {
                let again = pins.may_be_another() && !seen.contains(key);
                seen.push(key.clone());
                if !again || pins.algorithms(&seen).is_empty() {
                    return Err(pins.refusal(server, &seen));
                }
            }
            (_, russh::Error::NoCommonAlgo { kind: AlgorithmKind::Key, theirs, .. }) => {
                return Err(if seen.is_empty() {
                    pins.no_common(server, &theirs)
                } else {
                    pins.refusal(server, &seen)
                });
            }
            (_, error) => return Err(told(&error, heard.farewell.get(), server)),
        }
    }
}

async fn shake_hands(
    settings: &SftpSettings,
    algorithms: Vec<Algorithm>,
    pins: Arc<Pins>,
    heard: Arc<Heard>,
) -> Result<Handle<Client>, russh::Error> {
    let config = client::Config {
        preferred: Preferred { key: algorithms.into(), ..Preferred::default() },
        keepalive_interval: Some(KEEPALIVE),
        // Ends what a dead server left behind, before its key is known too, when no keepalive is sent yet.
        inactivity_timeout: Some(settings.connect_timeout + settings.read_timeout + 3 * KEEPALIVE),
        nodelay: true,
        ..client::Config::default()
    };
    let address = (settings.host.as_str(), settings.port);
    client::connect(Arc::new(config), address, Client { pins, heard }).await
}

/// Begins SFTP.
async fn session(ssh: &Handle<Client>) -> Result<(RawSftpSession, Ended), Failed> {
    let broken = |error: russh::Error| Failed::Broken(words(&error.to_string()));
    let mut channel = ssh.channel_open_session().await.map_err(broken)?;
    channel.request_subsystem(true, "sftp").await.map_err(broken)?;
    loop {
        match channel.wait().await {
            Some(ChannelMsg::Success) => break,
            Some(ChannelMsg::Failure) => {
                return Err(Failed::Absurd("the server does not offer SFTP to this user".to_owned()));
            }
            Some(_) => {}
            None => return Err(Failed::Broken("the server closed the channel".to_owned())),
        }
    }
    // How long an answer may take is decided by who asks.
    let config = Config { max_packet_len: LONGEST_PACKET, request_timeout_secs: 86_400, ..Config::default() };
    let (stream, ended) = Watched::new(channel.into_stream());
    let sftp = RawSftpSession::new_with_config(stream, config);
    let version = sftp.init().await?.version;
    if version != VERSION {
        return Err(Failed::Absurd(format!("the server speaks version {version} of SFTP, not {VERSION}")));
    }
    Ok((sftp, ended))
}

fn late(operation: &'static str, server: &str, limit: Duration) -> PortError {
    PortError::permanent(operation, server, format!("the server did not answer within {}", seconds(&limit)))
        .fault(Fault::Transient)
        .hint("the next run tries again; if the server is only slow, set connect_timeout in [[sftp]] higher")
}

/// A connection that did not come about, as an error of the port.
fn told(error: &russh::Error, farewell: Option<&String>, server: &str) -> PortError {
    let permanent = |reason: String| PortError::permanent("connect to", server, reason);
    match error {
        russh::Error::NoCommonAlgo { kind, theirs, .. } => {
            let kind = format!("{kind:?}").to_lowercase();
            permanent(format!("no common {kind} algorithm; the server has {}", words(&theirs.join(", "))))
                .hint("ask the server's owner for algorithms that are held to be safe today")
        }
        russh::Error::Version => permanent("what answers is no SSH server".to_owned())
            .hint("see whether host and port of the location are right"),
        russh::Error::WrongServerSig => {
            permanent("the server cannot prove that its host key is its own".to_owned())
                .hint("ask the server's owner; somebody may stand between, and nothing was sent to them")
        }
        error => {
            let reason =
                farewell.map_or_else(|| words(&error.to_string()), |words| format!("it said: {words}"));
            permanent(reason)
                .fault(Fault::Transient)
                .hint("the next run tries again; if it lasts, see whether host and port are right and the network lets through")
        }
    }
}

/// A server, and the connection to it while there is one.
pub(crate) struct Server {
    pub(crate) settings: SftpSettings,
    kept: Mutex<Option<Arc<Connection>>>,
}

impl Server {
    pub(crate) fn new(settings: SftpSettings) -> Self {
        Self { settings, kept: Mutex::new(None) }
    }

    /// The connection; opened, if there is none that can be used.
    async fn connection(&self) -> Result<Arc<Connection>, PortError> {
        let mut kept = self.kept.lock().await;
        if let Some(connection) = kept.as_ref().filter(|connection| connection.is_usable()) {
            return Ok(Arc::clone(connection));
        }
        *kept = None;
        let connection = Arc::new(Connection::open(&self.settings).await?);
        *kept = Some(Arc::clone(&connection));
        Ok(connection)
    }

    /// Does something on the connection, and again after a pause where that can help.
    ///
    /// # Errors
    /// The last failure.
    pub(crate) async fn retried<T, F>(&self, work: impl Fn(Arc<Connection>) -> F) -> Result<T, PortError>
    where
        F: Future<Output = Result<T, PortError>>,
    {
        let pauses = ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(self.settings.first_pause)
            .with_max_delay(LONGEST_PAUSE.max(self.settings.first_pause))
            .with_max_times(self.settings.attempts.saturating_sub(1) as usize);
        (|| async { work(self.connection().await?).await })
            .retry(pauses)
            .when(|error: &PortError| error.fault == Fault::Transient)
            .notify(|error, pause| {
                tracing::warn!(error = %error, sftp.pause_ms = pause.as_millis(), "tried again after a pause");
            })
            .await
    }
}
