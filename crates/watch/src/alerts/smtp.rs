//! Tells people by mail.

use std::time::Duration;

use leadq_contract::config::SmtpConfig;
use leadq_contract::{MailTls, TextError};
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Mailboxes, MessageBuilder};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::message::Message;
use crate::error::WatchError;

/// The longest that a server may take to answer a command.
const TIME_OUT: Duration = Duration::from_secs(20);

/// A mail server, and who writes to whom.
pub struct Smtp {
    host: String,
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Mailboxes,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Smtp {
    /// The mail server of the configuration, with the password of its user.
    ///
    /// # Errors
    /// What is wrong in the configuration, with its place where it has one.
    pub fn new(config: &SmtpConfig, password: Option<String>) -> Result<Self, TextError> {
        let wrong =
            |message: String, help: &str| TextError { message, help: Some(help.to_owned()), span: None };
        let mut to = Mailboxes::new();
        for address in &config.to {
            to.push(mailbox("alerts.smtp.to", address.get_ref(), address.span())?);
        }
        let tls = config.tls.unwrap_or_default();
        let host = config.host.trim();
        let local = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let credentials = match (&config.user, password) {
            (Some(_), None) => {
                let message = "alerts.smtp.user: there is no password for it".to_owned();
                return Err(wrong(
                    message,
                    "name its file with alerts.smtp.password_file, or set LEADQ_SMTP_PASSWORD",
                ));
            }
            (Some(_), Some(_)) if tls == MailTls::Plain && !local => {
                let message = "alerts.smtp.tls: \"none\" would send the password in the clear".to_owned();
                return Err(wrong(message, "take \"starttls\" or \"implicit\", or leave out user"));
            }
            (Some(user), Some(password)) => Some(Credentials::new(user.clone(), password)),
            (None, _) => None,
        };
        let transport = match tls {
            MailTls::Starttls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host),
            MailTls::Implicit => AsyncSmtpTransport::<Tokio1Executor>::relay(host),
            MailTls::Plain => Ok(AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)),
        };
        let mut transport = transport.map_err(|error| {
            wrong(
                format!("alerts.smtp.host: {host:?} cannot be used: {error}"),
                "give the name of the mail server",
            )
        })?;
        transport = transport.timeout(Some(TIME_OUT));
        if let Some(port) = config.port {
            transport = transport.port(port);
        }
        if let Some(credentials) = credentials {
            transport = transport.credentials(credentials);
        }
        let from = mailbox("alerts.smtp.from", config.from.get_ref(), config.from.span())?;
        Ok(Self { host: host.to_owned(), transport: transport.build(), from, to })
    }

    /// Sends a message.
    ///
    /// # Errors
    /// Names the host and what it said; no address and no password.
    pub async fn send(&self, message: &Message) -> Result<(), WatchError> {
        let failed = |reason: String, hint: &str| {
            WatchError::new("send mail by", self.host.clone(), reason).hint(hint)
        };
        let mail = self
            .to
            .clone()
            .into_iter()
            .fold(MessageBuilder::new().from(self.from.clone()), MessageBuilder::to)
            .subject(message.subject.clone())
            .header(ContentType::TEXT_PLAIN)
            .message_id(None)
            .body(format!("{}\n", message.text))
            .map_err(|error| failed(error.to_string(), "this is a bug in leadq; please report it"))?;
        match self.transport.send(mail).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let hint = if error.is_permanent() {
                    "look at alerts.smtp in leadq.toml: user, password, sender, recipients; the next run tries again"
                } else {
                    "the next run tries again"
                };
                Err(failed(said(&error), hint))
            }
        }
    }
}

/// What a server answered, without its words, which may hold addresses.
fn said(error: &lettre::transport::smtp::Error) -> String {
    if let Some(code) = error.status() {
        return format!("it answered {code}");
    }
    if error.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

fn mailbox(key: &str, text: &str, span: std::ops::Range<usize>) -> Result<Mailbox, TextError> {
    text.parse().map_err(|_| TextError {
        // Not the address itself: it may be a person's.
        message: format!("{key}: an address cannot be read"),
        help: Some("write it as leadq@example.com or \"leadq <leadq@example.com>\"".to_owned()),
        span: Some(span),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(more: &str) -> SmtpConfig {
        toml::from_str(&format!(
            "host = \"mail.example.com\"\nfrom = \"a@example.com\"\nto = [\"b@example.com\"]\n{more}"
        ))
        .unwrap()
    }

    #[test]
    fn what_is_wrong_is_told() {
        let cases = [
            ("user = \"u\"", None, "alerts.smtp.user: there is no password"),
            (
                "user = \"u\"\ntls = \"none\"",
                Some("pass"),
                "alerts.smtp.tls: \"none\" would send the password",
            ),
        ];
        for (more, password, expected) in cases {
            let error = Smtp::new(&config(more), password.map(str::to_owned)).unwrap_err();
            assert!(error.message.starts_with(expected) && error.help.is_some(), "{error}");
        }
        let text = "host = \"h\"\nfrom = \"a@example.com\"\nto = [\"b@example.com\",\n\"nobody\"]";
        let error = Smtp::new(&toml::from_str(text).unwrap(), None).unwrap_err();
        assert_eq!(error.line(text), Some(4));
        assert!(!error.message.contains("nobody"), "{error}");
    }

    #[test]
    fn what_is_right_is_taken() {
        for more in ["", "tls = \"none\"", "user = \"u\"\ntls = \"implicit\"", "user = \"u\"\nport = 25"] {
            assert!(Smtp::new(&config(more), Some("pass".to_owned())).is_ok(), "{more}");
        }
    }
}
