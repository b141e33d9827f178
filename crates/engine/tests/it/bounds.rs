//! Memory, disk and what is left behind.

use arrow::array::{Array as _, AsArray as _};
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt as _;
use leadq_engine::{EmbeddedEngine, EngineSettings};
use leadq_pipeline::ports::{Engine as _, Fault, PortError};

use crate::support::{Place, batch, schema, stream};

const ROWS: i64 = 400_000;

fn many() -> Vec<RecordBatch> {
    (0..ROWS / 8_000).map(|n| batch(n * 8_000, (n + 1) * 8_000)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sort_larger_than_the_pool_spills() {
    // A pool of 8 MB for 20 MB of rows.
    let place = Place::with_memory(32 << 20);
    place.table("t", many()).await;
    let before = place.temporary().len();
    let mut rows = place.engine.query("SELECT id, city, key FROM t ORDER BY key").await.unwrap().batches;
    let first = rows.try_next().await.unwrap().unwrap();
    assert!(place.temporary().len() > before, "nothing was spilled");
    let rest: Vec<_> = rows.try_collect().await.unwrap();
    let keys: Vec<_> = std::iter::once(&first).chain(&rest).map(|batch| batch.column(2)).collect();
    let keys = arrow::compute::concat(&keys.iter().map(AsRef::as_ref).collect::<Vec<_>>()).unwrap();
    assert_eq!(keys.len(), usize::try_from(ROWS).unwrap());
    let keys = keys.as_binary::<i32>();
    assert!((1..keys.len()).all(|n| keys.value(n - 1) <= keys.value(n)));
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_larger_than_the_pool_spill() {
    let place = Place::with_memory(32 << 20);
    place.table("t", many()).await;
    let groups = "SELECT count(*) FROM (SELECT key, max(city) AS c, count(*) AS n FROM t GROUP BY key)";
    assert_eq!(place.number(groups).await, ROWS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_that_does_not_fit_says_what_to_do() {
    let place = Place::with_memory(32 << 20);
    place.table("a", many()).await;
    place.table("b", many()).await;
    let joined = "SELECT count(*) FROM a JOIN b ON a.key = b.key AND a.city <> b.city";
    let error = place.rows(joined).await.unwrap_err();
    assert_eq!(error.fault, Fault::Exhausted, "{error}");
    assert!(error.hint.unwrap().contains("--memory (now 33 MB)"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_goes_with_the_engine_and_its_last_stream() {
    let Place { folder, engine } = Place::new();
    let left = || std::fs::read_dir(folder.path()).unwrap().count();
    engine.scratch("t", schema(), stream(vec![batch(0, 10)])).await.unwrap();
    let rows = engine.query("SELECT id FROM t").await.unwrap().batches;
    drop(engine);
    assert_eq!(left(), 1);
    assert_eq!(rows.try_collect::<Vec<_>>().await.unwrap().len(), 1);
    assert_eq!(left(), 0);
}

#[tokio::test]
async fn a_failing_stream_registers_nothing() {
    let place = Place::new();
    let broken = PortError::permanent("fetch", "leads.csv", "gone").fault(Fault::Transient);
    let rows = Box::pin(futures::stream::iter([Ok(batch(0, 10)), Err(broken)]));
    let error = place.engine.scratch("t", schema(), rows).await.unwrap_err();
    assert_eq!((error.operation, error.fault), ("fetch", Fault::Transient));
    assert!(place.engine.query("SELECT * FROM t").await.is_err());
}

#[tokio::test]
async fn rows_of_another_shape_are_refused() {
    let place = Place::new();
    let narrow = batch(0, 3).project(&[0]).unwrap();
    let error = place.engine.scratch("t", schema(), stream(vec![narrow])).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot write scratch table t: a batch has 1 columns, not 3");
    let mixed = batch(0, 3).project(&[1, 0, 2]).unwrap();
    let error = place.engine.scratch("t", schema(), stream(vec![mixed])).await.unwrap_err();
    assert_eq!(error.reason, "id Int64 expected, city Utf8 found");
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let spill_dir = Some(file.path().join("below"));
    let error =
        EmbeddedEngine::new(EngineSettings { memory: 1 << 30, partitions: 2, spill_dir }).err().unwrap();
    assert!(error.hint.unwrap().contains("folder for temporary files"));
}
