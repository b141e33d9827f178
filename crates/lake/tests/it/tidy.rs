//! What is deleted after a commit, and what never.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use leadq_contract::Table;
use leadq_contract::run::{FailedRun, RunRecord};
use leadq_lake::CrashPoint;
use leadq_pipeline::ports::{Fault, Lake as _, PortError};
use object_store::memory::InMemory;
use proptest::prelude::*;

use crate::faulty::{Counted, Faulty};
use crate::kept::{Change, Kept};
use crate::support::{Place, SECRET, batch, dimensions, read, record, stream, write_with};

const TABLES: [Table; 3] = [Table::DimPlace, Table::LeadLink, Table::Finding];

fn change(table: Table, keeps: usize, adds: &[usize]) -> Change {
    Change { table, keeps, adds: adds.to_vec() }
}

/// A step of a random history: what changes, and at which of its crash points the run dies, if at any.
type Step = (Vec<Change>, Option<usize>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let change = (0..TABLES.len(), 0..3usize, prop::collection::vec(1..4usize, 0..3));
    let change = change.prop_map(|(table, keeps, adds)| change_of(TABLES[table], keeps, adds));
    let changes = prop::collection::vec(change, 1..4).prop_map(|mut changes: Vec<Change>| {
        changes.sort_by_key(|change| change.table.name());
        changes.dedup_by_key(|change| change.table);
        changes
    });
    prop::collection::vec((changes, prop::option::weighted(0.4, 0..30usize)), 1..14)
}

fn change_of(table: Table, keeps: usize, adds: Vec<usize>) -> Change {
    Change { table, keeps, adds }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn kept_runs_read_as_written_and_nothing_spare_is_left(steps in steps(), keep in 1..4u64) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut kept = Kept::new();
            for (changes, dies) in steps {
                let mut run = match dies {
                    Some(at) => kept.with_hook(dying(at)),
                    None => kept.clone(),
                };
                let done = run.run(&changes, keep).await;
                assert!(dies.is_some() || done.is_ok(), "{done:?}");
                kept.runs = run.runs;
                kept.check_runs(keep).await;
            }
            kept.run(&[change(Table::DimPlace, 1, &[1])], keep).await.unwrap();
            kept.check_runs(keep).await;
            kept.check_nothing_spare(keep).await;
        });
    }
}

/// Dies at the crash point of that number.
fn dying(at: usize) -> leadq_lake::CrashHook {
    let passed = AtomicUsize::new(0);
    Arc::new(move |_| match passed.fetch_add(1, Ordering::SeqCst) {
        passed if passed == at => Err(PortError::permanent("go on", "test", "died")),
        _ => Ok(()),
    })
}

/// Tables of the lake below: few, since each change of the store is let fail once.
const CHECKPOINTED: [Table; 2] = [Table::DimPlace, Table::LeadLink];

/// A lake whose next run makes checkpoints and cuts logs.
async fn before_a_checkpoint() -> Kept {
    let mut kept = Kept::new();
    for run in 1..=19 {
        let changes = CHECKPOINTED.map(|table| change(table, run % 2, &[run]));
        kept.run(&changes, 2).await.unwrap();
    }
    kept
}

#[tokio::test]
async fn a_run_that_fails_at_any_change_of_the_store_is_made_good_by_the_next() {
    let base = before_a_checkpoint().await;
    let changes = CHECKPOINTED.map(|table| change(table, 1, &[2]));
    let logs = |paths: Vec<String>| paths.iter().filter(|path| path.contains("_delta_log/0")).count();
    for limit in 0.. {
        let store = forked(&base).await;
        let mut faulty = base.on(Faulty::new(&store, Counted::Changes, limit));
        let done = faulty.run(&changes, 2).await;
        let mut kept = base.on(store);
        kept.runs = faulty.runs;
        kept.check_runs(2).await;
        if let Err(error) = &done {
            // What writes checkpoints does not tell its cause, only its text.
            let told = error.fault == Fault::Exhausted || error.operation == "write a checkpoint of";
            assert!(told && error.reason.contains("no storage space"), "{error}");
        }
        kept.run(&changes, 2).await.unwrap();
        kept.check_runs(2).await;
        kept.check_nothing_spare(2).await;
        assert!(logs(kept.paths().await) < 2 * 20, "{:?}", kept.paths().await);
        if done.is_ok() {
            assert!(limit > 15, "{limit}");
            return;
        }
    }
}

async fn forked(kept: &Kept) -> Arc<InMemory> {
    use futures::TryStreamExt as _;
    use object_store::ObjectStoreExt as _;
    let store = InMemory::new();
    let metas: Vec<_> = kept.store.list(None).try_collect().await.unwrap();
    for meta in metas {
        let bytes = kept.store.get(&meta.location).await.unwrap().bytes().await.unwrap();
        store.put(&meta.location, bytes.into()).await.unwrap();
    }
    Arc::new(store)
}

#[tokio::test]
async fn a_full_disk_is_told_and_shows_nothing() {
    let mut base = Kept::new();
    base.run(&TABLES.map(|table| change(table, 0, &[2])), 5).await.unwrap();
    let changes = TABLES.map(|table| change(table, 1, &[300]));
    for bytes in (0..).step_by(1_000) {
        let store = forked(&base).await;
        let mut full = base.on(Faulty::new(&store, Counted::Bytes, bytes));
        let done = full.run(&changes, 5).await;
        let mut kept = base.on(store);
        kept.runs = full.runs;
        kept.check_runs(5).await;
        let Err(error) = done else {
            assert!(bytes > 10_000, "{bytes}");
            return;
        };
        assert_eq!(error.fault, Fault::Exhausted, "{error}");
        assert!(error.hint.unwrap().starts_with("free space"));
        kept.run(&changes, 1).await.unwrap();
        kept.check_nothing_spare(1).await;
    }
}

#[tokio::test]
async fn on_a_disk_the_unfinished_files_of_dead_runs_go_too() {
    let place = Place::new();
    for run in 1..=12 {
        place.run(run, &[(Table::DimPlace, 2), (Table::Finding, 1)]).await;
    }
    let lake = place.lake();
    let writer = lake.write(SECRET).await.unwrap();
    let table = place.path.join("tables/dim_place");
    let foreign = [table.join("notes.txt"), place.path.join("runs/notes")];
    let unfinished =
        [table.join("part-1.parquet#12"), table.join(".leadq-abc"), place.path.join("runs/.leadq-def")];
    for file in unfinished.iter().chain(&foreign) {
        std::fs::write(file, "x").unwrap();
    }
    for _ in 0..2 {
        writer.tidy(3).await.unwrap();
        assert!(unfinished.iter().all(|file| !file.exists()));
        assert!(foreign.iter().all(|file| file.exists()));
        let parquet = |entry: &std::fs::DirEntry| entry.path().extension().is_some_and(|e| e == "parquet");
        let files = std::fs::read_dir(&table).unwrap().map(Result::unwrap).filter(parquet);
        assert_eq!(files.count(), 3);
    }
    assert!(table.join("_delta_log/00000000000000000011.checkpoint.parquet").exists());
    let error = lake.pinned(&lake.run(9).await.unwrap(), Table::DimPlace).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot read run 9: run 9 is no longer kept: the last 3 are");
    let tenth = lake.run(10).await.unwrap();
    assert_eq!(read(&lake.pinned(&tenth, Table::DimPlace).await.unwrap()).num_rows(), 2);
    // More are to be kept from now on: those that are gone do not come back.
    writer.tidy(60).await.unwrap();
    lake.pinned(&lake.run(9).await.unwrap(), Table::DimPlace).await.unwrap_err();
    lake.pinned(&tenth, Table::DimPlace).await.unwrap();
    // Other tools read the head.
    let url = url::Url::from_directory_path(&table).unwrap();
    assert_eq!(deltalake::open_table(url).await.unwrap().version(), Some(11));
}

#[tokio::test]
async fn logs_do_not_grow_without_end() {
    let place = Place::new();
    let lake = place.lake();
    let writer = lake.write(SECRET).await.unwrap();
    for run in 1..=60 {
        write_with(writer.as_ref(), run, &[(Table::Finding, 1)], &dimensions()).await.unwrap();
        writer.tidy(5).await.unwrap();
        let log = std::fs::read_dir(place.path.join("tables/finding/_delta_log")).unwrap().count();
        assert!(log < 20, "{log} files after {run} runs");
    }
    let oldest = lake.run(56).await.unwrap();
    assert_eq!(read(&lake.pinned(&oldest, Table::Finding).await.unwrap()).num_rows(), 1);
}

#[tokio::test]
async fn a_table_that_stays_keeps_its_version_however_often_it_is_staged() {
    let place = Place::new();
    let first = place.run(1, &[(Table::DimPlace, 3), (Table::Finding, 1)]).await;
    let lake = place.lake();
    let writer = lake.write(SECRET).await.unwrap();
    for run in 2..=4 {
        let schema = Table::DimPlace.schema(&[]);
        let mut staged = writer.stage(Table::DimPlace, schema, stream(Vec::new())).await.unwrap();
        let last = lake.last_run().await.unwrap().unwrap();
        staged.files = lake.pinned(&last, Table::DimPlace).await.unwrap();
        let committed = writer.commit(vec![staged], record(run)).await.unwrap();
        assert_eq!(committed.tables, first.tables);
        writer.tidy(1).await.unwrap();
    }
    assert_eq!(place.last(Table::DimPlace).await.num_rows(), 3);
}

#[tokio::test]
async fn state_is_kept_as_long_as_the_last_run_names_it() {
    let place = Place::new();
    let lake = place.lake();
    let writer = lake.write(SECRET).await.unwrap();
    let fold = writer.put_state("fold", b"folded".to_vec()).await.unwrap();
    let unnamed = writer.put_state("fold", b"of a dead run".to_vec()).await.unwrap();
    let named = RunRecord { state: vec![fold.clone()], ..record(1) };
    writer.commit(Vec::new(), named).await.unwrap();
    writer.tidy(60).await.unwrap();
    assert_eq!(lake.state(&fold).await.unwrap(), b"folded");
    let error = lake.state(&unnamed).await.unwrap_err();
    assert!(error.hint.unwrap().contains("leadq replay"));
    assert!(lake.state("../lake.json").await.is_err());
}

fn failure(minute: usize) -> FailedRun {
    FailedRun {
        run: None,
        started_at: format!("2026-11-23T{:02}:{:02}:00Z", 1 + minute / 60, minute % 60),
        failed_at: "2026-11-23T05:00:00Z".to_owned(),
        leadq: "0.1.0".to_owned(),
        error: format!("error {minute}"),
    }
}

#[tokio::test]
async fn failures_since_the_last_run_are_told_up_to_a_hundred() {
    let place = Place::new();
    let lake = place.lake();
    let writer = lake.write(SECRET).await.unwrap();
    writer.note_failure(&failure(0)).await.unwrap();
    writer.note_failure(&failure(0)).await.unwrap();
    assert_eq!(lake.failures().await.unwrap(), [failure(0)]);
    let schema = Table::DimPlace.schema(&[]);
    let rows = stream(vec![batch(&schema, 1, 1)]);
    let staged = writer.stage(Table::DimPlace, schema, rows).await.unwrap();
    let run = RunRecord { started_at: failure(1).started_at, ..record(1) };
    writer.commit(vec![staged], run).await.unwrap();
    assert_eq!(lake.failures().await.unwrap(), []);
    // One that knows its number is told by it: the run before may have fitted into the same second.
    let next = FailedRun { run: Some(2), ..failure(1) };
    writer.note_failure(&FailedRun { run: Some(1), ..failure(1) }).await.unwrap();
    assert_eq!(lake.failures().await.unwrap(), []);
    writer.note_failure(&next).await.unwrap();
    assert_eq!(lake.failures().await.unwrap(), [next]);
    for minute in 2..110 {
        writer.note_failure(&failure(minute)).await.unwrap();
    }
    let told = lake.failures().await.unwrap();
    assert_eq!(told, (10..110).map(failure).collect::<Vec<_>>());
    assert_eq!(lake.last_run().await.unwrap().unwrap().run, 1);
}

#[test]
fn every_point_of_tidying_is_passed() {
    let passed = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&passed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let kept = before_a_checkpoint().await;
        let hook = move |point| {
            seen.lock().unwrap().push(point);
            Ok(())
        };
        let mut kept = kept.with_hook(Arc::new(hook));
        kept.run(&CHECKPOINTED.map(|table| change(table, 0, &[1])), 2).await.unwrap();
    });
    let passed = passed.lock().unwrap();
    for point in [CrashPoint::StateWritten, CrashPoint::AfterRecord, CrashPoint::StateDeleted] {
        assert!(passed.contains(&point), "{point:?}");
    }
    assert!(passed.contains(&CrashPoint::RunsExpired));
    for table in CHECKPOINTED {
        for point in
            [CrashPoint::Checkpointed(table), CrashPoint::FilesDeleted(table), CrashPoint::LogCut(table)]
        {
            assert!(passed.contains(&point), "{point:?}");
        }
    }
}

#[tokio::test]
async fn a_run_that_notes_its_failure_takes_its_data_files_with_it() {
    let place = Place::new();
    place.run(1, &[(Table::DimPlace, 2)]).await;
    let parquet = || {
        let files = std::fs::read_dir(place.path.join("tables/dim_place")).unwrap();
        files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some()).count()
    };
    assert_eq!(parquet(), 1);
    let lake = place.lake();
    let writer = lake.write(SECRET).await.unwrap();
    let schema = Table::DimPlace.schema(&[]);
    let stage = async || {
        let rows = stream(vec![batch(&schema, 3, 2)]);
        writer.stage(Table::DimPlace, schema.clone(), rows).await.unwrap()
    };
    stage().await;
    stage().await;
    assert_eq!(parquet(), 3);
    writer.note_failure(&failure(0)).await.unwrap();
    assert_eq!(parquet(), 1);
    // Not what was handed to a commit, however that ends: a head may name it.
    let staged = stage().await;
    writer.commit(vec![staged], record(2)).await.unwrap();
    writer.note_failure(&failure(1)).await.unwrap();
    assert_eq!(place.last(Table::DimPlace).await.num_rows(), 3);
}
