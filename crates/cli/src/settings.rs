//! Settings: flags over the environment over `leadq.toml` over defaults, resolved once.
//!
//! Below this nobody reads the environment or the command line.

use std::path::{Path, PathBuf};

use bytesize::ByteSize;
use leadq_contract::column::normalise_header;
use leadq_contract::rows::lead_rows;
use leadq_contract::{ClientId, ClientSettings, LeadColumn, Table};

use crate::config::{self, Client, Config};
use crate::failure::{Failure, Outcome};
use crate::host;

/// Least memory that a run can be held to.
const MIN_MEMORY: u64 = 256 << 20;

/// Environment variables that leadq reads.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    pub(crate) lake: Option<String>,
    pub(crate) memory: Option<String>,
    pub(crate) secret: Option<String>,
    pub(crate) secret_file: Option<PathBuf>,
}

impl Environment {
    /// Reads the environment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn read() -> Self {
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            lake: text("LEADQ_LAKE"),
            memory: text("LEADQ_MEMORY"),
            secret: text("LEADQ_SECRET"),
            secret_file: text("LEADQ_SECRET_FILE").map(PathBuf::from),
        }
    }
}

/// What flags may say, of any command.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    pub(crate) config: Option<PathBuf>,
    pub(crate) lake: Option<String>,
    pub(crate) memory: Option<String>,
    pub(crate) leads: Vec<PathBuf>,
    pub(crate) reports: Vec<PathBuf>,
}

/// Where the secret comes from.
#[derive(Clone)]
pub(crate) enum SecretSource {
    /// The environment gave it.
    Given(String),
    /// A file holds it, or will.
    File(PathBuf),
}

/// A client and where its reports are.
#[derive(Debug, Clone)]
pub(crate) struct ClientLocations {
    pub(crate) settings: ClientSettings,
    pub(crate) reports: Vec<PathBuf>,
}

/// Everything a command needs to know.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) lake: String,
    pub(crate) leads: Vec<PathBuf>,
    pub(crate) clients: Vec<ClientLocations>,
    pub(crate) dimensions: Vec<String>,
    pub(crate) memory: u64,
    pub(crate) threads: usize,
    pub(crate) scratch: PathBuf,
    pub(crate) secret: SecretSource,
}

impl Settings {
    /// Resolves flags, environment and configuration.
    pub(crate) fn resolve(flags: Flags, environment: Environment) -> Outcome<Self> {
        let config = config::load(flags.config.as_deref())?;
        let lake =
            flags.lake.or(environment.lake).or(config.lake.clone()).unwrap_or_else(|| "lake".to_owned());
        let memory = flags.memory.or(environment.memory).or(config.memory.clone());
        let secret = match environment.secret {
            Some(secret) => SecretSource::Given(secret.trim().to_owned()),
            None => SecretSource::File(secret_file(environment.secret_file.or(config.secret_file.clone()))?),
        };
        let leads = match (flags.leads.is_empty(), &config.leads) {
            (false, _) => flags.leads,
            (true, Some(leads)) => leads.iter().map(PathBuf::from).collect(),
            (true, None) => vec![PathBuf::from("source/leads")],
        };
        Ok(Self {
            lake,
            leads,
            clients: clients(&config, flags.reports)?,
            dimensions: dimensions(&config)?,
            memory: memory.as_deref().map_or_else(|| Ok(host::total_memory() / 2), parse_memory)?,
            threads: config.threads.unwrap_or_else(host::threads).max(1),
            scratch: config.scratch.unwrap_or_else(std::env::temp_dir),
            secret,
        })
    }
}

fn secret_file(named: Option<PathBuf>) -> Outcome<PathBuf> {
    if let Some(path) = named {
        return Ok(path);
    }
    let strategy = etcetera::choose_base_strategy().map_err(|error| {
        Failure::environment(format!("cannot tell where the secret file belongs: {error}"))
            .help("name it with secret_file in leadq.toml or with LEADQ_SECRET_FILE")
    })?;
    Ok(etcetera::BaseStrategy::config_dir(&strategy).join("leadq").join("secret"))
}

fn parse_memory(text: &str) -> Outcome<u64> {
    let size: ByteSize = text.parse().map_err(|error| {
        Failure::usage(format!("memory = {text:?} is no size: {error}")).help("write it as 4GiB or 800MB")
    })?;
    if size.as_u64() < MIN_MEMORY {
        let least = ByteSize(MIN_MEMORY);
        return Err(
            Failure::usage(format!("memory = {text:?} is too little")).help(format!("give at least {least}"))
        );
    }
    Ok(size.as_u64())
}

fn clients(config: &Config, reports: Vec<PathBuf>) -> Outcome<Vec<ClientLocations>> {
    let mut clients = config.client.iter().map(client).collect::<Outcome<Vec<_>>>()?;
    if clients.is_empty() {
        clients.push(ClientLocations {
            settings: ClientSettings::with_id(ClientId::default_client()),
            reports: vec![PathBuf::from("source/contractor_reports")],
        });
    }
    for (place, client) in clients.iter().enumerate() {
        if clients[..place].iter().any(|other| other.settings.id == client.settings.id) {
            return Err(Failure::usage(format!("two clients have the id {:?}", client.settings.id.0))
                .help("give each [[client]] in leadq.toml an id of its own"));
        }
    }
    match (reports.is_empty(), &mut clients[..]) {
        (true, _) => {}
        (false, [only]) => only.reports = reports,
        (false, many) => {
            return Err(Failure::usage(format!(
                "--reports does not say which of {} clients it is for",
                many.len()
            ))
            .help("give the locations as reports of each [[client]] in leadq.toml"));
        }
    }
    Ok(clients)
}

fn client(config: &Client) -> Outcome<ClientLocations> {
    let mut settings = ClientSettings::with_id(ClientId(config.id.clone()));
    if config.id.trim().is_empty() {
        return Err(Failure::usage("a [[client]] has an empty id"));
    }
    if let Some(name) = &config.name {
        settings.name.clone_from(name);
    }
    if let Some(zone) = &config.timezone {
        settings.timezone = zone.parse().map_err(|_| {
            Failure::usage(format!("client {:?}: timezone {zone:?} is none", config.id))
                .help("write it as in the IANA database: America/Los_Angeles")
        })?;
    }
    if let Some(interval) = &config.expected_interval {
        settings.expected_interval = humantime::parse_duration(interval).map_err(|error| {
            Failure::usage(format!("client {:?}: expected_interval {interval:?} is none: {error}", config.id))
                .help("write it as 24h or 7days")
        })?;
    }
    settings.max_leads_per_key = config.max_leads_per_key.unwrap_or(settings.max_leads_per_key);
    settings.max_records_per_key = config.max_records_per_key.unwrap_or(settings.max_records_per_key);
    Ok(ClientLocations { settings, reports: config.reports.iter().map(PathBuf::from).collect() })
}

/// Dimensions must not have the name of a column that the tables have already.
fn dimensions(config: &Config) -> Outcome<Vec<String>> {
    let dimensions = config.dimensions.clone().unwrap_or_default();
    for (place, name) in dimensions.iter().enumerate() {
        let taken = [Table::DimLead.schema(&[]), Table::FactLeadOutcome.schema(&[]), lead_rows(&[])]
            .iter()
            .any(|schema| schema.fields().iter().any(|field| field.name().eq_ignore_ascii_case(name)));
        let again = dimensions[..place].iter().any(|other| normalise_header(other) == normalise_header(name));
        if taken || again || LeadColumn::recognise(name).is_some() || normalise_header(name).is_empty() {
            return Err(Failure::usage(format!("dimensions: {name:?} cannot be a dimension"))
                .help(
                    "it is a column that leadq has itself, one that holds identifiers of a person, or named twice; \
                     leave it out",
                ));
        }
    }
    Ok(dimensions)
}

/// A path as it is shown.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str, flags: Flags, environment: Environment) -> Outcome<Settings> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("leadq.toml");
        std::fs::write(&path, text).unwrap();
        Settings::resolve(Flags { config: Some(path), ..flags }, environment)
    }

    #[test]
    fn flags_go_before_the_environment_before_the_file() {
        let file = "lake = \"/file\"\nmemory = \"1GiB\"";
        let environment = Environment { lake: Some("/env".to_owned()), ..Environment::default() };
        let flags = Flags { lake: Some("/flag".to_owned()), ..Flags::default() };
        assert_eq!(resolve(file, Flags::default(), Environment::default()).unwrap().lake, "/file");
        assert_eq!(resolve(file, Flags::default(), environment.clone()).unwrap().lake, "/env");
        let settings = resolve(file, flags, environment).unwrap();
        assert_eq!((settings.lake.as_str(), settings.memory), ("/flag", 1 << 30));
    }

    #[test]
    fn what_cannot_be_is_told() {
        let cases = [
            ("memory = \"lots\"", "is no size"),
            ("memory = \"1MB\"", "too little"),
            ("[[client]]\nid = \"a\"\nreports = []\ntimezone = \"Mars\"", "Mars"),
            ("[[client]]\nid = \"a\"\nreports = []\n[[client]]\nid = \"a\"\nreports = []", "two clients"),
            ("dimensions = [\"source\", \"Set\"]", "cannot be a dimension"),
            ("dimensions = [\"source\", \"SOURCE\"]", "cannot be a dimension"),
            ("dimensions = [\"ordinal\"]", "cannot be a dimension"),
            ("dimensions = [\"Hashed Phone\"]", "cannot be a dimension"),
            ("[[client]]\nid = \"a\"\nreports = []\nexpected_interval = \"soon\"", "expected_interval"),
        ];
        for (text, expected) in cases {
            let failure = resolve(text, Flags::default(), Environment::default()).err().unwrap();
            assert!(failure.to_string().contains(expected), "{failure}");
        }
    }
}
