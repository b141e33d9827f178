//! The archive without forgotten people: each content is looked at once, and replaced by what is left of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _, Seek as _, SeekFrom};

use bytes::Bytes;
use leadq_contract::{ClientId, ClientSettings, FindingCode};
use leadq_ingest::cells::hash::HashAlgorithm;
use leadq_ingest::container::Refusal;
use leadq_ingest::forget::{TAKEN_OUT, is_in_report, note};
use leadq_ingest::{LeadOptions, Redaction, ReportOptions, redact_leads, redact_report};

use crate::archived::Watched;
use crate::error::RunError;
use crate::ports::{Archive, ArchivedFile, ContentId, PortError, Received, ReceivedKind};
use crate::run::RunRequest;

/// How a Parquet file begins.
const PARQUET: &[u8; 4] = b"PAR1";

/// What is looked at, and what is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Entries of the catalogue from a place on; what is found is taken out.
    From(usize),
    /// All contents, also those that no entry names; what is found is taken out.
    All,
    /// All contents; what is found is told only.
    Look,
    /// As [`Self::Look`], and each content is searched once more in another way.
    Prove,
}

/// What came of looking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redacted {
    /// Contents looked at.
    pub contents: u64,
    /// Contents that hold a forgotten person, by the names of their files; for a content without an entry, its id.
    pub held: Vec<String>,
    /// Rows of reports in them.
    pub rows: u64,
    /// Files, or members of archives, that cannot be looked into and are taken out wholly.
    pub unread: Vec<String>,
    /// Entries of the catalogue by now: what later ones name was not looked at.
    pub entries: usize,
}

/// Takes the people of `request.forgotten` out of the archive. It can be stopped anywhere and begun again.
///
/// # Errors
/// If the archive cannot be read or written.
pub async fn redact(request: &RunRequest, archive: &dyn Archive, scope: Scope) -> Result<Redacted, RunError> {
    let catalogue = archive.catalogue().await?;
    let mut done = Redacted { entries: catalogue.len(), ..Redacted::default() };
    let mut uses: BTreeMap<&ContentId, BTreeSet<Use>> = BTreeMap::new();
    let mut names: BTreeMap<&ContentId, &str> = BTreeMap::new();
    for received in &catalogue {
        uses.entry(&received.content).or_default().insert(Use::from(received));
        names.entry(&received.content).or_insert(&received.name);
    }
    let there: BTreeSet<ContentId> =
        archive.contents().await?.into_iter().map(|(content, _)| content).collect();
    let wanted: BTreeSet<&ContentId> = match scope {
        Scope::From(place) => catalogue.iter().skip(place).map(|received| &received.content).collect(),
        Scope::All | Scope::Look | Scope::Prove => there.iter().collect(),
    };
    for content in wanted.into_iter().filter(|content| there.contains(content)) {
        let name = names.get(content).map_or_else(|| content.0.clone(), |name| (*name).to_owned());
        let file = archive.open(content).await?;
        let uses = uses.get(content).cloned().unwrap_or_default();
        let (with, told) = (request.clone(), name.clone());
        let looking = move || Content { request: &with, name: &told, scope }.look(file, uses);
        let Redaction { bytes, rows, unread } = tokio::task::spawn_blocking(looking).await??;
        done.contents += 1;
        done.rows += rows;
        let member =
            |member: String| if member.is_empty() { name.clone() } else { format!("{name}/{member}") };
        done.unread.extend(unread.into_iter().map(member));
        if let Some(bytes) = bytes {
            if matches!(scope, Scope::From(_) | Scope::All) {
                archive.replace(content, bytes).await?;
            }
            done.held.push(name);
        }
    }
    Ok(done)
}

/// How a content is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    is_leads: bool,
    client: Option<ClientId>,
}

impl From<&Received> for Use {
    fn from(received: &Received) -> Self {
        Self { is_leads: received.kind == ReceivedKind::Leads, client: received.client.clone() }
    }
}

/// A content that is looked at.
struct Content<'a> {
    request: &'a RunRequest,
    name: &'a str,
    scope: Scope,
}

impl Content<'_> {
    /// What is left of a file, which may be read in several ways.
    fn look(&self, mut file: Box<dyn ArchivedFile>, mut uses: BTreeSet<Use>) -> Result<Redaction, RunError> {
        let head = self.head(&mut file)?;
        if head.starts_with(TAKEN_OUT) {
            return Ok(Redaction::default());
        }
        if uses.is_empty() {
            uses.insert(Use { is_leads: head.starts_with(PARQUET), client: None });
        }
        let mut all = Redaction::default();
        for one in uses {
            let left;
            (left, file) = if one.is_leads { self.leads(file, &one)? } else { self.report(file, &one)? };
            if let Some(bytes) = &left.bytes {
                file = Box::new(Cursor::new(bytes.clone()));
            }
            all.bytes = left.bytes.or(all.bytes);
            all.rows += left.rows;
            all.unread.extend(left.unread);
        }
        Ok(all)
    }

    fn head(&self, file: &mut Box<dyn ArchivedFile>) -> Result<Vec<u8>, RunError> {
        let mut head = Vec::new();
        let read = file.take(TAKEN_OUT.len() as u64).read_to_end(&mut head);
        read.map_err(|error| self.failed(&error))?;
        Ok(head)
    }

    fn report(
        &self,
        file: Box<dyn ArchivedFile>,
        one: &Use,
    ) -> Result<(Redaction, Box<dyn ArchivedFile>), RunError> {
        let RunRequest { clients, secret, limits, forgotten, .. } = self.request;
        let configured = clients.iter().map(|client| &client.settings);
        let client = configured.into_iter().find(|client| Some(&client.id) == one.client.as_ref()).cloned();
        let id = || one.client.clone().unwrap_or_else(ClientId::default_client);
        let client = &client.unwrap_or_else(|| ClientSettings::with_id(id()));
        // Which rows are whose does not depend on the algorithm.
        let algorithm = HashAlgorithm::default();
        let options = ReportOptions { client, secret, algorithm, limits, forgotten };
        let mut file = Watched::new(file);
        let left = redact_report(&mut file, &options);
        file.sound(self.name)?;
        let mut left = left.map_err(|error| self.failed(&error))?;
        if self.scope == Scope::Prove && left.bytes.is_none() {
            let found = is_in_report(&mut file, &options);
            file.sound(self.name)?;
            left.bytes = found.map_err(|error| self.failed(&error))?.then(Vec::new);
        }
        Ok((left, file.into_inner()))
    }

    fn leads(
        &self,
        mut file: Box<dyn ArchivedFile>,
        one: &Use,
    ) -> Result<(Redaction, Box<dyn ArchivedFile>), RunError> {
        let RunRequest { clients, lead_schema, dimensions, secret, forgotten, .. } = self.request;
        let own = clients.iter().find(|client| Some(&client.settings.id) == one.client.as_ref());
        let clients: Vec<ClientSettings> = clients.iter().map(|client| client.settings.clone()).collect();
        let options = LeadOptions {
            clients: &clients,
            schema: own.map_or(lead_schema, |client| &client.lead_schema),
            owner: one.client.as_ref(),
            dimensions,
            secret,
            algorithms: &BTreeMap::new(),
            forgotten,
            file: self.name,
        };
        // In memory, so that what fails from here on is wrong in the file, and not on the disk.
        let mut bytes = Vec::new();
        let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_end(&mut bytes));
        read.map_err(|error| self.failed(&error))?;
        let left = match redact_leads(Bytes::from(bytes), &options) {
            Ok(bytes) => Redaction { bytes, ..Redaction::default() },
            // No run takes leads in with such a file among them: it was corrected since.
            Err(_) => {
                let refusal = Refusal::new(FindingCode::NotAReport, "it is no readable Parquet file");
                Redaction { bytes: Some(note(&refusal)), rows: 0, unread: vec![String::new()] }
            }
        };
        Ok((left, file))
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> PortError {
        PortError::permanent("look for forgotten people in", self.name, error)
            .hint("what was done stays done; `leadq forget` with the same arguments goes on")
    }
}
