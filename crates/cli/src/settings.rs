//! Settings: flags over the environment over `leadq.toml` over defaults, resolved once.
//!
//! Below this nobody reads the environment or the command line.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use leadq_contract::column::normalise_header;
use leadq_contract::config::{
    AlertsConfig, ClientConfig, Config, DropsConfig, Memory, ScheduleConfig, SftpConfig,
};
use leadq_contract::{ClientId, ClientSettings, LeadSchema, Limits};
use leadq_pipeline::retention::Retention;

use crate::config::{self, Schemas};
use crate::effective::{self, Effective, Origin, Origins};
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::host;

/// What flags may say, of any command.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    pub(crate) config: Option<PathBuf>,
    pub(crate) lake: Option<String>,
    pub(crate) memory: Option<String>,
    pub(crate) leads: Vec<String>,
    pub(crate) reports: Vec<String>,
}

/// Where the secret comes from.
#[derive(Clone)]
pub(crate) enum SecretSource {
    /// The environment gave it.
    Given(String),
    /// A file holds it, or will.
    File(PathBuf),
}

/// Runs whose tables stay readable, by default: a month of two a day.
const DEFAULT_KEEP_RUNS: u64 = 60;

/// A client and where its files are.
#[derive(Debug, Clone)]
pub(crate) struct ClientLocations {
    pub(crate) settings: ClientSettings,
    pub(crate) reports: Vec<String>,
    /// Leads of this client alone.
    pub(crate) leads: Vec<String>,
    /// What those look like.
    pub(crate) lead_schema: Arc<LeadSchema>,
    /// How its drops are taken from.
    pub(crate) drops: DropsConfig,
}

/// Everything a command needs to know.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) lake: String,
    /// Leads of all clients.
    pub(crate) leads: Vec<String>,
    /// What those look like.
    pub(crate) lead_schema: Arc<LeadSchema>,
    /// How drops of all clients are taken from.
    pub(crate) drops: DropsConfig,
    pub(crate) clients: Vec<ClientLocations>,
    pub(crate) dimensions: Vec<String>,
    /// The file of schemas for all clients, if there is one.
    pub(crate) schemas: Option<PathBuf>,
    pub(crate) memory: u64,
    pub(crate) threads: usize,
    pub(crate) scratch: PathBuf,
    pub(crate) limits: Limits,
    /// Runs whose tables stay readable.
    pub(crate) keep_runs: u64,
    pub(crate) retention: Retention,
    /// SFTP servers that drops are on.
    pub(crate) sftp: Vec<SftpConfig>,
    pub(crate) schedule: ScheduleConfig,
    pub(crate) alerts: AlertsConfig,
    pub(crate) secret: SecretSource,
    /// All of these, and where they came from.
    pub(crate) effective: Vec<Effective>,
    /// The configuration file, if there is one.
    pub(crate) configuration: Option<PathBuf>,
}

impl Settings {
    /// Resolves flags, environment and configuration.
    pub(crate) fn resolve(flags: Flags, environment: Environment) -> Outcome<Self> {
        let loaded = config::load(flags.config.as_deref())?;
        let config = &loaded.config;
        let (webhook, smtp_password) = (environment.webhook.is_some(), environment.smtp_password.is_some());
        let (lake, lake_from) =
            pick(flags.lake, "--lake", environment.lake, "LEADQ_LAKE", config.lake.clone());
        let (memory, memory_from) =
            memory(flags.memory.as_deref(), environment.memory.as_deref(), config.memory)?;
        let (secret, secret_from) = secret(environment.secret, environment.secret_file, config)?;
        let given = (!flags.leads.is_empty(), !flags.reports.is_empty());
        let schemas = Schemas::of_all(&loaded)?;
        let lead_schema =
            schemas.as_ref().map(|schemas| lead_schema(&LeadSchema::default(), schemas, config));
        let lead_schema = lead_schema.transpose()?.unwrap_or_default();
        let mut settings = Self {
            lake: lake.unwrap_or_else(|| "lake".to_owned()),
            leads: leads(flags.leads, config)?,
            clients: clients(config, schemas.as_ref(), &lead_schema, flags.reports)?,
            lead_schema: Arc::new(lead_schema),
            drops: config.drops.clone(),
            dimensions: dimensions(config),
            schemas: schemas.map(|schemas| schemas.path),
            memory,
            threads: config.threads.unwrap_or_else(host::threads),
            scratch: config.scratch.clone().map_or_else(std::env::temp_dir, PathBuf::from),
            limits: config.limits.limits(),
            keep_runs: config.keep_runs.unwrap_or(DEFAULT_KEEP_RUNS),
            retention: Retention { keep_for: config.archive.keep_for, keep_files: config.archive.keep_files },
            sftp: config.sftp.clone(),
            schedule: config.schedule.clone(),
            alerts: config.alerts.clone(),
            secret,
            effective: Vec::new(),
            configuration: loaded.path.clone(),
        };
        if given.0 {
            // What the command line names stands in the place of all leads of the configuration.
            settings.clients.iter_mut().for_each(|client| client.leads.clear());
        }
        let origins = Origins {
            lake: lake_from,
            leads: if given.0 { Origin::Flag("--leads") } else { Origin::of_file(config.leads.is_some()) },
            reports: if given.1 {
                Origin::Flag("--reports")
            } else {
                Origin::of_file(!config.client.is_empty())
            },
            memory: memory_from,
            secret: secret_from,
            webhook,
            smtp_password,
        };
        settings.effective = effective::rows(&loaded, &settings, origins);
        Ok(settings)
    }
}

/// The first of flag, environment and file that says something.
fn pick<T>(
    flag: Option<T>,
    flag_name: &'static str,
    environment: Option<T>,
    variable: &'static str,
    file: Option<T>,
) -> (Option<T>, Origin) {
    let origin = match (&flag, &environment) {
        (Some(_), _) => Origin::Flag(flag_name),
        (None, Some(_)) => Origin::Environment(variable),
        (None, None) => Origin::of_file(file.is_some()),
    };
    (flag.or(environment).or(file), origin)
}

fn memory(flag: Option<&str>, environment: Option<&str>, file: Option<Memory>) -> Outcome<(u64, Origin)> {
    let (text, origin) = pick(flag, "--memory", environment, "LEADQ_MEMORY", None);
    let Some(text) = text else {
        let memory = file.map_or_else(|| host::total_memory() / 2, |memory| memory.0);
        return Ok((memory, Origin::of_file(file.is_some())));
    };
    let Memory(bytes) = text.parse().map_err(|told: String| {
        let (message, help) = told.split_once("; ").unwrap_or((&told, ""));
        let from = if flag.is_some() { "--memory" } else { "LEADQ_MEMORY" };
        Failure::usage(format!("{from}: {message}")).help(help)
    })?;
    Ok((bytes, origin))
}

/// Leads of all clients; by default none, where every client has leads of its own. Where only some have, it
/// must be said where the others' are: a client without leads would be one whose rates are of nothing.
fn leads(flags: Vec<String>, config: &Config) -> Outcome<Vec<String>> {
    let own = || config.client.iter().filter(|client| client.leads.is_some()).count();
    match (flags.is_empty(), &config.leads) {
        (false, _) => Ok(flags),
        (true, Some(leads)) => Ok(leads.clone()),
        (true, None) if own() == 0 => Ok(vec!["source/leads".to_owned()]),
        (true, None) => match config.client.iter().find(|client| client.leads.is_none()) {
            None => Ok(Vec::new()),
            Some(client) => Err(Failure::usage(format!(
                "some clients have leads of their own, and client {:?} has none",
                client.id.get_ref()
            ))
            .help(
                "give it leads in its [[client]], or name those of all with leads at the top of leadq.toml",
            )),
        },
    }
}

fn dimensions(config: &Config) -> Vec<String> {
    config.dimensions.iter().flatten().map(|dimension| dimension.get_ref().clone()).collect()
}

fn secret(given: Option<String>, named: Option<PathBuf>, config: &Config) -> Outcome<(SecretSource, Origin)> {
    if let Some(secret) = given {
        let secret = SecretSource::Given(secret.trim().to_owned());
        return Ok((secret, Origin::Environment("LEADQ_SECRET")));
    }
    let file = config.secret_file.clone().map(PathBuf::from);
    let (path, origin) = pick(None, "", named, "LEADQ_SECRET_FILE", file);
    Ok((SecretSource::File(secret_file(path)?), origin))
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

/// A file that is kept between commands and that nothing depends on; none, if there is no place for it.
pub(crate) fn state_file(name: &str) -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    let folder = etcetera::BaseStrategy::state_dir(&strategy)
        .unwrap_or_else(|| etcetera::BaseStrategy::data_dir(&strategy));
    Some(folder.join("leadq").join(name))
}

fn clients(
    config: &Config,
    schemas: Option<&Schemas>,
    lead_schema: &LeadSchema,
    reports: Vec<String>,
) -> Outcome<Vec<ClientLocations>> {
    let of_all = |settings: ClientSettings| match schemas {
        Some(schemas) => settings.with_schemas(&schemas.file),
        None => settings,
    };
    let configured = config.client.iter().map(|client| {
        let settings = of_all(client.settings());
        client_locations(client, settings, lead_schema, config)
    });
    let mut clients = configured.collect::<Outcome<Vec<_>>>()?;
    if clients.is_empty() {
        clients.push(ClientLocations {
            settings: of_all(ClientSettings::with_id(ClientId::default_client())),
            reports: vec!["source/contractor_reports".to_owned()],
            leads: Vec::new(),
            lead_schema: Arc::new(lead_schema.clone()),
            drops: config.drops.clone(),
        });
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

fn client_locations(
    client: &ClientConfig,
    settings: ClientSettings,
    lead_schema: &LeadSchema,
    config: &Config,
) -> Outcome<ClientLocations> {
    let own = client.schemas.as_ref().map(|path| Schemas::read(Path::new(path))).transpose()?;
    let (settings, lead_schema) = match &own {
        Some(own) => (settings.with_schemas(&own.file), self::lead_schema(lead_schema, own, config)?),
        None => (settings, lead_schema.clone()),
    };
    Ok(ClientLocations {
        settings,
        reports: client.reports.clone(),
        leads: client.leads.clone().unwrap_or_default(),
        lead_schema: Arc::new(lead_schema),
        drops: client.drops.over(&config.drops),
    })
}

/// What leads look like by a file that is laid over what was known. What it speaks of beside the columns
/// has to be a dimension.
fn lead_schema(known: &LeadSchema, schemas: &Schemas, config: &Config) -> Outcome<LeadSchema> {
    let mut schema = known.clone();
    schema.lay(&schemas.file.leads);
    let dimensions = dimensions(config);
    let is_known = |name: &str| dimensions.iter().any(|d| normalise_header(d) == normalise_header(name));
    let stray = schema.dimensions().find(|name| !is_known(name)).map(str::to_owned);
    match stray {
        Some(name) => {
            let message = format!("new_name {name:?} is neither a column of leads nor a dimension");
            Err(schemas.wrong_at(
                &name,
                message,
                "name it in dimensions of leadq.toml, or correct it to a column".to_owned(),
            ))
        }
        None => Ok(schema),
    }
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
            ("[[client]]\nid = \"a\"\nreports = []\ntimezone = \"Mars\"", "line 4: timezone: \"Mars\""),
            ("schemas = \"none.json\"", "none.json"),
        ];
        for (text, expected) in cases {
            let failure = resolve(text, Flags::default(), Environment::default()).err().unwrap();
            assert!(failure.to_string().contains(expected), "{failure}");
        }
        let flags = Flags { memory: Some("1MB".to_owned()), ..Flags::default() };
        let failure = resolve("", flags, Environment::default()).err().unwrap();
        assert!(failure.to_string().contains("--memory: \"1MB\" is too little"), "{failure}");
    }

    #[test]
    fn leads_of_all_and_of_each_client() {
        let own =
            "[[client]]\nid = \"a\"\nreports = []\nleads = [\"/own\"]\n[[client]]\nid = \"b\"\nreports = []";
        let environment = Environment::default;
        let failure = resolve(own, Flags::default(), environment()).err().unwrap();
        assert!(failure.to_string().contains("\"b\" has none"), "{failure}");
        let each = own.replace("id = \"b\"", "id = \"b\"\nleads = [\"/own-b\"]");
        let settings = resolve(&each, Flags::default(), environment()).unwrap();
        assert!(settings.leads.is_empty());
        assert_eq!(settings.clients[0].leads, ["/own"]);
        let both = format!("leads = [\"/all\"]\n{own}");
        assert_eq!(resolve(&both, Flags::default(), environment()).unwrap().leads, ["/all"]);
        let flags = Flags { leads: vec!["flag".to_owned()], ..Flags::default() };
        let settings = resolve(&both, flags, environment()).unwrap();
        assert_eq!(settings.leads, ["flag"]);
        assert!(settings.clients[0].leads.is_empty(), "the command line overrides the configuration");
    }

    #[test]
    fn settings_in_force_say_where_they_came_from() {
        let environment = Environment {
            lake: Some("/env".to_owned()),
            secret: Some("s3cr3t".repeat(9)),
            ..Environment::default()
        };
        let flags = Flags { memory: Some("1GiB".to_owned()), ..Flags::default() };
        let settings = resolve("threads = 3", flags, environment).unwrap();
        let of = |key: &str| {
            let row = settings.effective.iter().find(|row| row.key == key).unwrap();
            format!("{} from {}", row.value, row.from)
        };
        assert_eq!(of("lake"), "/env from LEADQ_LAKE");
        assert_eq!(of("memory"), "1.0 GiB from --memory");
        assert!(of("threads").ends_with("/leadq.toml"), "{}", of("threads"));
        assert_eq!(of("limits.max_ratio"), "200 from default");
        assert_eq!(of("client default: timezone"), "UTC from default");
        assert!(settings.effective.iter().all(|row| !row.value.contains("s3cr3t")));
    }
}
