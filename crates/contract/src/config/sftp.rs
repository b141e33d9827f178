//! `[[sftp]]`: how to log in to an SFTP server, and how to know that it is the right one.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::values::{count, filled, interval};

/// An `[[sftp]]`: holds for the locations on its host, and for its port and user alone where it names them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SftpConfig {
    /// Name or address of the server, as in the locations.
    #[serde(deserialize_with = "filled")]
    pub host: Spanned<String>,
    /// Its port.
    #[serde(default, deserialize_with = "count")]
    pub port: Option<u16>,
    /// The user to log in as.
    pub user: Option<String>,
    /// File of the private key.
    pub key_file: Option<String>,
    /// File of the key's passphrase.
    pub key_passphrase_file: Option<String>,
    /// File of the password.
    pub password_file: Option<String>,
    /// Whether the keys of the SSH agent are tried.
    pub agent: Option<bool>,
    /// Whether the password is given where the server asks questions.
    pub keyboard_interactive: Option<bool>,
    /// Fingerprints of the server's key, any of which is right.
    pub host_key: Option<HostKeyConfig>,
    /// File of known hosts.
    pub known_hosts: Option<String>,
    /// For connecting, and again for logging in.
    #[serde(default, deserialize_with = "interval")]
    pub connect_timeout: Option<Duration>,
    /// For each answer of the server.
    #[serde(default, deserialize_with = "interval")]
    pub read_timeout: Option<Duration>,
    /// How often something is tried in all.
    #[serde(default, deserialize_with = "count")]
    pub attempts: Option<u32>,
    /// Files that are received side by side.
    #[serde(default, deserialize_with = "count")]
    pub parallel: Option<usize>,
}

impl SftpConfig {
    /// Takes its paths from a folder.
    pub fn rebase(&mut self, folder: &Path) {
        let files = [
            &mut self.key_file,
            &mut self.key_passphrase_file,
            &mut self.password_file,
            &mut self.known_hosts,
        ];
        for path in files.into_iter().flatten() {
            *path = folder.join(&*path).to_string_lossy().into_owned();
        }
    }
}

/// One fingerprint, or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a fingerprint in quotes, as \"SHA256:…\", or a list of them")]
pub enum HostKeyConfig {
    /// One.
    One(String),
    /// Several: before and after a change, or of several keys.
    Any(Vec<String>),
}

impl HostKeyConfig {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Any(any) => any,
        }
    }
}
