//! A lake on an S3 server: moto's, from PyPI.
//!
//! The store takes its address and credentials from the environment, which a test cannot set for itself; so each test
//! is run by a process of its own that this one starts with the server's address.

use std::process::Command;
use std::sync::Arc;

use leadq_contract::Table;
use leadq_lake::{CrashPoint, DeltaLake};
use leadq_pipeline::ports::{Fault, Lake as _, PortError};

use crate::kept::{Change, Kept, TIMES};
use crate::moto::Server;
use crate::support::{SECRET, dimensions, run_on};

/// Names the bucket of the processes below.
const BUCKET: &str = "LEADQ_TEST_BUCKET";

/// Runs one of the tests below with a bucket of its own.
fn run(server: &Server, test: &str, bucket: &str) -> std::process::Output {
    command(test)
        .env(BUCKET, bucket)
        .env("AWS_ENDPOINT_URL", format!("http://{}", server.address))
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "us-east-1")
        .output()
        .unwrap()
}

fn command(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", &format!("s3::{test}")]);
    command
}

#[test]
fn a_lake_on_s3() {
    let server = Server::start();
    for (test, bucket) in [("runs", "runs"), ("lease", "lease")] {
        server.ask("PUT", &format!("/{bucket}"), b"");
        let output = run(&server, test, bucket);
        let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.contains("1 passed"), "{told}");
    }
}

fn bucket() -> String {
    std::env::var_os(BUCKET).unwrap().into_string().unwrap()
}

fn open(path: &str) -> DeltaLake {
    DeltaLake::open(&format!("s3://{}/{path}", bucket())).unwrap().with_lease_times(TIMES)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by a_lake_on_s3"]
async fn runs() {
    let lake = open("a lake/here");
    assert_eq!((lake.local_folder(), lake.last_run().await.unwrap()), (None, None));
    let [(root, store)]: [_; 1] = lake.stores().try_into().unwrap_or_else(|_| panic!("one store"));
    assert_eq!(root, format!("s3://{}/", bucket()));
    let mut kept = Kept::within(store, &format!("{root}a%20lake/here"));
    let changes = [Table::DimPlace, Table::LeadLink].map(|table| Change { table, keeps: 1, adds: vec![3] });
    for _ in 0..11 {
        kept.run(&changes, 3).await.unwrap();
    }
    for point in [CrashPoint::AfterTable(Table::LeadLink), CrashPoint::FilesDeleted(Table::DimPlace)] {
        let hook = move |at| match at == point {
            true => Err(PortError::permanent("go on", "test", "died")),
            false => Ok(()),
        };
        let mut dying = kept.with_hook(Arc::new(hook));
        assert_eq!(dying.run(&changes, 3).await.unwrap_err().reason, "died");
        kept.runs = dying.runs;
        kept.check_runs(3).await;
    }
    kept.run(&changes, 3).await.unwrap();
    kept.check_runs(3).await;
    kept.check_nothing_spare(3).await;
    // The lake of the same address that was opened on its own sees the same.
    let run = lake.last_run().await.unwrap().unwrap();
    assert_eq!(run.run, 13);
    let files = lake.pinned(&run, Table::DimPlace).await.unwrap();
    assert_eq!((files.store, files.files.len()), (root, 2));
    // What a commit to a table rests on.
    let name = object_store::path::Path::from("once");
    let create = || object_store::PutOptions::from(object_store::PutMode::Create);
    kept.store.put_opts(&name, "first".into(), create()).await.unwrap();
    let second = kept.store.put_opts(&name, "second".into(), create()).await;
    assert!(matches!(second, Err(object_store::Error::AlreadyExists { .. })), "{second:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by a_lake_on_s3"]
async fn lease() {
    let lake = open("");
    run_on(&lake, 1, &[(Table::DimPlace, 2)], &dimensions()).await.unwrap();
    let writer = lake.write(SECRET).await.unwrap();
    let error = open("").write(SECRET).await.err().unwrap();
    assert_eq!(error.fault, Fault::Locked, "{error}");
    drop(writer);
    let dead = command("dies_with_the_lease").output().unwrap();
    assert!(!dead.status.success());
    assert!(lake.writing_now().await.unwrap().is_some());
    run_on(&lake, 2, &[(Table::DimPlace, 3)], &dimensions()).await.unwrap();
    assert_eq!(lake.writing_now().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by lease"]
async fn dies_with_the_lease() {
    let _writer = open("").write(SECRET).await.unwrap();
    std::process::abort();
}
