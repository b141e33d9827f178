//! What people are told of without asking: the kinds of alerts.

use serde::{Deserialize, Serialize};

use crate::identity::Named;

/// What kind of thing needs somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// A run ended without a commit.
    RunFailed,
    /// A file was rejected whole.
    FileRejected,
    /// A column broke in a client's export.
    DeadColumn,
    /// No new report for longer than is usual.
    StaleReport,
    /// A snapshot has under half of the rows of the one before.
    RowsHalved,
    /// The share of leads that are matched is not what it usually is.
    MatchRate,
    /// The share of leads that are set is not what it usually is.
    ConversionRate,
}

impl AlertKind {
    /// Name in the configuration, in stored state and in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

impl Named for AlertKind {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("run_failed", Self::RunFailed),
        ("file_rejected", Self::FileRejected),
        ("dead_column", Self::DeadColumn),
        ("stale_report", Self::StaleReport),
        ("rows_halved", Self::RowsHalved),
        ("match_rate", Self::MatchRate),
        ("conversion_rate", Self::ConversionRate),
    ];
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MailTls {
    /// By STARTTLS, which the server must offer.
    #[default]
    Starttls,
    /// From the first byte on.
    Implicit,
    /// Not at all.
    Plain,
}

impl Named for MailTls {
    const NAMES: &'static [(&'static str, Self)] =
        &[("starttls", Self::Starttls), ("implicit", Self::Implicit), ("none", Self::Plain)];
}
