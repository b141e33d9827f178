//! A client (contractor) and what its configuration says.

use std::sync::Arc;

use crate::identity::IdentityRule;
use crate::schema::{ReportSchema, SchemasFile};
use crate::snapshot_pattern::SnapshotPattern;
use crate::vocabulary::Vocabulary;

/// Id of a client, as configured.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ClientId(pub String);

impl std::fmt::Display for ClientId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl ClientId {
    /// The one client of an installation without configuration.
    #[must_use]
    pub fn default_client() -> Self {
        Self("default".to_owned())
    }
}

/// A client's settings, resolved.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// Id, in every table.
    pub id: ClientId,
    /// Name for people.
    pub name: String,
    /// Zone of the client's wall times.
    pub timezone: chrono_tz::Tz,
    /// A latest snapshot older than this is stale (spec 2.6).
    pub expected_interval: std::time::Duration,
    /// An identifier carried by more leads than this is a hub (spec 2.3).
    pub max_leads_per_key: u32,
    /// An identifier carried by more records than this is a hub (spec 2.3).
    pub max_records_per_key: u32,
    /// What its words mean.
    pub vocabulary: Vocabulary,
    /// What its reports look like.
    pub reports: Arc<ReportSchema>,
    /// Where the time stands in its files' names; without one, in the notations of spec 1.8.
    pub snapshot_pattern: Option<SnapshotPattern>,
    /// How plain text is hashed.
    pub identity: IdentityRule,
}

impl ClientSettings {
    /// Default of both hub limits.
    pub const DEFAULT_HUB_LIMIT: u32 = 25;

    /// Default of the interval at which snapshots are expected: a day.
    pub const DEFAULT_EXPECTED_INTERVAL: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

    /// Default settings under an id: in UTC.
    #[must_use]
    pub fn with_id(id: ClientId) -> Self {
        Self {
            name: id.0.clone(),
            id,
            timezone: chrono_tz::UTC,
            expected_interval: Self::DEFAULT_EXPECTED_INTERVAL,
            max_leads_per_key: Self::DEFAULT_HUB_LIMIT,
            max_records_per_key: Self::DEFAULT_HUB_LIMIT,
            vocabulary: Vocabulary::default(),
            reports: Arc::default(),
            snapshot_pattern: None,
            identity: IdentityRule::default(),
        }
    }

    /// The same with a `schemas.json` laid over what was known.
    #[must_use]
    pub fn with_schemas(mut self, file: &SchemasFile) -> Self {
        Arc::make_mut(&mut self.reports).lay(&file.contractor_reports.columns);
        self.vocabulary.lay(&file.contractor_reports);
        self
    }
}
