//! Who may write to a lake in a store, and who finds out that it may no longer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use leadq_contract::Table;
use leadq_pipeline::ports::{Fault, Lake as _};
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt as _};

use crate::faulty::{Counted, Faulty};
use crate::kept::{Change, Kept, TIMES};
use crate::support::{SECRET, dimensions, write_with};

const PLACES: [(Table, usize); 1] = [(Table::DimPlace, 3)];

fn lease_path() -> object_store::path::Path {
    "a lake/here/lease.json".into()
}

#[tokio::test]
async fn a_second_writer_is_told_who_writes_and_the_next_need_not_wait() {
    let kept = Kept::new();
    let lake = kept.lake();
    assert_eq!(lake.writing_now().await.unwrap(), None);
    let writer = lake.write(SECRET).await.unwrap();
    let told = format!("another process is writing to it: process {} on ", std::process::id());
    assert!(lake.writing_now().await.unwrap().unwrap().starts_with(&told));
    let error = lake.write(SECRET).await.err().unwrap();
    assert_eq!((error.fault, error.subject.as_str()), (Fault::Locked, "memory:///a%20lake/here"));
    assert!(error.reason.starts_with(&told), "{error}");
    // The one that was told has done no harm.
    write_with(writer.as_ref(), 1, &PLACES, &dimensions()).await.unwrap();
    drop(writer);
    assert_eq!(lake.writing_now().await.unwrap(), None);
    // A lease that was given back is taken at once, not after its term.
    let slow = lake.with_lease_times(leadq_lake::LeaseTimes { term: Duration::from_secs(3_600), ..TIMES });
    let begun = Instant::now();
    drop(slow.write(SECRET).await.unwrap());
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn of_many_that_come_at_once_one_writes() {
    let kept = Kept::new();
    let lake = kept.lake();
    for _ in 0..3 {
        let lakes = (0..6).map(|_| lake.clone());
        let writers =
            futures::future::join_all(lakes.map(|lake| async move { lake.write(SECRET).await })).await;
        let refused = writers.iter().filter_map(|writer| writer.as_ref().err());
        assert!(refused.clone().all(|error| error.fault == Fault::Locked));
        assert_eq!(refused.count(), 5);
    }
}

/// A store whose lease stands still is one whose writer is dead; the writer that was only cut off is fenced.
#[tokio::test]
async fn a_writer_that_was_cut_off_is_taken_over_and_commits_nothing() {
    let mut kept = Kept::new();
    kept.run(&[Change { table: Table::DimPlace, keeps: 0, adds: vec![2] }], 9).await.unwrap();
    let memory = Arc::new(InMemory::new());
    for path in kept.paths().await {
        let path = object_store::path::Path::parse(path).unwrap();
        let bytes = kept.store.get(&path).await.unwrap().bytes().await.unwrap();
        memory.put(&path, bytes.into()).await.unwrap();
    }
    let store = Faulty::new(&memory, Counted::Changes, i64::MAX);
    let cut_off = kept.on(Arc::clone(&store) as Arc<dyn ObjectStore>).lake();
    let mut kept = kept.on(Arc::clone(&memory) as Arc<dyn ObjectStore>);
    let stale = cut_off.write(SECRET).await.unwrap();
    store.cut_off.store(true, Ordering::SeqCst);
    // Nobody can tell yet whether it lives.
    let error = write_with(stale.as_ref(), 2, &PLACES, &dimensions()).await.unwrap_err();
    assert_eq!(error.fault, Fault::Transient, "{error}");
    // Another waits its term out and goes on.
    kept.run(&[Change { table: Table::DimPlace, keeps: 1, adds: vec![4] }], 9).await.unwrap();
    store.cut_off.store(false, Ordering::SeqCst);
    for number in [2, 3] {
        let error = write_with(stale.as_ref(), number, &PLACES, &dimensions()).await.unwrap_err();
        assert_eq!(error.fault, Fault::Locked, "{error}");
    }
    assert_eq!(stale.tidy(1).await.unwrap_err().fault, Fault::Locked);
    kept.check_runs(9).await;
    // It does not take the other's lease with it when it ends.
    let holder = kept.lake().write(SECRET).await.unwrap();
    drop(stale);
    let error = kept.lake().write(SECRET).await.err().unwrap();
    assert_eq!(error.fault, Fault::Locked);
    drop(holder);
}

#[tokio::test]
async fn a_damaged_lease_is_told() {
    let mut kept = Kept::new();
    kept.run(&[Change { table: Table::DimPlace, keeps: 0, adds: vec![2] }], 9).await.unwrap();
    kept.store.put(&lease_path(), "{".into()).await.unwrap();
    let error = kept.lake().write(SECRET).await.err().unwrap();
    assert!(error.reason.starts_with("lease.json is damaged"), "{error}");
    assert_eq!(kept.lake().last_run().await.unwrap().unwrap().run, 1);
}

#[tokio::test]
async fn what_is_no_lake_is_not_written_to() {
    let kept = Kept::new();
    kept.store.put(&"a lake/here/holiday.jpg".into(), "x".into()).await.unwrap();
    let error = kept.lake().write(SECRET).await.err().unwrap();
    assert_eq!(error.reason, "the folder is not empty and holds no lake");
    assert_eq!(kept.paths().await, ["a lake/here/holiday.jpg"]);
}
