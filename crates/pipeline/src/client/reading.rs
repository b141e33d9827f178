//! A client's report files, read so that their snapshots can be folded in order.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use leadq_contract::ClientSettings;
use leadq_ingest::cells::hash::HashAlgorithm;
use leadq_ingest::timeline::natural;

use super::ClientState;
use crate::error::RunError;
use crate::ingest::ReportFile;
use crate::run::Stages;
use crate::state::Entry;
use crate::stretch::{self, Books, ReportsReading};

impl Stages<'_> {
    /// Reads new files, in stretches that follow the history as far as their names say it. They come in natural order.
    pub(super) async fn read_new(
        &self,
        client: &Arc<ClientSettings>,
        mut entries: Vec<Entry>,
        algorithm: HashAlgorithm,
    ) -> Result<Vec<ReportFile>, RunError> {
        stretch::by_name(&mut entries, client);
        let stretches = stretch::stretches(&entries, self.request.threads);
        let mut read = self.read_stretches(client, stretches, Books::Shared, algorithm).await?;
        // Members of an archive stay as they are in it.
        read.sort_by(|a, b| natural(&a.entry.name, &b.entry.name).then_with(|| a.entry.cmp(&b.entry)));
        Ok(read)
    }

    /// Reads the files of snapshots that are to be folded in this order, and whose rows are not at hand, or are known
    /// by numbers that do not fit the order: it is other than their names say, or a file in between does not stand.
    pub(super) async fn read_again(
        &self,
        client: &Arc<ClientSettings>,
        state: &ClientState,
        order: &[usize],
        read: &mut HashMap<usize, ReportFile>,
    ) -> Result<(), RunError> {
        // An archive is read in its own order: its members may not fit before each has a book of its own.
        for books in [Books::Shared, Books::Shared, Books::Own] {
            let marks = order.iter().map(|place| Some(&read.get(place)?.kept.as_ref()?.mark));
            let runs = stretch::out_of_sequence(marks);
            if runs.is_empty() {
                break;
            }
            let places: Vec<Vec<usize>> =
                runs.iter().map(|run| run.iter().map(|at| order[*at]).collect()).collect();
            self.read_places(client, state, &places, books, read).await?;
        }
        match order.iter().find(|place| !read.contains_key(place)) {
            None => Ok(()),
            Some(place) => Err(RunError::Changed { file: state.files[*place].facts.name.clone() }),
        }
    }

    /// Reads files that were taken in, run by run.
    async fn read_places(
        &self,
        client: &Arc<ClientSettings>,
        state: &ClientState,
        runs: &[Vec<usize>],
        books: Books,
        read: &mut HashMap<usize, ReportFile>,
    ) -> Result<(), RunError> {
        let mut wanted: BTreeMap<Entry, Vec<usize>> = BTreeMap::new();
        let mut stretches = Vec::new();
        for run in runs {
            let mut entries = Vec::new();
            for place in run {
                let file = &state.files[*place];
                let (name, content) = (file.entry.clone(), file.content.clone());
                let entry = Entry { name, content, modified: file.facts.modified };
                let places = wanted.entry(entry.clone()).or_default();
                if places.is_empty() {
                    entries.push(entry);
                }
                places.push(*place);
                read.remove(place);
            }
            stretches.extend(stretch::stretches(&entries, self.request.threads));
        }
        for part in self.read_stretches(client, stretches, books, state.algorithm).await? {
            let places = wanted.get(&part.entry).into_iter().flatten();
            let place = places.copied().find(|place| state.files[*place].facts.name == part.facts.name);
            if let Some(place) = place {
                read.insert(place, part);
            }
        }
        Ok(())
    }

    async fn read_stretches(
        &self,
        client: &Arc<ClientSettings>,
        stretches: Vec<Vec<Entry>>,
        books: Books,
        algorithm: HashAlgorithm,
    ) -> Result<Vec<ReportFile>, RunError> {
        let (with, observer) = (self.reading(), &self.observer);
        let reading = ReportsReading { client, algorithm, with, observer };
        stretch::reports(stretches, books, self.ports.archive, &reading, self.request.threads).await
    }
}
