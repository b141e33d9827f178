//! The settings in force, and where each of them came from: what `leadq config --effective` prints.

mod unattended;

use std::fmt;

use leadq_contract::ClientSettings;
use leadq_contract::config::ClientConfig;
use leadq_contract::identity::Named;

use crate::config::Loaded;
use crate::settings::{ClientLocations, SecretSource, Settings};

/// Where a setting came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag of the command line.
    Flag(&'static str),
    /// A variable of the environment.
    Environment(&'static str),
    /// The configuration.
    File,
    /// Nobody said otherwise.
    Default,
}

impl Origin {
    /// That of a key which only the configuration can set.
    pub(crate) const fn of_file(is_set: bool) -> Self {
        if is_set { Self::File } else { Self::Default }
    }
}

impl Origin {
    /// As it is shown; the configuration by its path.
    fn shown(self, configuration: &str) -> &str {
        match self {
            Self::Flag(name) | Self::Environment(name) => name,
            Self::File => configuration,
            Self::Default => "default",
        }
    }
}

/// Where the settings came from that flags and the environment can set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origins {
    pub(crate) lake: Origin,
    pub(crate) leads: Origin,
    pub(crate) reports: Origin,
    pub(crate) memory: Origin,
    pub(crate) secret: Origin,
    /// Whether the environment gives the address of the webhook, and the password of the mail server.
    pub(crate) webhook: bool,
    pub(crate) smtp_password: bool,
}

/// A setting in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Effective {
    pub(crate) key: String,
    pub(crate) value: String,
    /// The flag, the variable or the file that gave it, or `default`.
    pub(crate) from: String,
}

/// Every setting in force. The secret itself is none of them.
pub(crate) fn rows(loaded: &Loaded, settings: &Settings, origins: Origins) -> Vec<Effective> {
    let config = &loaded.config;
    let path = loaded.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let mut rows = Vec::new();
    let mut add = |key: &str, value: String, origin: Origin| {
        rows.push(Effective { key: key.to_owned(), value, from: origin.shown(&path).to_owned() });
    };
    let file = Origin::of_file;
    add("lake", settings.lake.clone(), origins.lake);
    add("leads", list(&settings.leads), origins.leads);
    add("dimensions", list(&settings.dimensions), file(config.dimensions.is_some()));
    let schemas =
        settings.schemas.as_ref().map_or_else(|| "built in".to_owned(), |p| p.display().to_string());
    add("schemas", schemas, file(config.schemas.is_some()));
    add("memory", bytes(settings.memory), origins.memory);
    add("threads", settings.threads.to_string(), file(config.threads.is_some()));
    add("scratch", settings.scratch.display().to_string(), file(config.scratch.is_some()));
    match &settings.secret {
        SecretSource::Given(_) => add("secret", "given, not shown".to_owned(), origins.secret),
        SecretSource::File(path) => add("secret_file", path.display().to_string(), origins.secret),
    }
    let (limits, set) = (&settings.limits, &config.limits);
    add("limits.max_file_size", bytes(limits.max_file_size), file(set.max_file_size.is_some()));
    add("limits.max_ratio", limits.max_ratio.to_string(), file(set.max_ratio.is_some()));
    add("limits.max_columns", limits.max_columns.to_string(), file(set.max_columns.is_some()));
    add("keep_runs", settings.keep_runs.to_string(), file(config.keep_runs.is_some()));
    unattended::rows(&mut add, config, origins);
    for (place, client) in settings.clients.iter().enumerate() {
        client_rows(config.client.get(place), client, origins.reports, &path, &mut rows);
    }
    rows
}

fn client_rows(
    config: Option<&ClientConfig>,
    client: &ClientLocations,
    reports: Origin,
    path: &str,
    rows: &mut Vec<Effective>,
) {
    let set = |is_set: fn(&ClientConfig) -> bool| Origin::of_file(config.is_some_and(is_set));
    let ClientSettings { id, name, timezone, identity, snapshot_pattern, expected_interval, .. } =
        &client.settings;
    let mut add = |key: &str, value: String, origin: Origin| {
        rows.push(Effective {
            key: format!("client {id}: {key}"),
            value,
            from: origin.shown(path).to_owned(),
        });
    };
    add("name", name.clone(), set(|c| c.name.is_some()));
    add("timezone", timezone.name().to_owned(), set(|c| c.timezone.is_some()));
    add("reports", list(&client.reports), reports);
    add("leads", list(&client.leads), set(|c| c.leads.is_some()));
    let schemas = config.and_then(|c| c.schemas.clone()).unwrap_or_else(|| "those of all".to_owned());
    add("schemas", schemas, set(|c| c.schemas.is_some()));
    let pattern = snapshot_pattern.as_ref().map_or("the usual dates", |pattern| pattern.as_str());
    add("snapshot_pattern", pattern.to_owned(), set(|c| c.snapshot_pattern.is_some()));
    let interval = humantime::format_duration(*expected_interval).to_string();
    add("expected_interval", interval, set(|c| c.expected_interval.is_some()));
    let (leads, records) = (client.settings.max_leads_per_key, client.settings.max_records_per_key);
    add("max_leads_per_key", leads.to_string(), set(|c| c.max_leads_per_key.is_some()));
    add("max_records_per_key", records.to_string(), set(|c| c.max_records_per_key.is_some()));
    // Its own over those of all.
    unattended::drops(&mut add, &client.drops);
    let algorithm = identity.algorithm.map_or("that of most leads", name_of);
    add("identity.algorithm", algorithm.to_owned(), set(|c| c.identity.algorithm.is_some()));
    add("identity.email", name_of(identity.email).to_owned(), set(|c| c.identity.email.is_some()));
    add("identity.phone", name_of(identity.phone).to_owned(), set(|c| c.identity.phone.is_some()));
}

/// The name of a value in the configuration.
fn name_of<T: Named + PartialEq>(value: T) -> &'static str {
    T::NAMES.iter().find(|(_, named)| *named == value).map_or("", |(name, _)| name)
}

fn bytes(bytes: u64) -> String {
    bytesize::ByteSize(bytes).to_string()
}

fn list(items: impl IntoIterator<Item = impl fmt::Display>) -> String {
    let items: Vec<_> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}
