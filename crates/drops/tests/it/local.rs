//! Local folders, files and patterns.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use futures::TryStreamExt;
use leadq_drops::open;
use leadq_pipeline::ports::{DropFolder, Fault};

fn write(root: &Path, name: &str, content: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn at(path: &Path) -> Box<dyn DropFolder> {
    open(path.to_str().unwrap()).unwrap()
}

async fn names(drop: &dyn DropFolder) -> Vec<String> {
    drop.list().await.unwrap().files.into_iter().map(|file| file.name).collect()
}

async fn read(drop: &dyn DropFolder, name: &str) -> Vec<u8> {
    drop.read(name).await.unwrap().try_collect::<Vec<_>>().await.unwrap().concat()
}

#[tokio::test]
async fn files_of_a_folder_and_what_is_passed_over() {
    let root = tempfile::tempdir().unwrap();
    for name in ["a.csv", "sub/b.csv", ".hidden", "_x/c.csv", "up.csv.part", "~$x.xlsx", "tab\tin.csv"] {
        write(root.path(), name, name);
    }
    std::os::unix::fs::symlink(root.path().join("a.csv"), root.path().join("link.csv")).unwrap();
    std::os::unix::fs::symlink(root.path(), root.path().join("loop")).unwrap();
    assert!(Command::new("mkfifo").arg(root.path().join("pipe.csv")).status().unwrap().success());
    let odd = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"odd\xff.csv");
    fs::write(root.path().join(odd), "x").unwrap();
    let drop = at(root.path());
    assert_eq!(names(&*drop).await, ["a.csv", "sub/b.csv", "tab\u{fffd}in.csv"]);
    let mut passed: Vec<_> = drop.list().await.unwrap().passed_over.into_iter().map(|one| one.name).collect();
    passed.sort();
    assert_eq!(passed, ["link.csv", "loop", "odd\u{fffd}.csv", "pipe.csv"]);
    assert_eq!(read(&*drop, "sub/b.csv").await, b"sub/b.csv");
    assert_eq!(read(&*drop, "tab\u{fffd}in.csv").await, b"tab\tin.csv");
    // What was not listed is not read either, and a pipe is not waited for.
    for name in ["link.csv", "pipe.csv", "../a.csv", "gone.csv"] {
        assert!(drop.read(name).await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn a_file_a_pattern_and_a_name_that_looks_like_one() {
    let root = tempfile::tempdir().unwrap();
    for name in ["a.csv", "a.txt", "sub/b.csv", "sub/deep/c.csv", "x[1].csv"] {
        write(root.path(), name, name);
    }
    let of = async |pattern: &str| names(&*at(&root.path().join(pattern))).await;
    assert_eq!(of("a.csv").await, ["a.csv"]);
    assert_eq!(of("*.csv").await, ["a.csv", "x[1].csv"]);
    assert_eq!(of("**/*.csv").await, ["a.csv", "sub/b.csv", "sub/deep/c.csv", "x[1].csv"]);
    assert_eq!(of("su?/*.csv").await, ["sub/b.csv"]);
    assert_eq!(of("x[1].csv").await, ["x[1].csv"]);
    assert_eq!(read(&*at(&root.path().join("a.csv")), "a.csv").await, b"a.csv");
    let error = at(&root.path().join("nowhere")).list().await.unwrap_err();
    assert!(error.to_string().contains("nowhere") && error.hint.is_some() && error.fault == Fault::Permanent);
}

#[tokio::test]
async fn odd_times_are_told_as_they_are() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "a.csv", "x");
    let drop = at(root.path());
    let file = fs::File::options().write(true).open(root.path().join("a.csv")).unwrap();
    let hour = Duration::from_secs(3600);
    for (time, nanos) in
        [(UNIX_EPOCH, 0), (UNIX_EPOCH - hour, -3_600_000_000_000), (UNIX_EPOCH + hour, 3_600_000_000_000)]
    {
        file.set_modified(time).unwrap();
        let listed = drop.look("a.csv").await.unwrap().unwrap();
        assert_eq!((listed.modified, listed.bytes), (Some(nanos), Some(1)));
        assert_eq!(drop.list().await.unwrap().files, [listed]);
    }
}

#[tokio::test]
async fn files_are_moved_and_deleted_and_never_overwritten() {
    let root = tempfile::tempdir().unwrap();
    let drop = at(root.path());
    for content in ["first", "second"] {
        write(root.path(), "sub/a.csv", content);
        drop.move_into("sub/a.csv", "taken").await.unwrap();
    }
    assert_eq!(names(&*drop).await, ["taken/sub/a-2.csv", "taken/sub/a.csv"]);
    assert_eq!(read(&*drop, "taken/sub/a.csv").await, b"first");
    assert_eq!(read(&*drop, "taken/sub/a-2.csv").await, b"second");
    drop.delete("taken/sub/a.csv").await.unwrap();
    assert_eq!(drop.look("taken/sub/a.csv").await.unwrap(), None);
    assert!(drop.delete("taken/sub/a.csv").await.is_err());
    assert!(drop.move_into("taken/sub/a-2.csv", "../out").await.is_err());
    write(root.path(), "one.csv", "1");
    at(&root.path().join("one.csv")).move_into("one.csv", "taken").await.unwrap();
    assert!(root.path().join("taken/one.csv").exists());
}

#[tokio::test]
async fn a_large_file_comes_in_pieces() {
    let root = tempfile::tempdir().unwrap();
    let content = "0123456789abcdef".repeat(300_000);
    write(root.path(), "a.csv", &content);
    let chunks: Vec<_> = at(root.path()).read("a.csv").await.unwrap().try_collect().await.unwrap();
    assert!(chunks.len() >= 4 && chunks.concat() == content.as_bytes());
}

#[tokio::test]
async fn a_piece_stays_as_it_is_while_somebody_has_it() {
    let root = tempfile::tempdir().unwrap();
    // Each MiB is of another byte, and the last one is short.
    let content: Vec<u8> = (0..5_u8).flat_map(|byte| vec![b'a' + byte; 1 << 20]).chain(*b"end").collect();
    fs::write(root.path().join("a.csv"), &content).unwrap();
    let drop = at(root.path());
    let mut pieces = drop.read("a.csv").await.unwrap();
    let (mut kept, mut given) = (Vec::new(), Vec::new());
    while let Some(piece) = pieces.try_next().await.unwrap() {
        given.extend_from_slice(&piece);
        // Every other one is given back at once.
        if kept.len() * 2 * (1 << 20) < given.len() {
            kept.push(piece);
        }
    }
    assert!(given == content && kept.len() == 3);
    for (number, piece) in kept.iter().enumerate() {
        let expected = b'a' + 2 * number as u8;
        assert!(piece.iter().all(|byte| *byte == expected), "piece {number}");
    }
}
