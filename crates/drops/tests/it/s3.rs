//! A bucket on a real S3 server.

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use leadq_contract::config::After;
use leadq_drops::{CloudOptions, open_with};
use leadq_pipeline::observer::Unobserved;
use leadq_pipeline::ports::{Archive, DropFolder, Fault, ReceivedKind};
use leadq_pipeline::sync::{DropRules, SeenState, SyncSource, sync};

use crate::archive::{MemoryArchive, SystemClock};
use crate::server::Server;

async fn names(drop: &dyn DropFolder) -> Vec<String> {
    let mut names: Vec<_> = drop.list().await.unwrap().files.into_iter().map(|file| file.name).collect();
    names.sort();
    names
}

async fn read(drop: &dyn DropFolder, name: &str) -> Vec<u8> {
    drop.read(name).await.unwrap().try_collect::<Vec<_>>().await.unwrap().concat()
}

#[tokio::test]
async fn a_bucket_is_listed_read_and_cleared() {
    let server = Server::start();
    let open = |location: &str| open_with(location, &server.options()).unwrap();
    for key in [
        "drops/a/1.csv",
        "drops/a/sub/2 b#.csv",
        "drops/a/3.txt",
        "drops/a/_x/4.csv",
        "drops/ab/5.csv",
        "top.csv",
    ] {
        server.put(key, key).await;
    }
    server.put("drops/a/folder", "").await;
    let drop = open("s3://bucket/drops/a");
    assert_eq!(names(&*drop).await, ["1.csv", "3.txt", "sub/2 b#.csv"]);
    assert_eq!(names(&*open("s3://bucket/drops/**/*.csv")).await, ["a/1.csv", "a/sub/2 b#.csv", "ab/5.csv"]);
    assert_eq!(names(&*open("s3://bucket/drops/a/*.csv")).await, ["1.csv"]);
    assert_eq!(names(&*open("s3://bucket/top.csv")).await, ["top.csv"]);
    assert_eq!(read(&*open("s3://bucket/top.csv"), "top.csv").await, b"top.csv");
    assert_eq!(names(&*open("s3://bucket")).await.len(), 5);
    assert!(names(&*open("s3://bucket/nothing/here")).await.is_empty());
    assert!(!drop.is_remote(), "objects appear whole");

    assert_eq!(read(&*drop, "sub/2 b#.csv").await, b"drops/a/sub/2 b#.csv");
    let listed = drop.list().await.unwrap().files;
    let one = listed.iter().find(|file| file.name == "1.csv").unwrap();
    let looked = drop.look("1.csv").await.unwrap().unwrap();
    assert_eq!((&one.version, one.bytes), (&looked.version, Some(13)));
    assert!(one.version.is_some() && one.modified.is_some());
    server.put("drops/a/1.csv", "another one--").await;
    assert_ne!(drop.look("1.csv").await.unwrap().unwrap().version, looked.version);

    drop.move_into("1.csv", "taken").await.unwrap();
    server.put("drops/a/1.csv", "second").await;
    drop.move_into("1.csv", "taken").await.unwrap();
    assert_eq!(read(&*drop, "taken/1.csv").await, b"another one--");
    assert_eq!(read(&*drop, "taken/1-2.csv").await, b"second");
    drop.delete("3.txt").await.unwrap();
    assert_eq!(drop.look("3.txt").await.unwrap(), None);
    assert!(drop.read("3.txt").await.err().unwrap().to_string().contains("not there"));
    assert!(drop.read("../ab/5.csv").await.err().unwrap().to_string().contains("leaves"));
}

#[tokio::test]
async fn errors_say_what_to_do_and_give_no_key_away() {
    let server = Server::start();
    let missing = open_with("s3://nowhere/x/", &server.options()).unwrap().list().await.unwrap_err();
    assert!(
        missing.to_string().starts_with("cannot list s3://nowhere/x/") && missing.hint.is_some(),
        "{missing}"
    );
    let closed: CloudOptions = [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "s3cr3t"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into_iter()
    .collect();
    let unreachable = open_with("s3://bucket/x/", &closed).unwrap().list().await.unwrap_err();
    assert_eq!(unreachable.fault, Fault::Transient);
    let told = format!("{unreachable} {:?}", unreachable.hint);
    assert!(
        !told.contains("s3cr3t") && !told.contains("AKIAEXAMPLE") && told.contains("AWS_ACCESS_KEY_ID"),
        "{told}"
    );
}

#[tokio::test]
async fn three_thousand_objects_are_synced_once() {
    const OBJECTS: usize = 3_000;
    let server = Server::start_with(OBJECTS);
    let archive = MemoryArchive::default();
    let source = || SyncSource {
        client: None,
        kind: ReceivedKind::Report,
        drop: open_with("s3://bucket/drops/acme/**/*.csv", &server.options()).unwrap().into(),
        rules: DropRules { settle: Duration::ZERO, marker: None, after: After::Keep, parallel: 8 },
    };
    let run = async || {
        let catalogue = archive.catalogue().await.unwrap();
        let sources = [source()];
        sync(&sources, &catalogue, &archive, &SeenState::default(), &SystemClock, &Unobserved)
            .await
            .unwrap()
            .0
    };
    let first = run().await;
    assert_eq!((first.received.len(), first.left.len()), (OBJECTS, 0), "{:?}", first.left.first());
    assert_eq!(archive.content("07/report_00047.csv").unwrap(), b"content of 47");
    assert_eq!(run().await.unchanged, OBJECTS as u64);

    server.put("drops/acme/07/report_00047.csv", "corrected").await;
    let second = run().await;
    assert_eq!((second.received.len(), second.unchanged), (1, OBJECTS as u64 - 1));
    assert_eq!(archive.content("07/report_00047.csv").unwrap(), b"corrected");
    assert_eq!(archive.entries().len(), OBJECTS + 1);
}

#[tokio::test]
async fn what_was_synced_is_moved_or_deleted() {
    let server = Server::start();
    let archive = MemoryArchive::default();
    let run = async |after| {
        let drop: Arc<dyn DropFolder> = open_with("s3://bucket/drops", &server.options()).unwrap().into();
        let rules =
            DropRules { settle: Duration::ZERO, marker: Some(".done".to_owned()), after, parallel: 4 };
        let sources =
            [SyncSource { client: None, kind: ReceivedKind::Report, drop: Arc::clone(&drop), rules }];
        let catalogue = archive.catalogue().await.unwrap();
        let seen = SeenState::default();
        let synced = sync(&sources, &catalogue, &archive, &seen, &SystemClock, &Unobserved).await.unwrap().0;
        assert!(synced.left.is_empty() && synced.uncleared.is_empty(), "{synced:?}");
        (synced.received.len(), names(&*drop).await)
    };
    server.put("drops/a.csv", "alpha").await;
    server.put("drops/a.csv.done", "").await;
    let moved = ["taken/a.csv".to_owned(), "taken/a.csv.done".to_owned()];
    assert_eq!(run(After::Move("taken".to_owned())).await, (1, moved.to_vec()));
    assert_eq!(run(After::Move("taken".to_owned())).await, (0, moved.to_vec()));
    server.put("drops/b.csv", "beta").await;
    // Without the rule that moves them, those in the folder are files like others.
    assert_eq!(run(After::Delete).await, (2, Vec::new()));
    assert_eq!(archive.content("b.csv").unwrap(), b"beta");
}
