//! `leadq.toml`: what may stand in it, as types; text in, configuration out, or what is wrong and where.
//!
//! The documented default, with every key, is `leadq.toml` at the root of the repository.

pub mod documented;
mod drops;
mod sftp;
mod values;
mod watch;

pub use drops::{After, DropsConfig};
pub use sftp::{HostKeyConfig, SftpConfig};
pub use values::{Memory, Size};
pub use watch::{AlertsConfig, CronExpressions, ScheduleConfig, SmtpConfig};

use chrono_tz::Tz;
use serde::Deserialize;
use toml::Spanned;

use crate::column::normalise_header;
use crate::identity::{Algorithm, EmailRule, PhoneRule};
use crate::rows::lead_rows;
use crate::{ClientId, ClientSettings, IdentityRule, LeadSchema, Limits, SnapshotPattern, Table, TextError};
use values::{count, interval, named, nonempty, parsed};

/// The documented default file.
pub const DOCUMENTED: &str = include_str!("../../../../leadq.toml");

/// A configuration as it is written; what is not there is at its default.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the tables are.
    pub lake: Option<String>,
    /// Where the leads are.
    pub leads: Option<Vec<String>>,
    /// Columns of the leads that are kept as dimensions.
    pub dimensions: Option<Vec<Spanned<String>>>,
    /// The file that says what columns are called and how they are read.
    pub schemas: Option<String>,
    /// Memory of the process.
    pub memory: Option<Memory>,
    /// Threads.
    #[serde(default, deserialize_with = "count")]
    pub threads: Option<usize>,
    /// Folder for what does not fit into memory.
    pub scratch: Option<String>,
    /// File of the secret.
    pub secret_file: Option<String>,
    /// Runs whose tables stay readable.
    #[serde(default, deserialize_with = "count")]
    pub keep_runs: Option<u64>,
    /// How long files stay in the archive.
    #[serde(default)]
    pub archive: ArchiveConfig,
    /// Bounds on report files.
    #[serde(default)]
    pub limits: LimitsConfig,
    /// When it runs by itself.
    #[serde(default)]
    pub schedule: ScheduleConfig,
    /// Who is told.
    #[serde(default)]
    pub alerts: AlertsConfig,
    /// How drops are taken from.
    #[serde(default)]
    pub drops: DropsConfig,
    /// The clients.
    #[serde(default)]
    pub client: Vec<ClientConfig>,
    /// SFTP servers that drops are on.
    #[serde(default)]
    pub sftp: Vec<SftpConfig>,
}

/// `[archive]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveConfig {
    /// For how long after it was received.
    #[serde(default, deserialize_with = "interval")]
    pub keep_for: Option<std::time::Duration>,
    /// How many of the latest of a client.
    #[serde(default, deserialize_with = "count")]
    pub keep_files: Option<u32>,
}

/// `[limits]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Bytes of one report or archive, decompressed.
    pub max_file_size: Option<Size>,
    /// Decompressed to compressed bytes.
    #[serde(default, deserialize_with = "count")]
    pub max_ratio: Option<u32>,
    /// Columns of a report.
    #[serde(default, deserialize_with = "count")]
    pub max_columns: Option<u32>,
}

impl LimitsConfig {
    /// The limits that follow.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let default = Limits::default();
        Limits {
            max_file_size: self.max_file_size.map_or(default.max_file_size, |size| size.0),
            max_ratio: self.max_ratio.unwrap_or(default.max_ratio),
            max_columns: self.max_columns.unwrap_or(default.max_columns),
        }
    }
}

/// A `[[client]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientConfig {
    /// Id, in every table.
    #[serde(deserialize_with = "nonempty")]
    pub id: Spanned<String>,
    /// Name for people.
    pub name: Option<String>,
    /// Zone of its wall times.
    #[serde(default, deserialize_with = "values::zone")]
    pub timezone: Option<Tz>,
    /// Where its reports are.
    pub reports: Vec<String>,
    /// Where leads of its own are.
    pub leads: Option<Vec<String>>,
    /// Its own `schemas.json`, laid over the one of all.
    pub schemas: Option<String>,
    /// The time in its files' names.
    #[serde(default, deserialize_with = "parsed")]
    pub snapshot_pattern: Option<SnapshotPattern>,
    /// How often a report is expected.
    #[serde(default, deserialize_with = "interval")]
    pub expected_interval: Option<std::time::Duration>,
    /// Hub limit of leads.
    #[serde(default, deserialize_with = "count")]
    pub max_leads_per_key: Option<u32>,
    /// Hub limit of records.
    #[serde(default, deserialize_with = "count")]
    pub max_records_per_key: Option<u32>,
    /// How its plain text is hashed.
    #[serde(default)]
    pub identity: IdentityConfig,
    /// How its drops are taken from.
    #[serde(default)]
    pub drops: DropsConfig,
}

/// `[client.identity]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityConfig {
    /// The algorithm.
    #[serde(default, deserialize_with = "named")]
    pub algorithm: Option<Algorithm>,
    /// For emails.
    #[serde(default, deserialize_with = "named")]
    pub email: Option<EmailRule>,
    /// For phones.
    #[serde(default, deserialize_with = "named")]
    pub phone: Option<PhoneRule>,
}

impl ClientConfig {
    /// The settings that follow, schemas apart.
    #[must_use]
    pub fn settings(&self) -> ClientSettings {
        let mut settings = ClientSettings::with_id(ClientId(self.id.get_ref().clone()));
        if let Some(name) = &self.name {
            settings.name.clone_from(name);
        }
        settings.timezone = self.timezone.unwrap_or(settings.timezone);
        settings.expected_interval = self.expected_interval.unwrap_or(settings.expected_interval);
        settings.max_leads_per_key = self.max_leads_per_key.unwrap_or(settings.max_leads_per_key);
        settings.max_records_per_key = self.max_records_per_key.unwrap_or(settings.max_records_per_key);
        settings.snapshot_pattern.clone_from(&self.snapshot_pattern);
        settings.identity = IdentityRule {
            algorithm: self.identity.algorithm,
            email: self.identity.email.unwrap_or_default(),
            phone: self.identity.phone.unwrap_or_default(),
        };
        settings
    }
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// What is wrong in it: the key, the place, and the fix.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let span = error.span();
            let told = TextError::of_message(error.message(), span.clone());
            match span.and_then(|span| key_at(text, span.start)) {
                Some(key) if !told.message.starts_with("unknown key") => {
                    TextError { message: format!("{key}: {}", told.message), ..told }
                }
                _ => told,
            }
        })?;
        config.ids_differ()?;
        config.dimensions_are_free()?;
        Ok(config)
    }

    fn ids_differ(&self) -> Result<(), TextError> {
        for (place, client) in self.client.iter().enumerate() {
            if self.client[..place].iter().any(|other| other.id.get_ref() == client.id.get_ref()) {
                return Err(TextError {
                    message: format!("two clients have the id {:?}", client.id.get_ref()),
                    help: Some("give each [[client]] an id of its own".to_owned()),
                    span: Some(client.id.span()),
                });
            }
        }
        Ok(())
    }

    /// Dimensions must not have the name of a column that the tables have already.
    fn dimensions_are_free(&self) -> Result<(), TextError> {
        let dimensions = self.dimensions.as_deref().unwrap_or_default();
        let tables = [Table::DimLead.schema(&[]), Table::FactLeadOutcome.schema(&[]), lead_rows(&[])];
        let known = LeadSchema::default();
        for (place, dimension) in dimensions.iter().enumerate() {
            let name = dimension.get_ref();
            let taken = tables
                .iter()
                .any(|schema| schema.fields().iter().any(|field| field.name().eq_ignore_ascii_case(name)));
            let same = |other: &Spanned<String>| normalise_header(other.get_ref()) == normalise_header(name);
            let again = dimensions[..place].iter().any(same);
            let used = USED_BY_QUESTIONS.iter().any(|word| word.eq_ignore_ascii_case(name));
            if taken || used || again || known.recognise(name).is_some() || normalise_header(name).is_empty()
            {
                return Err(TextError {
                    message: format!("dimensions: {name:?} cannot be a dimension"),
                    help: Some(
                        "it is a column or a figure that leadq has itself, one that holds identifiers of a \
                         person, or named twice; leave it out"
                            .to_owned(),
                    ),
                    span: Some(dimension.span()),
                });
            }
        }
        Ok(())
    }
}

/// Names that answers have beside the dimensions, and those of dimensions that every lake has (spec chapter 3).
const USED_BY_QUESTIONS: [&str; 46] = [
    "at",
    "base",
    "basis",
    "client",
    "segment",
    "settled",
    "d0",
    "d1",
    "d2",
    "zip3",
    "entry_month",
    "delivered_month",
    "delivered_week",
    "appt_month",
    "quality",
    "delivered",
    "valid_conversion_rate",
    "valid_conversion_rate_low",
    "valid_conversion_rate_high",
    "match_rate",
    "match_rate_low",
    "match_rate_high",
    "conversion_rate",
    "conversion_rate_low",
    "conversion_rate_high",
    "set_of_matched_rate",
    "set_of_matched_rate_low",
    "set_of_matched_rate_high",
    "appointments",
    "demos",
    "demo_rate",
    "demo_rate_low",
    "demo_rate_high",
    "close_rate",
    "close_rate_low",
    "close_rate_high",
    "cancel_rate",
    "cancel_rate_low",
    "cancel_rate_high",
    "cost",
    "cost_per_set",
    "cost_per_demo",
    "cost_per_sale",
    "shrunken_rate",
    "p_value",
    "q_value",
];

/// The key on whose line a byte stands.
fn key_at(text: &str, byte: usize) -> Option<&str> {
    let before = text.get(..byte)?;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let (key, _) = before[start..].split_once('=')?;
    Some(key.trim()).filter(|key| !key.is_empty() && !key.starts_with('#'))
}

#[cfg(test)]
mod tests;
