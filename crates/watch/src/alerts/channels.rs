//! The ways to tell people, as the configuration has them.

use std::path::{Path, PathBuf};

use leadq_contract::config::AlertsConfig;
use leadq_contract::{AlertKind, TextError};

use super::book::AlertBook;
use super::facts::Facts;
use super::judge::judge;
use super::message::Message;
use super::smtp::Smtp;
use super::webhook::Webhook;
use crate::error::WatchError;

/// Names of the channels, in the book and in logs.
const WEBHOOK: &str = "webhook";
const SMTP: &str = "smtp";
/// Names of systemd credentials.
const WEBHOOK_CREDENTIAL: &str = "leadq-webhook";
const PASSWORD_CREDENTIAL: &str = "leadq-smtp-password";

/// Where secrets may be beside the files that the configuration names.
#[derive(Default)]
pub struct Secrets {
    /// The address of the webhook, from `LEADQ_WEBHOOK`; goes before a file.
    pub webhook: Option<String>,
    /// The password of the mail server, from `LEADQ_SMTP_PASSWORD`; goes before a file.
    pub smtp_password: Option<String>,
    /// The folder of systemd's credentials, from `CREDENTIALS_DIRECTORY`; a file that is named goes before it.
    pub credentials: Option<PathBuf>,
}

impl Secrets {
    fn find(
        &self,
        given: Option<&String>,
        file: Option<&String>,
        credential: &str,
    ) -> Result<Option<String>, WatchError> {
        if let Some(given) = given {
            return Ok(Some(given.trim().to_owned()));
        }
        let path = match file {
            Some(file) => PathBuf::from(file),
            None => match self.credentials.as_ref().map(|folder| folder.join(credential)) {
                Some(path) if path.is_file() => path,
                _ => return Ok(None),
            },
        };
        read(&path).map(Some)
    }
}

fn read(path: &Path) -> Result<String, WatchError> {
    let failed = |reason: String| {
        WatchError::new("read", path.display().to_string(), reason)
            .hint("put the secret alone into this file, readable by leadq's user only")
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let text = text.trim();
    if text.is_empty() { Err(failed("it is empty".to_owned())) } else { Ok(text.to_owned()) }
}

/// Why channels cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// Something in the configuration is wrong.
    #[error(transparent)]
    Configuration(#[from] TextError),
    /// A secret is not there, or none.
    #[error(transparent)]
    Secret(#[from] WatchError),
}

/// The ways to tell people. Without any, alerts are in the log only.
#[derive(Debug, Default)]
pub struct Channels {
    /// A webhook.
    pub webhook: Option<Webhook>,
    /// Mail.
    pub smtp: Option<Smtp>,
    /// Kinds that nobody is told of.
    pub off: Vec<AlertKind>,
}

impl Channels {
    /// The channels of a configuration.
    ///
    /// # Errors
    /// What is wrong in the configuration, with its place, or with a secret.
    pub fn of_config(config: &AlertsConfig, secrets: &Secrets) -> Result<Self, ChannelError> {
        let (given, file) = (secrets.webhook.as_ref(), config.webhook_file.as_ref());
        let webhook = secrets.find(given, file, WEBHOOK_CREDENTIAL)?;
        let webhook = webhook.map(|address| Webhook::new(&address)).transpose()?;
        let smtp = match &config.smtp {
            Some(smtp) => {
                let (given, file) = (secrets.smtp_password.as_ref(), smtp.password_file.as_ref());
                let password = match smtp.user {
                    Some(_) => secrets.find(given, file, PASSWORD_CREDENTIAL)?,
                    None => None,
                };
                Some(Smtp::new(smtp, password)?)
            }
            None => None,
        };
        Ok(Self { webhook, smtp, off: config.off.clone() })
    }

    /// The names of those that there are.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let webhook = self.webhook.as_ref().map(|_| WEBHOOK);
        let smtp = self.smtp.as_ref().map(|_| SMTP);
        webhook.into_iter().chain(smtp).collect()
    }
}

/// Judges the facts, and tells each channel what it has not been told yet. The book has to be stored afterwards, whether
/// or not a channel failed: what one was told is not told to it again.
///
/// # Errors
/// None: a channel that fails is told at the next run. What failed is returned, and has been logged.
pub async fn deliver(book: &mut AlertBook, facts: &Facts, channels: &Channels) -> Vec<WatchError> {
    let names = channels.names();
    let alerts = judge(facts, |key| book.since(key));
    book.turn(facts.now, alerts, facts.data.is_some(), &channels.off, &names);
    let mut failed = Vec::new();
    for name in names {
        let Some(message) = Message::of(&book.waiting_for(name)) else { continue };
        let told = match (name, &channels.webhook, &channels.smtp) {
            (WEBHOOK, Some(webhook), _) => webhook.send(&message).await,
            (_, _, Some(smtp)) => smtp.send(&message).await,
            _ => continue,
        };
        match told {
            Ok(()) => book.told(name),
            Err(error) => {
                let hint = error.hint.as_deref().unwrap_or_default();
                tracing::warn!(channel = name, %error, hint, "people could not be told of alerts");
                failed.push(error);
            }
        }
    }
    failed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> AlertsConfig {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn secrets_come_from_where_they_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let address = "https://hooks.example.com/x\n";
        let named = folder.path().join("named");
        std::fs::write(&named, address).unwrap();
        let of = |config: &AlertsConfig, secrets: &Secrets| {
            Channels::of_config(config, secrets).map(|channels| channels.names())
        };
        let none = Secrets::default();
        assert_eq!(of(&config(""), &none).unwrap(), [""; 0]);
        let named = config(&format!("webhook_file = {:?}", named.to_str().unwrap()));
        assert_eq!(of(&named, &none).unwrap(), ["webhook"]);
        let given = Secrets { webhook: Some(address.to_owned()), ..Secrets::default() };
        assert_eq!(of(&config("webhook_file = \"/absent\""), &given).unwrap(), ["webhook"]);
        let credentials = Secrets { credentials: Some(folder.path().to_owned()), ..Secrets::default() };
        assert_eq!(of(&config(""), &credentials).unwrap(), [""; 0]);
        std::fs::write(folder.path().join(WEBHOOK_CREDENTIAL), address).unwrap();
        std::fs::write(folder.path().join(PASSWORD_CREDENTIAL), "pass").unwrap();
        let mail = "[smtp]\nhost = \"h\"\nuser = \"u\"\nfrom = \"a@x.org\"\nto = [\"b@x.org\"]";
        assert_eq!(of(&config(mail), &credentials).unwrap(), ["webhook", "smtp"]);
    }

    #[test]
    fn a_secret_that_is_missing_is_told() {
        let error =
            Channels::of_config(&config("webhook_file = \"/absent\""), &Secrets::default()).unwrap_err();
        assert!(error.to_string().starts_with("cannot read /absent: "), "{error}");
        let mail = "[smtp]\nhost = \"h\"\nuser = \"u\"\nfrom = \"a@x.org\"\nto = [\"b@x.org\"]";
        let error = Channels::of_config(&config(mail), &Secrets::default()).unwrap_err();
        assert!(error.to_string().contains("no password"), "{error}");
    }
}
