//! Registered tables and queries over them.

use std::sync::Arc;

use leadq_pipeline::ports::{DataFile, Engine as _, Fault, TableFiles};
use object_store::memory::InMemory;
use object_store::{ObjectStore as _, ObjectStoreExt as _, path::Path};

use crate::support::{Place, batch, schema, stream};

async fn plan(place: &Place, sql: &str) -> String {
    place.ask(&format!("EXPLAIN {sql}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_rows_and_limits_are_chosen() {
    let place = Place::new();
    place.table("t", vec![batch(0, 10), batch(10, 20)]).await;
    insta::assert_snapshot!(place.ask("SELECT city, id FROM t WHERE id BETWEEN 3 AND 5 ORDER BY id").await, @r"
    +--------+----+
    | city   | id |
    +--------+----+
    |        | 3  |
    | city 4 | 4  |
    | city 5 | 5  |
    +--------+----+
    ");
    assert_eq!(place.number("SELECT count(*) FROM (SELECT key FROM t LIMIT 3)").await, 3);
    assert_eq!(place.number("SELECT sum(id) FROM t").await, 190);
    assert_eq!(place.number("SELECT count(city) FROM t").await, 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn scans_read_what_is_asked_and_skip_by_statistics() {
    let place = Place::new();
    place.table("t", vec![batch(0, 100)]).await;
    let told = plan(&place, "SELECT city FROM t WHERE id > 500").await;
    assert!(told.contains("projection=[city"), "{told}");
    assert!(!told.contains("key"), "{told}");
    assert!(told.contains("pruning_predicate=") && told.contains("id_max"), "{told}");
    let told = plan(&place, "SELECT id FROM t LIMIT 7").await;
    assert!(told.contains("limit=7"), "{told}");
    // Exact row counts: counting reads nothing.
    let told = plan(&place, "SELECT count(*) FROM t").await;
    assert!(!told.contains("DataSourceExec"), "{told}");
}

/// A filter that compares columns of one name from both sides of an outer join belongs above it. DataFusion 55.2's
/// physical rule takes it for one of the preserved side alone, where it compares the column with itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_filter_over_an_outer_join_stays_above_it() {
    let place = Place::new();
    place.table("t", vec![batch(0, 10)]).await;
    for join in ["RIGHT", "LEFT", "FULL", "INNER"] {
        let sql = format!(
            "SELECT count(*) FROM (SELECT key, id + 1 AS id FROM t WHERE id >= 0) b {join} JOIN \
             (SELECT key, id FROM t WHERE id >= 0) a ON a.key = b.key WHERE b.id IS NULL OR b.id <> a.id"
        );
        assert_eq!(place.number(&sql).await, 10, "{join}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_smaller_side_is_built() {
    let place = Place::new();
    place.table("large", vec![batch(0, 5_000)]).await;
    place.table("small", vec![batch(0, 1_500)]).await;
    for (sql, built) in [
        ("SELECT l.city FROM large l JOIN small s ON l.key = s.key", "small"),
        ("SELECT l.city FROM small s JOIN large l ON l.key = s.key", "small"),
        // By what is read of them: one column of the larger table is less than all of the smaller.
        ("SELECT s.* FROM large l JOIN small s ON l.id = s.id", "large"),
        ("SELECT s.* FROM small s JOIN large l ON l.id = s.id", "large"),
    ] {
        let told = plan(&place, sql).await;
        let (_, below) = told.split_once("HashJoinExec").expect("a hash join");
        // The side that is built comes first below the join; tables are told apart by their files.
        let first = below.split("DataSourceExec").nth(1).expect("a scan");
        let file = if built == "large" { "scratch-0" } else { "scratch-1" };
        assert!(first.contains(file), "{sql}\n{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_without_files_is_empty() {
    let place = Place::new();
    let nothing =
        TableFiles { name: "nothing".into(), schema: schema(), store: "file:///".into(), files: vec![] };
    place.engine.register(&nothing).unwrap();
    assert_eq!(place.number("SELECT count(*) FROM nothing").await, 0);
    place.table("t", vec![batch(0, 10)]).await;
    assert_eq!(
        place.number("SELECT count(*) FROM t LEFT JOIN nothing n ON t.id = n.id WHERE n.id IS NULL").await,
        10
    );
    // No rows leave no file.
    let scratch = place.engine.scratch("void", schema(), stream(vec![batch(0, 0)])).await.unwrap();
    assert_eq!((scratch.files, scratch.schema), (vec![], schema()));
    assert_eq!(place.number("SELECT count(key) FROM void").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_can_be_given_anew() {
    let place = Place::new();
    let first = place.table("t", vec![batch(0, 10)]).await;
    let old = place.engine.query("SELECT id FROM t").await.unwrap().batches;
    place.table("t", vec![batch(0, 4)]).await;
    assert_eq!(place.number("SELECT count(*) FROM t").await, 4);
    // A query goes on with what it was planned over.
    let old: Vec<_> = futures::TryStreamExt::try_collect(old).await.unwrap();
    assert_eq!(old.iter().map(arrow::record_batch::RecordBatch::num_rows).sum::<usize>(), 10);
    let renamed = TableFiles { name: "Odd \"name\"".into(), ..first };
    place.engine.register(&renamed).unwrap();
    assert_eq!(place.number(r#"SELECT count(*) FROM "Odd ""name""" "#).await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_files_are_one_table() {
    let place = Place::new();
    let mut table = place.table("a", vec![batch(0, 10)]).await;
    table.files.extend(place.table("b", vec![batch(10, 30)]).await.files);
    table.name = "both".into();
    place.engine.register(&table).unwrap();
    assert_eq!(place.number("SELECT sum(id) FROM both").await, (0..30).sum::<i64>());
    assert_eq!(place.number("SELECT count(*) FROM both").await, 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_queries_are_accepted() {
    let place = Place::new();
    place.table("t", vec![batch(0, 10)]).await;
    let target = place.folder.path().join("stolen.csv").display().to_string();
    for sql in [
        "CREATE TABLE x AS SELECT 1",
        "CREATE VIEW x AS SELECT 1",
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
        "CREATE FUNCTION f(INT) RETURNS INT RETURN $1",
        "DROP TABLE t",
        "INSERT INTO t SELECT * FROM t",
        "DELETE FROM t",
        "UPDATE t SET id = 1",
        "SELECT id INTO x FROM t",
        "SET datafusion.execution.batch_size = 1",
        "BEGIN TRANSACTION",
        "PREPARE p AS SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE t",
        "SELECT * FROM '/etc/passwd'",
        "",
        &format!("COPY t TO '{target}'"),
        &format!("EXPLAIN ANALYZE COPY t TO '{target}'"),
    ] {
        let error = place.engine.query(sql).await.err().unwrap_or_else(|| panic!("accepted: {sql}"));
        assert_eq!(error.fault, Fault::Query, "{sql}: {error}");
    }
    assert!(!std::path::Path::new(&target).exists());
    for sql in [
        "SHOW TABLES",
        "DESCRIBE t",
        "EXPLAIN SELECT * FROM t",
        "VALUES (1)",
        "WITH x AS (SELECT 1) SELECT * FROM x",
    ] {
        place.ask(sql).await;
    }
    assert_eq!(place.number("SELECT count(*) FROM t").await, 10);
}

#[tokio::test]
async fn what_is_not_registered_is_named() {
    let place = Place::new();
    let error = place.engine.query("SELECT * FROM nowhere").await.err().unwrap();
    assert!(error.reason.contains("nowhere"), "{error}");
    place.table("leads", vec![batch(0, 10)]).await;
    for (sql, reason, hint, place_of) in [
        ("SELECT idd FROM leads", "there is no column idd", "is id meant?", Some("idd")),
        ("SELECT l.x FROM leads l", "there is no column x in l", "the columns are", Some("l.x")),
        ("SELECT 1 FROM lead", "there is no table lead", "is leads meant?", Some("lead")),
        ("SELECT * FROM '/etc/passwd'", "there is no table /etc/passwd", "files are not read", None),
        ("SELECT lowr('X')", "there is no function lowr", "is lower meant?", Some("lowr")),
        ("SELECT *\nFORM leads", "expected end of statement, found FORM", "", Some("F")),
        ("SELECT (1", "expected ), but it ends there", "", Some("")),
        ("SELECT 'a", "Unterminated string literal", "", Some("'")),
        ("SELECT id FROM leads a JOIN leads b ON a.id = b.id", "in more than one", "TABLE.id", Some("id")),
        ("SELECT 1; SELECT 2", "several statements", "one at a time", None),
        ("DROP TABLE leads", "only queries", "SELECT", None),
        ("SELECT CAST('x' AS INT)", "'x'", "", None),
    ] {
        let error = match place.engine.query(sql).await {
            Err(error) => error,
            Ok(rows) => futures::TryStreamExt::try_collect::<Vec<_>>(rows.batches).await.unwrap_err(),
        };
        assert_eq!(error.fault, Fault::Query, "{sql}: {error}");
        assert!(error.reason.contains(reason), "{sql}: {error}");
        assert!(error.hint.clone().unwrap_or_default().contains(hint), "{sql}: {error:?}");
        assert_eq!(error.place.map(|place| &sql[place]), place_of, "{sql}");
    }
}

#[tokio::test]
async fn an_unknown_store_is_refused() {
    let place = Place::new();
    let file = DataFile { path: "a.parquet".into(), size: 1, rows: 1 };
    let far =
        TableFiles { name: "far".into(), schema: schema(), store: "s3://bucket".into(), files: vec![file] };
    assert_eq!(place.engine.register(&far).unwrap_err().operation, "register");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_in_another_store_is_read_once_the_store_is_known() {
    let place = Place::new();
    let local = place.table("local", vec![batch(0, 10)]).await;
    let store = Arc::new(InMemory::new());
    let disk = object_store::local::LocalFileSystem::new();
    let mut files = local.files.clone();
    for file in &mut files {
        let bytes = disk.get(&Path::parse(&file.path).unwrap()).await.unwrap().bytes().await.unwrap();
        file.path = "lake/tables/t/100%25 part.parquet".to_owned();
        let path = Path::parse(&file.path).unwrap();
        store.put_opts(&path, bytes.into(), object_store::PutOptions::default()).await.unwrap();
    }
    let remote = TableFiles { name: "remote".to_owned(), store: "s3://bucket/".to_owned(), files, ..local };
    assert!(place.engine.register(&remote).is_err());
    assert!(place.engine.register_store("s3://bucket/a/path", Arc::clone(&store) as _).is_err());
    place.engine.register_store("s3://bucket/", store).unwrap();
    place.engine.register(&remote).unwrap();
    assert_eq!(place.number("SELECT sum(r.id) FROM remote r JOIN local l ON r.id = l.id").await, 45);
}
