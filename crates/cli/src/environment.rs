//! What the environment says; nobody else reads it.

use std::path::{Path, PathBuf};

/// Environment variables that leadq reads.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    pub(crate) lake: Option<String>,
    pub(crate) memory: Option<String>,
    pub(crate) secret: Option<String>,
    pub(crate) secret_file: Option<PathBuf>,
    /// Who runs this process.
    pub(crate) user: Option<String>,
    pub(crate) ssh_agent: Option<PathBuf>,
    pub(crate) sftp_password: Option<String>,
    pub(crate) sftp_key_passphrase: Option<String>,
    /// Address of the webhook that alerts go to.
    pub(crate) webhook: Option<String>,
    pub(crate) smtp_password: Option<String>,
}

impl Environment {
    /// Reads the environment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn read() -> Self {
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        // What systemd hands over to a unit lies in files of its own.
        let credential = |name: &str| {
            let file = Path::new(&text("CREDENTIALS_DIRECTORY")?).join(name);
            Some(std::fs::read_to_string(file).ok()?.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let secret = |variable: &str, name: &str| text(variable).or_else(|| credential(name));
        Self {
            lake: text("LEADQ_LAKE"),
            memory: text("LEADQ_MEMORY"),
            secret: secret("LEADQ_SECRET", "leadq-secret"),
            secret_file: text("LEADQ_SECRET_FILE").map(PathBuf::from),
            user: text("USER").or_else(|| text("LOGNAME")),
            ssh_agent: text("SSH_AUTH_SOCK").map(PathBuf::from),
            sftp_password: secret("LEADQ_SFTP_PASSWORD", "sftp-password"),
            sftp_key_passphrase: secret("LEADQ_SFTP_KEY_PASSPHRASE", "sftp-key-passphrase"),
            webhook: secret("LEADQ_WEBHOOK", "leadq-webhook"),
            smtp_password: secret("LEADQ_SMTP_PASSWORD", "leadq-smtp-password"),
        }
    }
}
