//! A lake in a store, with what its runs wrote beside it: what should be read, and what should be left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use futures::{StreamExt as _, TryStreamExt as _};
use leadq_contract::Table;
use leadq_contract::run::RunRecord;
use leadq_lake::{CrashHook, DeltaLake, LeaseTimes};
use leadq_pipeline::ports::{DataFile, Lake as _, LakeWriter, PortError, StagedTable};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use url::Url;

use crate::support::{SECRET, batch, record, stream};

/// Rows of each file of a table.
pub(crate) type Files = BTreeMap<String, RecordBatch>;

/// What a run does with a table.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) table: Table,
    /// Files of the run before that it keeps, from the first on.
    pub(crate) keeps: usize,
    /// Rows of each file that it adds.
    pub(crate) adds: Vec<usize>,
}

/// A lake in a store.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) store: Arc<dyn ObjectStore>,
    url: Url,
    hook: Option<CrashHook>,
    /// What each committed run should read, by run and table.
    pub(crate) runs: BTreeMap<u64, BTreeMap<Table, Files>>,
}

/// Short, for tests that wait for a term to end.
pub(crate) const TIMES: LeaseTimes =
    LeaseTimes { term: Duration::from_millis(400), renew: Duration::from_millis(50) };

impl Kept {
    pub(crate) fn new() -> Self {
        Self::within(Arc::new(InMemory::new()), "memory:///a%20lake/here")
    }

    pub(crate) fn within(store: Arc<dyn ObjectStore>, url: &str) -> Self {
        Self { store, url: Url::parse(url).unwrap(), hook: None, runs: BTreeMap::new() }
    }

    pub(crate) fn on(&self, store: Arc<dyn ObjectStore>) -> Self {
        Self { store, ..self.clone() }
    }

    pub(crate) fn with_hook(&self, hook: CrashHook) -> Self {
        Self { hook: Some(hook), ..self.clone() }
    }

    pub(crate) fn lake(&self) -> DeltaLake {
        let lake = DeltaLake::within(Arc::clone(&self.store), self.url.clone()).unwrap();
        let lake = lake.with_lease_times(TIMES);
        match &self.hook {
            Some(hook) => lake.with_crash_hook(Arc::clone(hook)),
            None => lake,
        }
    }

    /// Commits the next run and tidies, or tries to; what was committed is added to `runs` either way.
    pub(crate) async fn run(&mut self, changes: &[Change], keep: u64) -> Result<(), PortError> {
        let lake = self.lake();
        let writer = lake.write(SECRET).await?;
        let last = lake.last_run().await?;
        let number = last.as_ref().map_or(1, |run| run.run + 1);
        let mut expected = self.runs.get(&(number - 1)).cloned().unwrap_or_default();
        let done = self.write(writer.as_ref(), last.as_ref(), number, changes, &mut expected, keep).await;
        // A run that dies right after its commit does not know that it was one.
        let plain = Self { hook: None, ..self.clone() };
        if plain.lake().last_run().await?.is_some_and(|run| run.run == number) {
            self.runs.insert(number, expected);
        }
        done
    }

    async fn write(
        &self,
        writer: &dyn LakeWriter,
        last: Option<&RunRecord>,
        number: u64,
        changes: &[Change],
        expected: &mut BTreeMap<Table, Files>,
        keep: u64,
    ) -> Result<(), PortError> {
        let mut staged = Vec::new();
        for change in changes {
            let old = match last {
                Some(last) if last.tables.contains_key(change.table.name()) => {
                    self.lake().pinned(last, change.table).await?.files
                }
                _ => Vec::new(),
            };
            staged.push(self.stage(writer, number, change, old, expected).await?);
        }
        let state = vec![writer.put_state("manifest", number.to_be_bytes().to_vec()).await?];
        writer.commit(staged, RunRecord { state, ..record(number) }).await?;
        writer.tidy(keep).await
    }

    async fn stage(
        &self,
        writer: &dyn LakeWriter,
        number: u64,
        change: &Change,
        mut old: Vec<DataFile>,
        expected: &mut BTreeMap<Table, Files>,
    ) -> Result<StagedTable, PortError> {
        let table = change.table;
        let schema = table.schema(&crate::support::dimensions());
        old.sort_by(|a, b| a.path.cmp(&b.path));
        old.truncate(change.keeps);
        let content = expected.entry(table).or_default();
        content.retain(|path, _| old.iter().any(|file| file.path == *path));
        let mut whole = writer.stage(table, schema.clone(), stream(Vec::new())).await?;
        whole.files.files = old;
        for rows in &change.adds {
            let rows = batch(&schema, *rows, number);
            let added = writer.stage(table, schema.clone(), stream(vec![rows.clone()])).await?;
            content.extend(added.files.files.iter().map(|file| (file.path.clone(), rows.clone())));
            whole.files.files.extend(added.files.files);
        }
        Ok(whole)
    }

    /// Every one of the last `keep` runs reads as it was written; of those before, the reader is told.
    pub(crate) async fn check_runs(&self, keep: u64) {
        let lake = self.lake();
        let last = lake.last_run().await.unwrap().map_or(0, |run| run.run);
        assert_eq!(self.runs.last_key_value().map_or(0, |(run, _)| *run), last);
        for (number, tables) in &self.runs {
            let run = lake.run(*number).await.unwrap();
            for (table, expected) in tables {
                let pinned = lake.pinned(&run, *table).await;
                if number + keep > last {
                    let files = self.read(&pinned.unwrap().files).await;
                    assert_eq!(&files, expected, "run {number}, {}", table.name());
                }
            }
        }
    }

    /// What is there is what the last `keep` runs and the last record name, no more.
    pub(crate) async fn check_nothing_spare(&self, keep: u64) {
        let last = self.runs.len() as u64;
        let kept = self.runs.iter().filter(|(number, _)| *number + keep > last);
        let needed: BTreeSet<_> =
            kept.flat_map(|(_, tables)| tables.values().flat_map(|files| files.keys().cloned())).collect();
        let data = |path: &String| path.ends_with(".parquet") && !path.contains("_delta_log");
        let there: BTreeSet<_> = self.paths().await.into_iter().filter(data).collect();
        assert_eq!(there, needed);
        let state: Vec<_> = self.paths().await.into_iter().filter(|path| path.contains("/state/")).collect();
        let run = self.lake().last_run().await.unwrap().unwrap();
        let named: Vec<_> = run.state.iter().map(|name| format!("a lake/here/state/{name}")).collect();
        assert_eq!(state, named);
        assert_eq!(self.lake().state(&run.state[0]).await.unwrap(), last.to_be_bytes());
        for number in 1..=last.saturating_sub(keep) {
            let run = self.lake().run(number).await.unwrap();
            let table = *self.runs[&number].keys().next().unwrap();
            let error = self.lake().pinned(&run, table).await.unwrap_err();
            assert!(error.reason.starts_with(&format!("run {number} is no longer kept: ")), "{error}");
            let oldest = format!("run {}", last - keep + 1);
            assert!(error.hint.unwrap().contains(&oldest), "{oldest}");
        }
    }

    pub(crate) async fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> =
            self.store.list(None).map_ok(|meta| meta.location.to_string()).try_collect().await.unwrap();
        paths.sort();
        paths
    }

    async fn read(&self, files: &[DataFile]) -> Files {
        futures::stream::iter(files)
            .then(|file| async {
                let path = Path::parse(&file.path).unwrap();
                let bytes = self.store.get(&path).await.unwrap().bytes().await.unwrap();
                assert_eq!(bytes.len() as u64, file.size);
                let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap();
                let batches: Vec<_> = reader.map(Result::unwrap).collect();
                let all = arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
                (file.path.clone(), RecordBatch::try_new(all.schema(), all.columns().to_vec()).unwrap())
            })
            .collect()
            .await
    }
}
