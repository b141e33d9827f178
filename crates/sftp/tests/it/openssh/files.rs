//! Files on OpenSSH: listing, globs, links, reading, deleting, moving.

use std::fs;
use std::os::unix::fs::symlink;

use leadq_pipeline::ports::{DropFolder, Fault};

use super::sshd::Sshd;
use crate::support::{drop_at, names, read_all, says};

/// Bytes that repeat in no small step.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[tokio::test]
async fn a_folder_and_everything_below_it() {
    let sshd = Sshd::start(&["ed25519"]);
    for name in ["a.csv", "sub/b.csv", "sub/deep/c d.csv", "ä.csv", "x.part", ".hidden/d.csv", "_y.csv"] {
        sshd.put(name, name.as_bytes());
    }
    symlink("a.csv", sshd.path("drops/link.csv")).unwrap();
    symlink("sub", sshd.path("drops/linked")).unwrap();
    symlink("/etc", sshd.path("drops/out")).unwrap();
    fs::write(sshd.path("drops/bad\nname.csv"), "x").unwrap();
    let folder = drop_at(sshd.settings(), &sshd.location("/"));
    let listing = folder.list().await.unwrap();
    assert_eq!(names(&listing), ["a.csv", "sub/b.csv", "sub/deep/c d.csv", "ä.csv"]);
    let mut passed: Vec<_> =
        listing.passed_over.iter().map(|it| (it.name.as_str(), it.reason.as_str())).collect();
    passed.sort_unstable();
    let link = "it is a link";
    let control = "there is a control character in its name";
    assert_eq!(
        passed,
        [("bad\u{fffd}name.csv", control), ("link.csv", link), ("linked", link), ("out", link)]
    );
    let file = listing.files.iter().find(|file| file.name == "sub/b.csv").unwrap();
    let meta = fs::metadata(sshd.path("drops/sub/b.csv")).unwrap();
    let seconds = meta.modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(file.bytes, Some(9));
    assert_eq!(file.modified, Some(i64::try_from(seconds).unwrap() * 1_000_000_000));
    assert_eq!(folder.look("sub/b.csv").await.unwrap().as_ref(), Some(file));
    assert_eq!(folder.look("sub/none.csv").await.unwrap(), None);
    assert_eq!(folder.look("link.csv").await.unwrap(), None);
    for name in names(&listing) {
        assert_eq!(read_all(&folder, name).await.unwrap(), name.as_bytes());
    }
    says(read_all(&folder, "link.csv").await, Fault::Permanent, &[&"link"]);
    says(read_all(&folder, "none.csv").await, Fault::Permanent, &[&"no such file", &"none.csv"]);
    says(read_all(&folder, "../id").await, Fault::Permanent, &[&"leaves the folder"]);
    assert!(folder.location().ends_with("/drops/") && folder.is_remote());
    let missing = drop_at(sshd.settings(), &sshd.location("/none"));
    says(missing.list().await, Fault::Permanent, &[&"no such file", &"/none"]);
    let file = drop_at(sshd.settings(), &sshd.location("/a.csv"));
    says(file.list().await, Fault::Permanent, &[&"it is a file, not a folder", &"glob"]);
}

#[tokio::test]
async fn globs() {
    let sshd = Sshd::start(&["ed25519"]);
    for name in ["a.csv", "a.txt", "one/out/b.csv", "two/out/c.csv", "two/in/d.csv", "two/out/old/e.csv"] {
        sshd.put(name, b"x");
    }
    let cases: [(&str, &[&str]); 4] = [
        ("/*.csv", &["a.csv"]),
        ("/**/*.csv", &["a.csv", "one/out/b.csv", "two/in/d.csv", "two/out/c.csv", "two/out/old/e.csv"]),
        ("/*/out/*.csv", &["one/out/b.csv", "two/out/c.csv"]),
        ("/two/{in,out}/?.csv", &["in/d.csv", "out/c.csv"]),
    ];
    for (glob, expected) in cases {
        let folder = drop_at(sshd.settings(), &sshd.location(glob));
        let listing = folder.list().await.unwrap();
        assert_eq!(names(&listing), expected, "{glob}");
        for name in expected {
            assert_eq!(read_all(&folder, name).await.unwrap(), b"x");
        }
    }
}

#[tokio::test]
async fn large_files_side_by_side_over_one_connection() {
    let sshd = Sshd::start(&["ed25519"]);
    let sizes = [0, 1, (1 << 15) - 1, 1 << 15, (1 << 15) + 1, 1 << 20, (3 << 20) + 12_345];
    let all = noise(4 << 20);
    for (place, size) in sizes.into_iter().enumerate() {
        sshd.put(&format!("{place}.csv"), &all[..size]);
    }
    let folder = drop_at(sshd.settings(), &sshd.location(""));
    let read = |place: usize| {
        let folder = &folder;
        async move { read_all(folder, &format!("{place}.csv")).await.unwrap() }
    };
    let read = futures::future::join_all((0..sizes.len()).map(read)).await;
    for (got, size) in read.iter().zip(sizes) {
        assert!(got == &all[..size], "{size}: {} bytes", got.len());
    }
}

#[tokio::test]
async fn files_are_deleted_and_moved() {
    let sshd = Sshd::start(&["ed25519"]);
    for name in ["a.csv", "in/a.csv", "b.csv", "taken/a.csv", "file"] {
        sshd.put(name, name.as_bytes());
    }
    let folder = drop_at(sshd.settings(), &sshd.location(""));
    folder.delete("b.csv").await.unwrap();
    says(folder.delete("b.csv").await, Fault::Permanent, &[&"b.csv", &"no such file"]);
    folder.move_into("a.csv", "done/2026").await.unwrap();
    folder.move_into("in/a.csv", "/done/2026/").await.unwrap();
    folder.move_into("taken/a.csv", "done/2026").await.unwrap();
    says(folder.move_into("a.csv", "done").await, Fault::Permanent, &[&"no such file"]);
    says(folder.move_into("file", "../up").await, Fault::Permanent, &[&"leaves"]);
    says(folder.move_into("file", "file/below").await, Fault::Permanent, &[&"no folder"]);
    let listing = folder.list().await.unwrap();
    assert_eq!(names(&listing), ["done/2026/a-1.csv", "done/2026/a-2.csv", "done/2026/a.csv", "file"]);
    let moved = ["done/2026/a.csv", "done/2026/a-1.csv", "done/2026/a-2.csv"];
    for (now, before) in moved.into_iter().zip(["a.csv", "in/a.csv", "taken/a.csv"]) {
        assert_eq!(read_all(&folder, now).await.unwrap(), before.as_bytes());
    }
}

#[tokio::test]
async fn a_connection_that_broke_is_opened_anew() {
    let mut sshd = Sshd::start(&["ed25519"]);
    sshd.put("a.csv", b"a");
    let mut settings = sshd.settings();
    settings.attempts = 5;
    let folder = drop_at(settings, &sshd.location(""));
    assert_eq!(folder.list().await.unwrap().files.len(), 1);
    sshd.restart();
    sshd.put("b.csv", b"b");
    assert_eq!(folder.list().await.unwrap().files.len(), 2);
    assert_eq!(read_all(&folder, "b.csv").await.unwrap(), b"b");
}
