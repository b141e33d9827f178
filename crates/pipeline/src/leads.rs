//! The leads as a stage of the run: which files stand, which are new, and what their rows are.
//!
//! A lead's last row wins, files in natural order of their names (spec 1.2), so that new files can be laid over what
//! is known in any order. A file whose content is replaced takes its rows back: then all that stand are read anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use leadq_contract::run::RunFile;
use leadq_contract::{ClientId, ClientSettings, Finding, LeadSchema, Table};
use leadq_ingest::LeadReading;
use leadq_ingest::cells::hash::HashAlgorithm;
use leadq_ingest::timeline::natural;

use crate::archived::Parquet;
use crate::error::RunError;
use crate::ingest::{self, CleanLeads, LeadsFile, LeadsInput, algorithm_of};
use crate::observer::Stage;
use crate::ports::{PortError, Received, ReceivedKind};
use crate::run::{RunRequest, Stages};
use crate::state::{Entry, LeadsFileState, LeadsState};
use crate::{batches, fingerprint};

type Owned = (Option<ClientId>, Entry);

/// What is to be done about the leads.
#[derive(Debug, Default)]
pub(crate) struct LeadsDue {
    fingerprint: String,
    /// Files that stand, in their order.
    standing: Vec<Owned>,
    /// Of those, the files to be read.
    unread: Vec<Owned>,
    /// Whether they are all that stand: what was known of leads is void.
    anew: bool,
}

impl LeadsDue {
    /// Compares the archive with what was taken in.
    pub(crate) fn of(state: &LeadsState, catalogue: &[Received], request: &RunRequest) -> Self {
        let configured = |id: &ClientId| request.clients.iter().any(|client| client.settings.id == *id);
        let all: BTreeSet<Owned> = catalogue
            .iter()
            .filter(|received| received.kind == ReceivedKind::Leads)
            .filter(|received| received.client.as_ref().is_none_or(configured))
            .map(|received| (received.client.clone(), Entry::from(received)))
            .collect();
        let standing = standing(&all);
        let fingerprint = fingerprint::leads(request);
        let is = |file: &LeadsFileState, (owner, entry): &Owned| {
            file.owner == *owner && file.entry.name == entry.name && file.entry.content == entry.content
        };
        let anew = fingerprint != state.fingerprint
            || state.files.iter().any(|file| !standing.iter().any(|other| is(file, other)));
        let known = |other: &Owned| state.files.iter().any(|file| is(file, other));
        let unread = standing.iter().filter(|other| anew || !known(other)).cloned().collect();
        Self { fingerprint, standing, unread, anew }
    }

    /// Whether there is anything to do.
    pub(crate) fn is_some(&self) -> bool {
        self.anew || !self.unread.is_empty()
    }
}

/// The files that stand, in their order: of one name that with the latest modification, ties by content.
fn standing(all: &BTreeSet<Owned>) -> Vec<Owned> {
    let mut latest: BTreeMap<(&Option<ClientId>, &str), &Entry> = BTreeMap::new();
    for (owner, entry) in all {
        let standing = latest.entry((owner, &entry.name)).or_insert(entry);
        if (entry.modified, &entry.content) > (standing.modified, &standing.content) {
            *standing = entry;
        }
    }
    let mut standing: Vec<Owned> =
        latest.into_iter().map(|((owner, _), entry)| (owner.clone(), entry.clone())).collect();
    standing.sort_by(|a, b| natural(&a.1.name, &b.1.name).then_with(|| a.0.cmp(&b.0)));
    standing
}

/// What came of the leads.
#[derive(Default)]
pub(crate) struct LeadsDone {
    /// Rows just read.
    pub(crate) fresh: CleanLeads,
    /// Whether they are all there are.
    pub(crate) anew: bool,
}

impl LeadsDone {
    /// Whether a client's leads changed.
    pub(crate) fn concerns(&self, client: &ClientId) -> bool {
        self.anew || self.fresh.contains_key(client)
    }
}

impl Stages<'_> {
    /// Reads what is due, and brings the state up to it.
    pub(crate) async fn leads(
        &mut self,
        state: &mut LeadsState,
        due: LeadsDue,
    ) -> Result<LeadsDone, RunError> {
        if due.standing.is_empty() {
            return Err(RunError::NoLeads);
        }
        if !due.anew && due.unread.is_empty() {
            return Ok(LeadsDone::default());
        }
        self.observer.begin(Stage::Leads, due.unread.len() as u64);
        let known: Vec<LeadsFileState> = if due.anew { Vec::new() } else { std::mem::take(&mut state.files) };
        let used = self.algorithms(known.iter().map(|file| &file.reading));
        let (mut fresh, mut read) = self.read_leads(&due.unread, &used).await?;
        let mut anew = due.anew;
        // Plain text where a hash should be is hashed as most of the client's leads are, which is known only when all
        // are read: where the guess was wrong, they are read again.
        let readings = known.iter().map(|file| &file.reading).chain(read.iter().map(|file| &file.reading));
        let wanted = self.algorithms(readings.clone());
        let plain: BTreeSet<&ClientId> = readings.flat_map(|reading| &reading.with_plain_text).collect();
        if plain.into_iter().any(|client| wanted.get(client) != used.get(client)) {
            anew = true;
            (fresh, read) = self.read_leads(&due.standing, &wanted).await?;
        }
        let mut readings: BTreeMap<String, LeadReading> = BTreeMap::new();
        if !anew {
            for file in known {
                readings.insert(LeadsFileState::label(file.owner.as_ref(), &file.entry.name), file.reading);
            }
        }
        let quarantine = self.leads_quarantine(&mut read).await?;
        let kept =
            if anew { Vec::new() } else { state.tables.remove(Table::Quarantine.name()).unwrap_or_default() };
        state.tables.insert(Table::Quarantine.name().to_owned(), [kept, quarantine].concat());
        for file in &read {
            let (client, name) = (String::new(), file.label.clone());
            let (status, rows) = ("leads".to_owned(), file.reading.rows_read);
            self.note_file(RunFile { client, name, status, rows });
            self.count("leads.read".to_owned(), rows);
            self.count("leads.kept".to_owned(), file.reading.kept.values().sum());
        }
        readings.extend(read.into_iter().map(|file| (file.label, file.reading)));
        state.files = due
            .standing
            .into_iter()
            .map(|(owner, entry)| {
                let label = LeadsFileState::label(owner.as_ref(), &entry.name);
                let reading = readings.remove(&label).unwrap_or_default();
                LeadsFileState { owner, entry, reading }
            })
            .collect();
        self.tell_missing_dimensions(state.files.iter().map(|file| &file.reading));
        state.fingerprint = due.fingerprint;
        let nobody = ClientId(String::new());
        let findings = batches::finding(&findings_of(state, &nobody))?;
        let findings = self.stage_part(Table::Finding, findings).await?;
        state.tables.insert(Table::Finding.name().to_owned(), findings);
        Ok(LeadsDone { fresh, anew })
    }

    /// By what most of each client's leads are hashed.
    fn algorithms<'r>(
        &self,
        readings: impl Iterator<Item = &'r LeadReading> + Clone,
    ) -> BTreeMap<ClientId, HashAlgorithm> {
        let ids = self.request.clients.iter().map(|client| &client.settings.id);
        ids.map(|id| (id.clone(), algorithm_of(readings.clone(), id))).collect()
    }

    /// Reads leads files, on a thread of their own.
    async fn read_leads(
        &self,
        files: &[Owned],
        algorithms: &BTreeMap<ClientId, HashAlgorithm>,
    ) -> Result<(CleanLeads, Vec<LeadsFile>), RunError> {
        let mut inputs = Vec::with_capacity(files.len());
        for (owner, entry) in files {
            let label = LeadsFileState::label(owner.as_ref(), &entry.name);
            let schema = self.lead_schema(owner.as_ref());
            let file = Parquet::new(self.ports.archive.open(&entry.content).await?)?;
            inputs.push(LeadsInput { label, owner: owner.clone(), schema, file });
        }
        let clients: Vec<ClientSettings> =
            self.request.clients.iter().map(|client| client.settings.clone()).collect();
        let dimensions = self.request.dimensions.clone();
        let (algorithms, with, observer) = (algorithms.clone(), self.reading(), Arc::clone(&self.observer));
        tokio::task::spawn_blocking(move || {
            ingest::leads(&inputs, &clients, &dimensions, &algorithms, &with, &*observer)
        })
        .await?
    }

    fn lead_schema(&self, owner: Option<&ClientId>) -> Arc<LeadSchema> {
        let own = |id: &ClientId| self.request.clients.iter().find(|client| client.settings.id == *id);
        let own = owner.and_then(own).map(|client| &client.lead_schema);
        Arc::clone(own.unwrap_or(&self.request.lead_schema))
    }

    /// A dimension that no file has is a slip in the configuration or in the export: told, not silent.
    fn tell_missing_dimensions<'r>(&self, readings: impl Iterator<Item = &'r LeadReading> + Clone) {
        for (place, dimension) in self.request.dimensions.iter().enumerate() {
            if !readings.clone().any(|reading| reading.dimensions.get(place) == Some(&true)) {
                tracing::warn!(
                    dimension = %dimension,
                    "no leads file has this dimension; it stays empty: compare dimensions in leadq.toml with the columns of the leads"
                );
            }
        }
    }

    /// Stages the rows set aside.
    async fn leads_quarantine(&mut self, read: &mut [LeadsFile]) -> Result<Vec<String>, RunError> {
        let failed = |source| RunError::Build { table: "quarantine", source };
        let mut all = Vec::new();
        for file in read {
            let name = format!("leads/{}", file.label);
            let spool = std::mem::replace(&mut file.quarantine, self.reading().spool());
            for rows in spool.into_batches().map_err(failed)? {
                let rows = rows.map_err(failed)?;
                all.push(Ok::<_, PortError>(batches::quarantine(&ClientId(String::new()), &name, &rows)?));
            }
        }
        let staged = self.stage_stream(Table::Quarantine, Box::pin(futures::stream::iter(all))).await?;
        Ok(self.staged(staged))
    }
}

/// What was found in leads files about a client's leads; about leads of no client, with the empty id.
pub(crate) fn findings_of(state: &LeadsState, client: &ClientId) -> Vec<Finding> {
    let files = state.files.iter().flat_map(|file| {
        let name = format!("leads/{}", LeadsFileState::label(file.owner.as_ref(), &file.entry.name));
        file.reading.findings.iter().map(move |(of, found)| (of, found, name.clone()))
    });
    files
        .filter(|(of, ..)| *of == client)
        .map(|(of, found, name)| Finding {
            code: found.code,
            client: of.clone(),
            file: Some(name),
            line: found.line,
            column: found.column.clone(),
            count: found.count,
            samples: found.samples.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::ContentId;

    fn file(owner: &str, name: &str, content: &str, modified: i64) -> Owned {
        let owner = (!owner.is_empty()).then(|| ClientId(owner.to_owned()));
        (owner, Entry { name: name.to_owned(), content: ContentId(content.to_owned()), modified })
    }

    #[test]
    fn of_one_name_the_latest_stands_and_owners_do_not_mix() {
        let all = [
            file("", "l_10.parquet", "a", 1),
            file("", "l_9.parquet", "b", 5),
            file("", "l_9.parquet", "c", 4),
            file("", "l_9.parquet", "d", 5),
            file("acme", "l_9.parquet", "e", 1),
        ];
        let standing = standing(&all.into_iter().collect());
        let contents: Vec<_> = standing.iter().map(|(_, entry)| entry.content.0.as_str()).collect();
        assert_eq!(contents, ["d", "e", "a"]);
    }
}
