//! The catalogue: every entry once, whoever writes, reads and puts it together meanwhile.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use leadq_archive::FileArchive;
use leadq_pipeline::ports::Archive as _;
use object_store::memory::InMemory;

use crate::support::{Local, in_store, received};

async fn names(archive: &FileArchive) -> Vec<String> {
    archive.catalogue().await.unwrap().into_iter().map(|entry| entry.name).collect()
}

fn segments(local: &Local) -> Vec<PathBuf> {
    let in_catalogue = |path: &PathBuf| path.parent().is_some_and(|parent| parent.ends_with("catalogue"));
    local.paths().into_iter().filter(in_catalogue).collect()
}

#[tokio::test]
async fn entries_come_back_as_they_were_and_in_order() {
    let local = Local::new();
    assert_eq!(local.archive.catalogue().await.unwrap(), []);
    let mut odd = received("a\n\"b\"/ü\u{0}.csv");
    odd.client = None;
    odd.modified = -1;
    odd.version = Some("\"etag\"".to_owned());
    let entries = [received("b"), odd, received("a")];
    local.archive.note(&entries[..2]).await.unwrap();
    local.archive.note(&[]).await.unwrap();
    local.again().note(&entries[1..]).await.unwrap();
    assert_eq!(local.again().catalogue().await.unwrap(), entries);
}

#[tokio::test]
async fn no_name_of_a_file_is_to_be_read_on_the_disk() {
    let local = Local::new();
    local.archive.note(&[received("jane@example.com.csv")]).await.unwrap();
    for path in segments(&local) {
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(4).any(|window| window == b"jane" || window == b"acme"));
    }
}

#[tokio::test]
async fn many_notes_are_put_together() {
    let local = Local::new();
    for n in 0..150 {
        local.archive.note(&[received(&format!("{n}"))]).await.unwrap();
    }
    assert!(segments(&local).len() < 64, "{:?}", segments(&local));
    let expected: Vec<_> = (0..150).map(|n| n.to_string()).collect();
    assert_eq!(names(&local.again()).await, expected);
}

#[tokio::test]
async fn killed_while_putting_together_nothing_is_there_twice_or_lost() {
    let local = Local::new();
    let mut loose = Vec::new();
    for n in 0..64 {
        local.archive.note(&[received(&format!("{n}"))]).await.unwrap();
        loose.extend(segments(&local).into_iter().map(|path| (path.clone(), fs::read(&path).unwrap())));
    }
    let expected: Vec<_> = (0..64).map(|n| n.to_string()).collect();
    assert_eq!(segments(&local).len(), 1);
    // As if it had been killed after each deletion.
    for (path, bytes) in &loose {
        fs::write(path, bytes).unwrap();
        assert_eq!(names(&local.archive).await, expected);
    }
    // The next writer ends what was begun.
    local.again().note(&[received("64")]).await.unwrap();
    assert_eq!(segments(&local).len(), 2);
    assert_eq!(names(&local.archive).await.len(), 65);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_and_readers_at_once() {
    for in_memory in [false, true] {
        let local = Local::new();
        let shared = Arc::new(InMemory::new());
        let open = || if in_memory { in_store(shared.clone()) } else { local.again() };
        let writers = (0..4).map(|writer| {
            let archive = open();
            tokio::spawn(async move {
                for n in 0..50 {
                    archive.note(&[received(&format!("{writer}.{n}"))]).await.unwrap();
                    let known = names(&archive).await;
                    // All of its own so far, in order.
                    let own: Vec<_> =
                        known.iter().filter(|name| name.starts_with(&format!("{writer}."))).collect();
                    assert_eq!(own.len(), n + 1);
                    assert!(own.iter().enumerate().all(|(n, name)| name.ends_with(&format!(".{n}"))));
                }
            })
        });
        for writer in futures::future::join_all(writers).await {
            writer.unwrap();
        }
        let all = names(&open()).await;
        assert_eq!(all.len(), 200);
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 200);
    }
}

#[tokio::test]
async fn a_lost_or_exchanged_segment_is_told() {
    let local = Local::new();
    for n in 0..3 {
        local.archive.note(&[received(&format!("{n}"))]).await.unwrap();
    }
    let paths = segments(&local);
    let second = fs::read(&paths[1]).unwrap();
    fs::remove_file(&paths[1]).unwrap();
    let error = local.archive.catalogue().await.unwrap_err();
    assert!(error.to_string().contains("00000002.jsonl.age is missing") && error.hint.is_some(), "{error}");
    fs::write(&paths[1], fs::read(&paths[0]).unwrap()).unwrap();
    let error = local.archive.catalogue().await.unwrap_err();
    assert!(error.to_string().contains("in the place of another"), "{error}");
    fs::write(&paths[1], second).unwrap();
    assert_eq!(names(&local.archive).await, ["0", "1", "2"]);
}
