//! What the drops hold, and fetching what is new of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use leadq_contract::config::DropsConfig;
use leadq_contract::{ClientId, LeadSchema};
use leadq_pipeline::observer::Observer;
use leadq_pipeline::ports::{
    Archive, ByteStream, DropFolder, Lake, Listed, Listing, PortError, ReceivedKind,
};
use leadq_pipeline::sync::{self, DropRules, SyncSource, Synced};
use leadq_sftp::{Location, Secret, SftpDrop, SftpSettings, Surroundings};

use crate::edges::Edges;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::host::ThisClock;
use crate::settings::Settings;

/// The document that keeps what earlier listings showed.
const SEEN: &str = "listings";

/// A drop, and what is known of it before it is asked.
pub(crate) struct Source {
    /// As the configuration names it.
    pub(crate) location: String,
    pub(crate) sync: SyncSource,
    /// What its leads look like.
    lead_schema: Option<Arc<LeadSchema>>,
    /// Leads in it may be clients' own: then it need not hold any others.
    pub(crate) leads_of_others: bool,
}

/// The drops that are configured.
pub(crate) fn sources(settings: &Settings) -> Outcome<Vec<Source>> {
    let owned = owned_leads(settings)?;
    let mut sources = Vec::new();
    for location in &settings.leads {
        let schema = Some(Arc::clone(&settings.lead_schema));
        let drop = Arc::new(LeadsDrop {
            inner: open(location, settings)?,
            local: local(location),
            apart: owned.clone(),
        });
        let of_all = source(location, None, ReceivedKind::Leads, drop, &settings.drops, schema);
        sources.push(Source { leads_of_others: !owned.is_empty(), ..of_all });
    }
    for client in &settings.clients {
        let id = Some(&client.settings.id);
        for location in &client.leads {
            let schema = Some(Arc::clone(&client.lead_schema));
            let drop = Arc::new(LeadsDrop {
                inner: open(location, settings)?,
                local: local(location),
                apart: Vec::new(),
            });
            sources.push(source(location, id, ReceivedKind::Leads, drop, &client.drops, schema));
        }
        for location in &client.reports {
            let drop = Arc::from(open(location, settings)?);
            sources.push(source(location, id, ReceivedKind::Report, drop, &client.drops, None));
        }
    }
    Ok(sources)
}

fn source(
    location: &str,
    client: Option<&ClientId>,
    kind: ReceivedKind,
    drop: Arc<dyn DropFolder>,
    rules: &DropsConfig,
    lead_schema: Option<Arc<LeadSchema>>,
) -> Source {
    let rules = DropRules::of(rules, drop.is_remote());
    let sync = SyncSource { client: client.cloned(), kind, drop, rules };
    Source { location: location.to_owned(), sync, lead_schema, leads_of_others: false }
}

/// Opens a drop.
fn open(location: &str, settings: &Settings) -> Outcome<Box<dyn DropFolder>> {
    if !location.starts_with("sftp://") {
        return Ok(leadq_drops::open(location)?);
    }
    let location = Location::parse(location)?;
    let around = surroundings();
    let server = SftpSettings::resolve(&location, &settings.sftp, &around)?;
    Ok(Box::new(SftpDrop::new(server, location)))
}

fn surroundings() -> Surroundings {
    let environment = Environment::read();
    Surroundings {
        user: environment.user,
        home: etcetera::home_dir().ok(),
        agent_socket: environment.ssh_agent,
        password: environment.sftp_password.as_deref().map(Secret::new),
        key_passphrase: environment.sftp_key_passphrase.as_deref().map(Secret::new),
    }
}

/// The folder or file of a local location, as far as it is no pattern.
fn local(location: &str) -> Option<PathBuf> {
    (!location.contains("://")).then(|| PathBuf::from(location))
}

/// Where clients have leads of their own on this machine: what lies there is none of the leads of all.
fn owned_leads(settings: &Settings) -> Outcome<Vec<PathBuf>> {
    let mut owned: Vec<(PathBuf, &ClientId)> = Vec::new();
    for client in &settings.clients {
        let id = &client.settings.id;
        for path in client.leads.iter().filter_map(|location| local(location)?.canonicalize().ok()) {
            let other = owned
                .iter()
                .find(|(other, of)| *of != id && (path.starts_with(other) || other.starts_with(&path)));
            if let Some((_, other)) = other {
                return Err(Failure::usage(format!(
                    "{} is in the leads of client {other} and of {id}",
                    path.display()
                ))
                .help("give each [[client]] a location of its own in leadq.toml"));
            }
            owned.push((path, id));
        }
    }
    Ok(owned.into_iter().map(|(path, _)| path).collect())
}

/// Whether what is named on this machine is there: a slip in a name is an error, while a server that does not answer
/// is told, and what was received before is taken in.
///
/// # Errors
/// If a folder or file is not there.
pub(crate) fn check_places(sources: &[Source]) -> Outcome<()> {
    sources.iter().try_for_each(Source::check_place)
}

impl Source {
    /// Whether it is there, as far as it is on this machine.
    ///
    /// # Errors
    /// If it is not.
    pub(crate) fn check_place(&self) -> Outcome<()> {
        let is_pattern = self.location.contains(['*', '?', '[', '{']);
        match local(&self.location).filter(|path| !is_pattern && !path.exists()) {
            None => Ok(()),
            Some(path) => Err(Failure::data(format!("cannot read {}: it is not there", path.display()))
                .help("give an existing folder or file with --leads or --reports, or in leadq.toml")),
        }
    }
}

/// Looks at the leads and reports of this machine before anything is made of them.
///
/// # Errors
/// If there are no leads, or a leads file is none, told by its footer.
pub(crate) async fn check_files(settings: &Settings, sources: &[Source]) -> Outcome<()> {
    let mut reports = 0;
    for source in sources {
        let Some(path) = local(&source.location) else {
            reports += usize::from(source.sync.kind == ReceivedKind::Report);
            continue;
        };
        let listing = source.sync.drop.list().await?;
        let Some(schema) = &source.lead_schema else {
            reports += listing.files.len();
            continue;
        };
        if listing.files.is_empty() && !source.leads_of_others {
            return Err(Failure::data(format!("no Parquet file in {}", source.location))
                .help("give the folder of the Parquet files that the backend exports with --leads"));
        }
        let client_known = source.sync.client.is_some() || settings.clients.len() == 1;
        for file in &listing.files {
            let path = if path.is_file() { path.clone() } else { path.join(&file.name) };
            check_leads(&path, schema, client_known)?;
        }
    }
    if reports == 0 {
        tracing::warn!("there are no report files: every lead will stand unmatched");
    }
    Ok(())
}

fn check_leads(path: &Path, schema: &LeadSchema, client_known: bool) -> Outcome<()> {
    // A pattern's files lie elsewhere; they are looked at when they are taken in.
    let Ok(file) = std::fs::File::open(path) else { return Ok(()) };
    leadq_ingest::check_leads(file, schema, client_known).map_err(|source| {
        Failure::from(leadq_pipeline::RunError::Leads { file: path.display().to_string(), source })
    })
}

/// Fetches what is new into the archive.
pub(crate) async fn fetch(
    sources: &[Source],
    edges: &Edges,
    archive: &dyn Archive,
    observer: &Arc<dyn Observer>,
) -> Outcome<Synced> {
    let catalogue = archive.catalogue().await?;
    let seen = edges.lake.document(SEEN).await?;
    // Listings that cannot be read are as good as none: files stand still once more.
    let before = seen.as_deref().and_then(|seen| serde_json::from_slice(seen).ok()).unwrap_or_default();
    let sources: Vec<SyncSource> = sources.iter().map(|source| source.sync.clone()).collect();
    let (synced, seen) = sync::sync(&sources, &catalogue, archive, &before, &ThisClock, &**observer).await?;
    if seen != before {
        let text = serde_json::to_vec(&seen).map_err(Failure::bug)?;
        edges.lake.put_document(SEEN, text).await?;
    }
    Ok(synced)
}

/// A drop of leads: of a folder the Parquet files.
struct LeadsDrop {
    inner: Box<dyn DropFolder>,
    /// Where it is on this machine.
    local: Option<PathBuf>,
    /// Folders and files below it that are of others.
    apart: Vec<PathBuf>,
}

impl LeadsDrop {
    fn holds(&self, name: &str) -> bool {
        let is_file = self.local.as_deref().is_some_and(Path::is_file);
        let is_parquet = Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet"));
        let real = || self.local.as_ref()?.join(name).canonicalize().ok();
        let of_others = !self.apart.is_empty()
            && real().is_some_and(|path| self.apart.iter().any(|apart| path.starts_with(apart)));
        (is_file || is_parquet) && !of_others
    }
}

#[async_trait::async_trait]
impl DropFolder for LeadsDrop {
    fn location(&self) -> &str {
        self.inner.location()
    }

    fn is_remote(&self) -> bool {
        self.inner.is_remote()
    }

    async fn list(&self) -> Result<Listing, PortError> {
        let mut listing = self.inner.list().await?;
        listing.files.retain(|file| self.holds(&file.name));
        Ok(listing)
    }

    async fn look(&self, name: &str) -> Result<Option<Listed>, PortError> {
        self.inner.look(name).await
    }

    async fn read(&self, name: &str) -> Result<ByteStream, PortError> {
        self.inner.read(name).await
    }

    async fn delete(&self, name: &str) -> Result<(), PortError> {
        self.inner.delete(name).await
    }

    async fn move_into(&self, name: &str, folder: &str) -> Result<(), PortError> {
        self.inner.move_into(name, folder).await
    }
}
