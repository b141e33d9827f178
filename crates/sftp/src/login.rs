//! Logging in: keys, agent, password, questions, in the order that was given.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use leadq_pipeline::ports::{Fault, PortError};
use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::{self, HashAlg, PrivateKey, PrivateKeyWithHashAlg};
use russh::{MethodKind, MethodSet};

use crate::connection::Client;

/// A text that is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Of a text, without the line ends behind it, which editors add.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A way to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// By a private key.
    Key {
        /// Its file.
        path: PathBuf,
        /// What it is encrypted with.
        passphrase: Option<Secret>,
    },
    /// By any key of an SSH agent.
    Agent {
        /// Its socket.
        socket: PathBuf,
    },
    /// By a password.
    Password(Secret),
    /// By a password, as the answer to what the server asks.
    KeyboardInteractive(Secret),
}

/// A way to log in, read and unlocked.
pub(crate) enum Ready {
    Key { shown: String, key: Arc<PrivateKey> },
    Agent(PathBuf),
    Password(Secret),
    KeyboardInteractive(Secret),
}

impl Ready {
    /// Reads and unlocks keys. Waits for the disk, and takes a while where a key is encrypted.
    ///
    /// # Errors
    /// If a key cannot be read or unlocked, or there is no way to log in at all.
    pub(crate) fn of(logins: &[Login], server: &str) -> Result<Vec<Self>, PortError> {
        if logins.is_empty() {
            return Err(PortError::permanent("log in to", server, "no way to log in is configured").hint(
                "set key_file, agent or password_file in an [[sftp]] for its host, or LEADQ_SFTP_PASSWORD",
            ));
        }
        let ready = logins.iter().map(|login| match login {
            Login::Key { path, passphrase } => key(path, passphrase.as_ref()),
            Login::Agent { socket } => Ok(Self::Agent(socket.clone())),
            Login::Password(secret) => Ok(Self::Password(secret.clone())),
            Login::KeyboardInteractive(secret) => Ok(Self::KeyboardInteractive(secret.clone())),
        });
        ready.collect()
    }

    /// What a server has to allow for it.
    fn method(&self) -> MethodKind {
        match self {
            Self::Key { .. } | Self::Agent(_) => MethodKind::PublicKey,
            Self::Password(_) => MethodKind::Password,
            Self::KeyboardInteractive(_) => MethodKind::KeyboardInteractive,
        }
    }

    /// As it is told.
    fn told(&self) -> &str {
        match self {
            Self::Key { shown, .. } => shown,
            Self::Agent(_) => "agent",
            Self::Password(_) => "password",
            Self::KeyboardInteractive(_) => "keyboard-interactive",
        }
    }
}

/// Reads a private key.
fn key(path: &Path, passphrase: Option<&Secret>) -> Result<Ready, PortError> {
    let wrong = |reason: String| PortError::permanent("use the key", path.display().to_string(), reason);
    let text = std::fs::read_to_string(path).map_err(|error| {
        wrong(error.to_string()).hint("let key_file in [[sftp]] name a private key that can be read")
    })?;
    warn_if_others_read(path);
    let tried = |passphrase| keys::decode_secret_key(&text, passphrase);
    let read = match tried(None) {
        Err(keys::Error::KeyIsEncrypted) => {
            let passphrase = passphrase.ok_or_else(|| {
                wrong("it is encrypted, and no passphrase is set".to_owned()).hint(
                    "set key_passphrase_file in [[sftp]], LEADQ_SFTP_KEY_PASSPHRASE, or the systemd credential \
                     sftp-key-passphrase",
                )
            })?;
            tried(Some(passphrase.text())).map_err(|_| {
                wrong("the passphrase does not open it".to_owned()).hint(
                    "correct what key_passphrase_file, LEADQ_SFTP_KEY_PASSPHRASE or the systemd credential \
                     sftp-key-passphrase holds; `ssh-keygen -yf FILE` tries one",
                )
            })?
        }
        read => read.map_err(|error| {
            wrong(format!("it is no private key that can be used: {error}"))
                .hint("name a private key of the kind ed25519, ECDSA or RSA, in OpenSSH's form or PEM; not the .pub file")
        })?,
    };
    let shown = format!("key {} ({})", path.display(), read.algorithm());
    Ok(Ready::Key { shown, key: Arc::new(read) })
}

/// Says when others than the owner may read a file that holds a secret.
pub(crate) fn warn_if_others_read(path: &Path) {
    if let Some(mode) = open_to_others(path) {
        let file = path.display().to_string();
        tracing::warn!(
            sftp.file = file,
            sftp.mode = mode,
            "others than the owner may read a file that holds a secret; run `chmod 600` on it"
        );
    }
}

/// The mode of a file, if it lets others than the owner in.
#[cfg(unix)]
fn open_to_others(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o077 != 0).then(|| format!("{:03o}", mode & 0o777))
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> Option<String> {
    None
}

/// Why nobody is logged in.
pub(crate) enum NotIn {
    /// The server lets the user in by none of the ways.
    Refused(String),
    /// The connection ended meanwhile.
    Broken(russh::Error),
}

impl From<russh::Error> for NotIn {
    fn from(error: russh::Error) -> Self {
        Self::Broken(error)
    }
}

impl NotIn {
    /// As an error of the port.
    pub(crate) fn told(self, server: &str, farewell: Option<&str>) -> PortError {
        let hint = "check user, key_file, agent and password_file of the [[sftp]] for its host with the server's owner";
        match (self, farewell) {
            (Self::Refused(reason), _) => PortError::permanent("log in to", server, reason).hint(hint),
            (Self::Broken(_), Some(farewell)) => {
                let reason = format!("the server ended the login: {farewell}");
                PortError::permanent("log in to", server, reason).hint(hint)
            }
            (Self::Broken(error), None) => {
                PortError::permanent("log in to", server, format!("the connection broke: {error}"))
                    .fault(Fault::Transient)
                    .hint(
                        "the next run tries again; if it lasts, look at the network and at the server's log",
                    )
            }
        }
    }
}

/// Tries one way to log in after the other. What is sent is what the server says it allows.
pub(crate) async fn log_in(ssh: &mut Handle<Client>, user: &str, logins: &[Ready]) -> Result<(), NotIn> {
    let One::Out { mut allowed, .. } = heard(ssh.authenticate_none(user).await?.into(), ssh)? else {
        return Ok(());
    };
    // Some servers leave out what was refused once.
    let mut offered = allowed.clone();
    let mut told = Vec::new();
    let mut refused: Vec<&Secret> = Vec::new();
    for login in logins {
        let name = login.told();
        if !allowed.contains(&login.method()) {
            told.push(format!("{name}: not allowed"));
            continue;
        }
        if let Ready::KeyboardInteractive(secret) = login
            && refused.contains(&secret)
        {
            told.push(format!("{name}: not tried, the password was refused already"));
            continue;
        }
        let outcome = one(ssh, user, login).await?;
        match heard(outcome, ssh)? {
            One::In => return Ok(()),
            One::Out { allowed: now, partial } => {
                let fate = if partial { "accepted, and more is asked for" } else { "refused" };
                told.push(format!("{name}: {fate}"));
                allowed = now;
                if partial {
                    offered.clone_from(&allowed);
                }
                if let Ready::Password(secret) = login
                    && !partial
                {
                    refused.push(secret);
                }
            }
            One::Unable(reason) => told.push(format!("{name}: {reason}")),
        }
    }
    let methods: Vec<String> = offered.iter().map(String::from).collect();
    Err(NotIn::Refused(format!(
        "the server does not let {user} in; tried: {}; the server allows: {}",
        told.join("; "),
        if methods.is_empty() { "nothing".to_owned() } else { methods.join(", ") }
    )))
}

/// What came of one way to log in.
enum One {
    In,
    Out {
        allowed: MethodSet,
        partial: bool,
    },
    /// It could not even be tried.
    Unable(String),
}

impl From<AuthResult> for One {
    fn from(result: AuthResult) -> Self {
        match result {
            AuthResult::Success => Self::In,
            AuthResult::Failure { remaining_methods: allowed, partial_success: partial } => {
                Self::Out { allowed, partial }
            }
        }
    }
}

/// An outcome that the server said; `russh` has a connection that broke look like a refusal that allows nothing.
fn heard(outcome: One, ssh: &Handle<Client>) -> Result<One, russh::Error> {
    match outcome {
        One::Out { allowed, .. } if allowed.is_empty() && ssh.is_closed() => Err(russh::Error::Disconnect),
        outcome => Ok(outcome),
    }
}

async fn one(ssh: &mut Handle<Client>, user: &str, login: &Ready) -> Result<One, russh::Error> {
    match login {
        Ready::Key { key, .. } => {
            let hash = match hash(ssh, key.algorithm().is_rsa()).await? {
                Ok(hash) => hash,
                Err(reason) => return Ok(One::Unable(reason)),
            };
            let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
            Ok(ssh.authenticate_publickey(user, key).await?.into())
        }
        Ready::Agent(socket) => agent(ssh, user, socket).await,
        Ready::Password(secret) => Ok(ssh.authenticate_password(user, secret.text()).await?.into()),
        Ready::KeyboardInteractive(secret) => questions(ssh, user, secret).await,
    }
}

/// The hash for signatures of RSA keys: what the server says it takes, and never SHA-1.
async fn hash(ssh: &Handle<Client>, is_rsa: bool) -> Result<Result<Option<HashAlg>, String>, russh::Error> {
    if !is_rsa {
        return Ok(Ok(None));
    }
    Ok(match ssh.best_supported_rsa_hash().await? {
        Some(None) => Err("the server takes RSA keys with SHA-1 only, which can be forged".to_owned()),
        Some(hash) => Ok(hash),
        None => Ok(Some(HashAlg::Sha512)),
    })
}

/// Tries the keys of an agent.
#[cfg(unix)]
async fn agent(ssh: &mut Handle<Client>, user: &str, socket: &Path) -> Result<One, russh::Error> {
    use russh::AgentAuthError;
    use russh::keys::agent::AgentIdentity;
    use russh::keys::agent::client::AgentClient;

    let unreachable =
        |error: keys::Error| One::Unable(format!("cannot be asked at {}: {error}", socket.display()));
    let mut client = match AgentClient::connect_uds(socket).await {
        Ok(client) => client,
        Err(error) => return Ok(unreachable(error)),
    };
    let identities = match client.request_identities().await {
        Ok(identities) => identities,
        Err(error) => return Ok(unreachable(error)),
    };
    let mut last = One::Unable("it holds no key".to_owned());
    for identity in identities {
        let AgentIdentity::PublicKey { key, .. } = identity else { continue };
        let hash = match hash(ssh, key.algorithm().is_rsa()).await? {
            Ok(hash) => hash,
            Err(reason) => {
                last = One::Unable(reason);
                continue;
            }
        };
        last = match ssh.authenticate_publickey_with(user, key, hash, &mut client).await {
            Ok(result) => result.into(),
            Err(AgentAuthError::Send(_)) => return Err(russh::Error::SendError),
            Err(AgentAuthError::Key(error)) => One::Unable(format!("it did not sign: {error}")),
        };
        if matches!(last, One::In | One::Out { partial: true, .. }) {
            break;
        }
    }
    Ok(last)
}

#[cfg(not(unix))]
async fn agent(_: &mut Handle<Client>, _: &str, _: &Path) -> Result<One, russh::Error> {
    Ok(One::Unable("there is none on this system".to_owned()))
}

/// Rounds of questions that are gone along with.
const ROUNDS: usize = 8;

/// Answers the one question that is not shown while it is typed; a second one is beyond a password.
async fn questions(ssh: &mut Handle<Client>, user: &str, secret: &Secret) -> Result<One, russh::Error> {
    let mut answer = Some(secret.text());
    let mut response = ssh.authenticate_keyboard_interactive_start(user, None).await?;
    for _ in 0..ROUNDS {
        let prompts = match response {
            KeyboardInteractiveAuthResponse::Success => return Ok(One::In),
            KeyboardInteractiveAuthResponse::Failure { remaining_methods, partial_success } => {
                return Ok(One::Out { allowed: remaining_methods, partial: partial_success });
            }
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => prompts,
        };
        let mut answers = Vec::with_capacity(prompts.len());
        for prompt in prompts {
            let text = if prompt.echo { Some(user) } else { answer.take() };
            let Some(text) = text else {
                return Ok(One::Unable("more is asked for than one password".to_owned()));
            };
            answers.push(text.to_owned());
        }
        response = ssh.authenticate_keyboard_interactive_respond(answers).await?;
    }
    Ok(One::Unable("it does not stop asking".to_owned()))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn files_that_others_may_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (mode, told) in [(0o600, None), (0o400, None), (0o640, Some("640")), (0o604, Some("604"))] {
            set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
            assert_eq!(open_to_others(file.path()).as_deref(), told);
        }
        assert_eq!(open_to_others(&file.path().with_extension("none")), None);
    }

    #[test]
    fn a_secret_is_shown_nowhere() {
        let login = Login::Password(Secret::new("hunter2\r\n"));
        assert_eq!(format!("{login:?}"), "Password(Secret(..))");
        assert_eq!(Secret::new("hunter2\r\n").text(), "hunter2");
    }
}
