//! Where, as whom, and how the server is known: what is configured, resolved for one location.

use std::path::{Path, PathBuf};
use std::time::Duration;

use leadq_contract::config::SftpConfig;
use leadq_pipeline::ports::PortError;

use crate::host_key::HostKeys;
use crate::known_hosts::PORT;
use crate::location::Location;
use crate::login::{Login, Secret, warn_if_others_read};

/// How to reach a server.
#[derive(Debug, Clone)]
pub struct SftpSettings {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The user to log in as.
    pub user: String,
    /// Ways to log in, in the order in which they are tried.
    pub logins: Vec<Login>,
    /// By what its key is known.
    pub host_keys: HostKeys,
    /// Longest wait for a connection whose key is checked, again for the login, and again for SFTP to begin.
    pub connect_timeout: Duration,
    /// Longest wait for an answer.
    pub read_timeout: Duration,
    /// How often connecting, listing and looking are tried in all.
    pub attempts: u32,
    /// Pause before the second try; it grows from try to try, and is drawn from between one and two times that.
    pub first_pause: Duration,
    /// Files that are received side by side.
    pub parallel: usize,
}

/// What is found outside the configuration: in the environment, the account, the credentials of a unit.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The user that this process runs as.
    pub user: Option<String>,
    /// Its home.
    pub home: Option<PathBuf>,
    /// The socket of its SSH agent.
    pub agent_socket: Option<PathBuf>,
    /// `LEADQ_SFTP_PASSWORD` or the credential `sftp-password`, for servers without a `password_file`.
    pub password: Option<Secret>,
    /// `LEADQ_SFTP_KEY_PASSPHRASE` or the credential `sftp-key-passphrase`, for keys without a `key_passphrase_file`.
    pub key_passphrase: Option<Secret>,
}

impl SftpSettings {
    /// Settings of a server with all else at its default, and no way to log in.
    #[must_use]
    pub fn new(host: impl Into<String>, user: impl Into<String>, host_keys: HostKeys) -> Self {
        Self {
            host: host.into(),
            port: PORT,
            user: user.into(),
            logins: Vec::new(),
            host_keys,
            connect_timeout: Duration::from_secs(20),
            read_timeout: Duration::from_secs(60),
            attempts: 4,
            first_pause: Duration::from_secs(1),
            parallel: 4,
        }
    }

    /// Resolves the settings for a location: by the `[[sftp]]` for its host, where there is one, and what surrounds
    /// the process. Files of passwords and passphrases are read.
    ///
    /// # Errors
    /// If such a file cannot be read, or it is not known as whom to log in, or what the server is known by.
    pub fn resolve(
        location: &Location,
        sections: &[SftpConfig],
        around: &Surroundings,
    ) -> Result<Self, PortError> {
        let section = section(location, sections);
        let about = |reason: &str| PortError::permanent("log in to", location.host(), reason);
        let user =
            location.user().map(str::to_owned).or_else(|| section?.user.clone()).or(around.user.clone());
        let user = user.ok_or_else(|| {
            about("it is not said as whom")
                .hint("set user in [[sftp]], or write sftp://user@host/… in the location")
        })?;
        let mut settings = Self::new(location.host(), user, host_keys(section, around, location)?);
        let port = location.port().or_else(|| section?.port);
        settings.port = port.unwrap_or(settings.port);
        settings.logins = logins(section, around)?;
        if let Some(section) = section {
            settings.connect_timeout = section.connect_timeout.unwrap_or(settings.connect_timeout);
            settings.read_timeout = section.read_timeout.unwrap_or(settings.read_timeout);
            settings.attempts = section.attempts.unwrap_or(settings.attempts);
            settings.parallel = section.parallel.unwrap_or(settings.parallel);
        }
        Ok(settings)
    }

    /// The server as it is told, and known again.
    pub(crate) fn server(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match self.port {
            PORT => format!("sftp://{}@{host}", self.user),
            port => format!("sftp://{}@{host}:{port}", self.user),
        }
    }
}

/// The section for a location: of those that do not name another port or user, the one that names most.
fn section<'a>(location: &Location, sections: &'a [SftpConfig]) -> Option<&'a SftpConfig> {
    let mut best: Option<(usize, &SftpConfig)> = None;
    for section in sections {
        let host = section.host.get_ref().trim_start_matches('[').trim_end_matches(']');
        let port = (section.port, location.port());
        let user = (section.user.as_deref(), location.user());
        let differs = matches!(port, (Some(port), named) if named.is_some_and(|named| named != port))
            || matches!(user, (Some(user), named) if named.is_some_and(|named| named != user));
        if !host.eq_ignore_ascii_case(location.host()) || differs {
            continue;
        }
        let named = usize::from(port.0.is_some() && port.1.is_some())
            + usize::from(user.0.is_some() && user.1.is_some());
        if best.is_none_or(|(most, _)| named > most) {
            best = Some((named, section));
        }
    }
    best.map(|(_, section)| section)
}

fn host_keys(
    section: Option<&SftpConfig>,
    around: &Surroundings,
    location: &Location,
) -> Result<HostKeys, PortError> {
    if let Some(host_key) = section.and_then(|section| section.host_key.as_ref()) {
        return Ok(HostKeys::Fingerprints(host_key.all().to_vec()));
    }
    let named = section.and_then(|section| section.known_hosts.as_ref()).map(PathBuf::from);
    let usual = || around.home.as_ref().map(|home| home.join(".ssh").join("known_hosts"));
    named.or_else(usual).map(HostKeys::KnownHosts).ok_or_else(|| {
        PortError::permanent("trust", location.host(), "nothing says what its host key is")
            .hint("set host_key in [[sftp]] to the fingerprint that the server's owner tells, or known_hosts to a file")
    })
}

fn logins(section: Option<&SftpConfig>, around: &Surroundings) -> Result<Vec<Login>, PortError> {
    let file = |named: fn(&SftpConfig) -> Option<&String>| section.and_then(named).map(PathBuf::from);
    let mut logins = Vec::new();
    if let Some(path) = file(|section| section.key_file.as_ref()) {
        let own = file(|section| section.key_passphrase_file.as_ref());
        let passphrase = match own {
            Some(file) => Some(secret(&file)?),
            None => around.key_passphrase.clone(),
        };
        logins.push(Login::Key { path, passphrase });
    }
    let password = match file(|section| section.password_file.as_ref()) {
        Some(file) => Some(secret(&file)?),
        None => around.password.clone(),
    };
    let only = logins.is_empty() && password.is_none();
    if section.and_then(|section| section.agent).unwrap_or(only)
        && let Some(socket) = around.agent_socket.clone()
    {
        logins.push(Login::Agent { socket });
    }
    if let Some(password) = password {
        logins.push(Login::Password(password.clone()));
        if section.and_then(|section| section.keyboard_interactive).unwrap_or(true) {
            logins.push(Login::KeyboardInteractive(password));
        }
    }
    Ok(logins)
}

/// Reads the file of a secret.
fn secret(path: &Path) -> Result<Secret, PortError> {
    let wrong = |reason: String| {
        PortError::permanent("read", path.display().to_string(), reason)
            .hint("let password_file or key_passphrase_file in [[sftp]] name a file that holds nothing but the secret")
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    warn_if_others_read(path);
    if text.trim().is_empty() {
        return Err(wrong("it is empty".to_owned()));
    }
    Ok(Secret::new(&text))
}

#[cfg(test)]
mod tests {
    use leadq_contract::config::Config;

    use super::*;

    fn resolve(location: &str, config: &str, around: &Surroundings) -> Result<SftpSettings, PortError> {
        let sections = Config::parse(config).unwrap().sftp;
        SftpSettings::resolve(&Location::parse(location).unwrap(), &sections, around)
    }

    fn around() -> Surroundings {
        Surroundings { user: Some("me".to_owned()), home: Some("/srv/me".into()), ..Surroundings::default() }
    }

    #[test]
    fn without_a_section_known_hosts_and_the_agent() {
        let mut around = around();
        around.agent_socket = Some("/run/agent".into());
        let settings = resolve("sftp://h/x", "", &around).unwrap();
        assert_eq!(settings.server(), "sftp://me@h");
        assert_eq!(settings.host_keys, HostKeys::KnownHosts("/srv/me/.ssh/known_hosts".into()));
        assert_eq!(settings.logins, [Login::Agent { socket: "/run/agent".into() }]);
        around.password = Some(Secret::new("hunter2\n"));
        let settings = resolve("sftp://ann@[::1]:2222/x", "", &around).unwrap();
        assert_eq!(settings.server(), "sftp://ann@[::1]:2222");
        let password = Secret::new("hunter2");
        let expected = [Login::Password(password.clone()), Login::KeyboardInteractive(password)];
        assert_eq!(settings.logins, expected);
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn the_documented_values_are_the_defaults() {
        let lines = leadq_contract::config::DOCUMENTED.lines();
        let set: Vec<_> = lines.map(|line| line.strip_prefix("#: ").unwrap_or(line)).collect();
        let section = Config::parse(&set.join("\n")).unwrap().sftp.remove(0);
        let default = SftpSettings::new("sftp.example.com", "leadq", HostKeys::Fingerprints(Vec::new()));
        assert_eq!(section.port, Some(default.port));
        assert_eq!(section.connect_timeout, Some(default.connect_timeout));
        assert_eq!(section.read_timeout, Some(default.read_timeout));
        assert_eq!((section.attempts, section.parallel), (Some(default.attempts), Some(default.parallel)));
    }

    #[test]
    fn the_section_that_names_most() {
        let config = "[[sftp]]\nhost = \"h\"\nuser = \"ann\"\n[[sftp]]\nhost = \"H\"\nport = 2222\nattempts = 9\n\
                      [[sftp]]\nhost = \"h\"\nport = 2222\nuser = \"bob\"\nattempts = 7\n";
        let of = |location: &str| {
            resolve(location, config, &around()).map(|it| (it.server(), it.attempts)).unwrap()
        };
        assert_eq!(of("sftp://h/x"), ("sftp://ann@h".to_owned(), 4));
        assert_eq!(of("sftp://h:2222/x"), ("sftp://me@h:2222".to_owned(), 9));
        assert_eq!(of("sftp://bob@h:2222/x"), ("sftp://bob@h:2222".to_owned(), 7));
        assert_eq!(of("sftp://eve@h:22/x"), ("sftp://eve@h".to_owned(), 4));
        assert_eq!(of("sftp://other/x"), ("sftp://me@other".to_owned(), 4));
    }

    #[test]
    fn secrets_from_files_go_before_those_around() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let (password, empty) = (path("p", "a b \r\n"), path("e", "\n"));
        let config = |file: &Path| format!("[[sftp]]\nhost = \"h\"\npassword_file = '{}'\n", file.display());
        let mut around = around();
        around.password = Some(Secret::new("other"));
        let settings = resolve("sftp://h/x", &config(&password), &around).unwrap();
        assert_eq!(settings.logins[0], Login::Password(Secret::new("a b ")));
        for wrong in [&empty, &folder.path().join("none")] {
            let error = resolve("sftp://h/x", &config(wrong), &around).unwrap_err();
            assert!(error.hint.is_some_and(|hint| hint.contains("password_file")));
        }
        let text = "[[sftp]]\nhost = \"h\"\nkey_file = \"k\"\nagent = true\nkeyboard_interactive = false\nhost_key = \"SHA256:x\"\n";
        around.agent_socket = Some("/a".into());
        around.key_passphrase = Some(Secret::new("open"));
        let settings = resolve("sftp://h/x", text, &around).unwrap();
        let key = Login::Key { path: "k".into(), passphrase: around.key_passphrase.clone() };
        let others = [Login::Agent { socket: "/a".into() }, Login::Password(Secret::new("other"))];
        assert_eq!((&settings.logins[0], &settings.logins[1..]), (&key, &others[..]));
        assert_eq!(settings.host_keys, HostKeys::Fingerprints(vec!["SHA256:x".to_owned()]));
    }

    #[test]
    fn what_is_missing_is_said() {
        let nobody = Surroundings { user: None, ..around() };
        assert!(resolve("sftp://h/x", "", &nobody).unwrap_err().hint.unwrap().contains("user"));
        let homeless = Surroundings { home: None, ..around() };
        assert!(resolve("sftp://h/x", "", &homeless).unwrap_err().hint.unwrap().contains("host_key"));
    }
}
