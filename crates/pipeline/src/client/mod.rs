//! One client in a run: its new files are read, its history is folded on from where it stands, its records are
//! matched anew, and its part of every table is staged.

mod frozen;
mod model;
mod reading;
mod rows;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use leadq_contract::run::{FileStatus, RunFile};
use leadq_contract::{ClientSettings, FindingCode, Table};
use leadq_ingest::timeline::{FileFacts, natural};
use leadq_matching::ClientFold;
use tokio::sync::mpsc;

use crate::error::RunError;
use crate::fingerprint;
use crate::history::{self, HistorySinks};
use crate::ingest::{ReportFile, algorithm_of};
use crate::leads::LeadsDone;
use crate::observer::Stage;
use crate::ports::{Received, ReceivedKind};
use crate::run::{CHANNEL, ClientRequest, RunRequest, Stages, received};
use crate::state::{ClientState, Entry, FileState, LeadsState, Segment, packed, unpacked};
use rows::judge;

/// What is to be done about a client, its leads apart.
#[derive(Debug, Default)]
pub(crate) struct ClientDue {
    cleaning: String,
    matching: String,
    /// What was read of its files is void.
    replay: bool,
    /// Its tables are.
    rematch: bool,
    /// Entries not taken in.
    entries: Vec<Entry>,
}

impl ClientDue {
    /// Compares the archive and the settings with what was taken in.
    pub(crate) fn of(
        state: Option<&ClientState>,
        catalogue: &[Received],
        client: &ClientSettings,
        request: &RunRequest,
    ) -> Self {
        let cleaning = fingerprint::cleaning(client, request);
        let matching = fingerprint::matching(client, request);
        let replay = state.is_none_or(|state| state.cleaning != cleaning);
        let rematch = state.is_none_or(|state| state.matching != matching);
        let of_it = |received: &&Received| {
            received.kind == ReceivedKind::Report && received.client.as_ref() == Some(&client.id)
        };
        let entries: BTreeSet<Entry> = catalogue.iter().filter(of_it).map(Entry::from).collect();
        let known = |entry: &Entry| !replay && state.is_some_and(|state| state.taken.contains(entry));
        let mut entries: Vec<Entry> = entries.into_iter().filter(|entry| !known(entry)).collect();
        entries.sort_by(|a, b| natural(&a.name, &b.name).then_with(|| a.cmp(b)));
        Self { cleaning, matching, replay, rematch, entries }
    }

    /// Whether there is anything to do.
    pub(crate) fn is_some(&self) -> bool {
        self.replay || self.rematch || !self.entries.is_empty()
    }
}

impl Stages<'_> {
    /// Brings a client's state and tables up to its files and leads.
    pub(crate) async fn client(
        &mut self,
        client: &ClientRequest,
        state: Option<ClientState>,
        mut due: ClientDue,
        catalogue: &[Received],
        leads: (&LeadsState, &LeadsDone),
    ) -> Result<ClientState, RunError> {
        let settings = Arc::new(client.settings.clone());
        let algorithm = algorithm_of(leads.0.files.iter().map(|file| &file.reading), &settings.id);
        let mut state = state.unwrap_or_default();
        if !due.replay && state.algorithm != algorithm && state.has_plain_text() {
            // Plain text in its reports was hashed otherwise than its leads are now.
            due = ClientDue { replay: true, ..ClientDue::of(None, catalogue, &settings, &self.request) };
        }
        if due.replay {
            state.reset();
            self.forget_frozen(&settings, &mut state).await?;
            due.entries.retain(|entry| !state.taken.contains(entry));
        }
        let rematch = state.matching != due.matching;
        (state.cleaning, state.matching, state.algorithm) = (due.cleaning, due.matching, algorithm);
        let known = state.files.len();
        let begun = Instant::now();
        let read = self.reports(&settings, due.entries, &mut state).await?;
        self.took(Stage::Reports.name(), begun);
        let judged = judge(&state);
        let begun = Instant::now();
        let fold = self.fold(&settings, &mut state, &judged.order, read).await?;
        self.took(Stage::History.name(), begun);
        state.freeze(state.leaving(&judged.order, &self.expired));
        self.model(&settings, &mut state, &judged, fold, leads, rematch).await?;
        for (place, file) in state.files.iter().enumerate().skip(known) {
            self.note_file(RunFile {
                client: settings.id.0.clone(),
                name: file.facts.name.clone(),
                status: judged.fates[place].name().to_owned(),
                rows: file.reading.buckets.rows_read(),
            });
        }
        Ok(state)
    }

    /// Reads new files and adds them to the state; their rows by place among the client's files.
    async fn reports(
        &mut self,
        client: &Arc<ClientSettings>,
        entries: Vec<Entry>,
        state: &mut ClientState,
    ) -> Result<HashMap<usize, ReportFile>, RunError> {
        self.observer.begin(Stage::Reports, entries.len() as u64);
        state.taken.extend(entries.iter().cloned());
        let mut known: HashMap<Identity, usize> =
            state.files.iter().enumerate().map(|(place, file)| (identity(&file.facts), place)).collect();
        let mut rows = HashMap::new();
        for part in self.read_new(client, entries, state.algorithm).await? {
            self.count_rows(&part.reading);
            let aside = state.aside(&part.facts);
            let place = match known.get(&identity(&part.facts)) {
                Some(place) => {
                    // What was decided when it was frozen stays so.
                    if aside.is_none() {
                        state.files[*place].again(&part.facts);
                    }
                    *place
                }
                None => {
                    state.files.push(FileState {
                        content: part.entry.content.clone(),
                        entry: part.entry.name.clone(),
                        aside,
                        facts: part.facts.clone(),
                        reading: part.reading.clone(),
                        removed: false,
                    });
                    known.insert(identity(&part.facts), state.files.len() - 1);
                    state.files.len() - 1
                }
            };
            rows.insert(place, part);
        }
        Ok(rows)
    }

    /// Folds what is new, from the last kept fold before it on; what was folded beyond is void.
    async fn fold(
        &mut self,
        client: &Arc<ClientSettings>,
        state: &mut ClientState,
        order: &[usize],
        mut read: HashMap<usize, ReportFile>,
    ) -> Result<ClientFold, RunError> {
        let before: Vec<usize> = state.snapshots.iter().map(|snapshot| snapshot.file).collect();
        let same = before.iter().zip(order).take_while(|(a, b)| a == b).count();
        state.rewind(same);
        let from = state.folded();
        let fold = match state.segments.last() {
            Some(segment) => {
                let kept = self.ports.lake.state(&segment.fold).await?;
                let failed = |source| RunError::Fold { client: client.id.0.clone(), source };
                ClientFold::from_bytes(client, &unpacked(&kept)?).map_err(failed)?
            }
            None => ClientFold::new(client),
        };
        let made = state.tables.contains_key(Table::CrmRecord.name());
        if from == order.len() && from == before.len() && made {
            return Ok(fold);
        }
        self.observer.begin(Stage::History, (order.len() - from) as u64);
        self.read_again(client, state, &order[from..], &mut read).await?;
        // Where files are about to leave the archive, a fold is kept at the end of what can be frozen then.
        let cut = state.leaving(order, &self.expired).clamp(from, order.len());
        let before_cut = (from < cut).then_some(from..cut);
        let after_cut = (cut < order.len() || from == cut).then_some(cut..order.len());
        let mut fold = fold;
        for stretch in before_cut.into_iter().chain(after_cut) {
            let snapshots = order[stretch].iter().filter_map(|place| Some((*place, read.remove(place)?)));
            let segment;
            (fold, segment) = self.fold_on(client, state, fold, snapshots.collect()).await?;
            if segment.upto > state.folded() {
                state.segments.push(segment);
            }
        }
        // The model needs the records only.
        fold.forget_rows();
        Ok(fold)
    }

    /// Folds on, and stages what comes of it.
    async fn fold_on(
        &mut self,
        client: &Arc<ClientSettings>,
        state: &mut ClientState,
        fold: ClientFold,
        snapshots: Vec<(usize, ReportFile)>,
    ) -> Result<(ClientFold, Segment), RunError> {
        let (closed, from_closed) = mpsc::channel(CHANNEL);
        let (open, from_open) = mpsc::channel(CHANNEL);
        let (records, from_records) = mpsc::channel(CHANNEL);
        let (quarantine, from_quarantine) = mpsc::channel(CHANNEL);
        let sinks = HistorySinks { closed, open, records, quarantine };
        let (of_whom, observer) = (Arc::clone(client), Arc::clone(&self.observer));
        let folding =
            tokio::task::spawn_blocking(move || history::fold(&of_whom, fold, snapshots, &sinks, &*observer));
        let (closed, open, records, quarantine) = tokio::join!(
            self.stage_stream(Table::RecordVersion, received(from_closed)),
            self.stage_stream(Table::RecordVersion, received(from_open)),
            self.stage_stream(Table::CrmRecord, received(from_records)),
            self.stage_stream(Table::Quarantine, received(from_quarantine)),
        );
        let folded = folding.await?;
        let staged = [closed?, open?, records?, quarantine?].map(|staged| self.staged(staged));
        let [versions, open, records, quarantine] = staged;
        let (fold, snapshots) = folded?;
        state.snapshots.extend(snapshots);
        state.tables.insert(Table::CrmRecord.name().to_owned(), records);
        state.tables.insert(OPEN_VERSIONS.to_owned(), open);
        let bytes =
            fold.to_bytes().map_err(|source| RunError::Fold { client: client.id.0.clone(), source })?;
        let kept = self.writer.put_state("fold", packed(&bytes)?).await?;
        let upto = state.snapshots.len();
        Ok((fold, Segment { upto, fold: kept, versions, quarantine }))
    }
}

/// The data files of the versions that are open; part of `record_version`, and made anew with every fold.
pub(crate) const OPEN_VERSIONS: &str = "record_version.open";

impl ClientState {
    /// Whether any file that counts has plain text where a hash should be.
    fn has_plain_text(&self) -> bool {
        let found = self.files.iter().flat_map(|file| &file.reading.findings);
        found.into_iter().any(|found| found.code == FindingCode::PlaintextPii)
    }

    /// What becomes of a file that would change what is frozen: it is refused, unless it only repeats what is there.
    fn aside(&self, file: &FileFacts) -> Option<FileStatus> {
        let frozen = self.snapshots.iter().take(self.frozen).map(|snapshot| &self.files[snapshot.file].facts);
        let last = frozen.clone().next_back()?;
        let repeats =
            |known: &FileFacts| known.digest == file.digest && known.snapshot_at == file.snapshot_at;
        if frozen.clone().any(repeats) {
            return Some(FileStatus::AlreadyIngested);
        }
        // A corrected archive would take all members of the one before with it.
        let corrects = |known: &FileFacts| match (&known.archive, &file.archive) {
            (Some(known), Some(archive)) => {
                known.name == archive.name
                    && known.snapshot_at == archive.snapshot_at
                    && known.digest != archive.digest
            }
            _ => false,
        };
        let order = file.snapshot_at.cmp(&last.snapshot_at).then_with(|| natural(&file.name, &last.name));
        (order.is_le() || frozen.clone().any(corrects)).then_some(FileStatus::Rejected)
    }
}

/// What makes two readings those of the same file: name, content, time, and the archive it is in.
type Identity = (String, [u8; 32], chrono::NaiveDateTime, Option<[u8; 32]>);

fn identity(facts: &FileFacts) -> Identity {
    let archive = facts.archive.as_ref().map(|archive| archive.digest);
    (facts.name.clone(), facts.digest, facts.snapshot_at, archive)
}

impl FileState {
    /// The same file came again: what counts is when it was modified last.
    fn again(&mut self, facts: &FileFacts) {
        self.facts.modified = self.facts.modified.max(facts.modified);
        if let (Some(known), Some(again)) = (&mut self.facts.archive, &facts.archive) {
            let known = Arc::make_mut(known);
            known.modified = known.modified.max(again.modified);
        }
    }
}
