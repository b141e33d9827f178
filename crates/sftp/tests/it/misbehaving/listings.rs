//! Listings that lie, that are long, and that hold evil names.

use leadq_pipeline::ports::{DropFolder, Fault, Listed};
use leadq_sftp::testing::{FileAttributes, Plan, ServedFile, Silence};

use super::{bounded, serve};
use crate::support::{drop_at, names, read_all, says};

const FILE: u32 = 0o100_644;
const FOLDER: u32 = 0o040_755;

fn of_mode(mode: u32) -> FileAttributes {
    FileAttributes { permissions: Some(mode), size: Some(1), ..FileAttributes::default() }
}

#[tokio::test]
async fn evil_names_are_passed_over() {
    let long = "x".repeat(300);
    let evil = [
        "../up.csv",
        "a/../../b.csv",
        "/etc/passwd",
        "nul\0.csv",
        "new\nline.csv",
        "\u{1b}[2J.csv",
        "a\\..\\b.csv",
        "",
        "sub/c.csv",
        &long,
        "\u{fffd}.csv",
    ];
    let mut plan = Plan::serving([("/drops/a.csv", &b"a"[..]), ("/up.csv", b"secret")]);
    let entries =
        evil.iter().flat_map(|name| [(*name, FILE), (*name, FOLDER)]).chain([(".", FOLDER), ("..", FOLDER)]);
    let entries = entries.map(|(name, mode)| (name.to_owned(), of_mode(mode))).collect();
    plan.entries.insert("/drops".to_owned(), entries);
    let server = serve(plan).await;
    let folder = drop_at(server.settings(), &server.location("/drops"));
    let listing = bounded(folder.list()).await.unwrap();
    assert_eq!(names(&listing), ["a.csv"]);
    assert_eq!(listing.passed_over.len(), 2 * evil.len());
    for passed in &listing.passed_over {
        assert!(!passed.name.chars().any(char::is_control) && !passed.reason.is_empty(), "{passed:?}");
    }
    // Nor is the server asked for any of them.
    for name in evil {
        assert!(folder.look(name).await.is_err() || name == "sub/c.csv", "{name:?}");
        assert!(read_all(&folder, name).await.is_err(), "{name:?}");
        assert!(folder.delete(name).await.is_err(), "{name:?}");
        assert!(folder.move_into(name, "done").await.is_err(), "{name:?}");
        assert!(
            folder.move_into("a.csv", name).await.is_err() || name == "sub/c.csv" || name == "/etc/passwd"
        );
    }
    let requests = server.log().requests;
    assert!(!requests.iter().any(|it| it.contains("..") || it.contains("up.csv")), "{requests:?}");
}

#[tokio::test]
async fn links_are_told_and_never_followed() {
    let mut plan = Plan::serving([("/drops/a.csv", &b"a"[..]), ("/else/b.csv", b"b")]);
    plan.links.insert("/drops/link.csv".to_owned(), "/else/b.csv".to_owned());
    plan.links.insert("/drops/folder".to_owned(), "/else".to_owned());
    let server = serve(plan).await;
    let folder = drop_at(server.settings(), &server.location("/drops"));
    let listing = folder.list().await.unwrap();
    assert_eq!(names(&listing), ["a.csv"]);
    let passed: Vec<_> = listing.passed_over.iter().map(|it| (&*it.name, &*it.reason)).collect();
    assert_eq!(passed, [("folder", "it is a link"), ("link.csv", "it is a link")]);
    says(read_all(&folder, "link.csv").await, Fault::Permanent, &[&"link"]);
    assert_eq!(folder.look("link.csv").await.unwrap(), None);
    // A file that has become a link since it was listed.
    server.change(|plan| {
        plan.files.remove("/drops/a.csv");
        plan.links.insert("/drops/a.csv".to_owned(), "/else/b.csv".to_owned());
    });
    says(read_all(&folder, "a.csv").await, Fault::Permanent, &[&"link"]);
    assert!(!server.log().requests.iter().any(|it| it.contains("else") || it.starts_with("open")));
}

#[tokio::test]
async fn sizes_times_and_kinds_that_are_not_told() {
    let file = |told: FileAttributes| ServedFile {
        bytes: b"abc".to_vec(),
        told: Some(told),
        ..ServedFile::default()
    };
    let mut plan = Plan::serving([]);
    let attributes =
        |size, mtime, permissions| FileAttributes { size, mtime, permissions, ..FileAttributes::default() };
    let served = [
        ("/no-size", attributes(None, Some(7), Some(FILE))),
        ("/no-time", attributes(Some(3), None, Some(FILE))),
        ("/wrong-size", attributes(Some(u64::MAX), Some(u32::MAX), Some(FILE))),
        ("/no-kind", attributes(Some(3), Some(7), Some(0o644))),
        ("/nothing", FileAttributes::default()),
    ];
    plan.files = served.into_iter().map(|(path, told)| (path.to_owned(), file(told))).collect();
    let server = serve(plan).await;
    let folder = drop_at(server.settings(), &server.location("/"));
    let mut listing = folder.list().await.unwrap();
    listing.files.sort_by(|a, b| a.name.cmp(&b.name));
    let listed =
        |name: &str, bytes, modified| Listed { name: name.to_owned(), bytes, modified, version: None };
    let expected = [
        listed("no-size", None, Some(7_000_000_000)),
        listed("no-time", Some(3), None),
        listed("wrong-size", Some(u64::MAX), Some(i64::from(u32::MAX) * 1_000_000_000)),
    ];
    assert_eq!(listing.files, expected);
    assert_eq!(listing.passed_over.len(), 2);
    for file in expected {
        assert_eq!(folder.look(&file.name).await.unwrap().as_ref(), Some(&file));
        // What is read is what is there; that its size was told otherwise is for whoever compares.
        assert_eq!(read_all(&folder, &file.name).await.unwrap(), b"abc");
    }
}

#[tokio::test]
async fn twenty_thousand_files_in_one_folder() {
    let files = (0..20_000).map(|number| (format!("/drops/{number:05}.csv"), ServedFile::default()));
    let mut plan = Plan::serving([]);
    plan.files = files.collect();
    let server = serve(plan).await;
    let folder = drop_at(server.settings(), &server.location("/drops/*[05].csv"));
    let listing = bounded(folder.list()).await.unwrap();
    assert_eq!(listing.files.len(), 4_000);
    let listing = bounded(drop_at(server.settings(), &server.location("/drops")).list()).await.unwrap();
    let found: std::collections::BTreeSet<_> = names(&listing).into_iter().collect();
    assert_eq!((listing.files.len(), found.len()), (20_000, 20_000));
    assert_eq!(server.log().handles, 0);
}

#[tokio::test]
async fn folders_without_an_end_are_left() {
    let mut plan = Plan::serving([]);
    let deep = "/d".repeat(60);
    plan.files.insert(format!("{deep}/a.csv"), ServedFile::default());
    plan.files.insert("/d/b.csv".to_owned(), ServedFile::default());
    let server = serve(plan).await;
    let listing = bounded(drop_at(server.settings(), &server.location("/")).list()).await.unwrap();
    assert_eq!(names(&listing), ["d/b.csv"]);
    assert_eq!(listing.passed_over[0].reason, "it is too many folders deep");
}

#[tokio::test]
async fn a_listing_without_an_end_is_given_up() {
    let files = (0..1_998).map(|number| (format!("/{number}"), ServedFile::default()));
    let mut plan = Plan { files: files.collect(), endless: true, ..Plan::serving([]) };
    plan.page = Some(2_000);
    let server = serve(plan).await;
    let result = bounded(drop_at(server.settings(), &server.location("/")).list()).await;
    says(result, Fault::Permanent, &[&"more than 250000 entries"]);
}

#[tokio::test]
async fn a_file_that_is_listed_twice_is_one() {
    let mut plan = Plan::serving([("/a.csv", &b"a"[..])]);
    plan.entries.insert("/".to_owned(), vec![("a.csv".to_owned(), of_mode(FILE))]);
    let server = serve(plan).await;
    assert_eq!(names(&drop_at(server.settings(), &server.location("/")).list().await.unwrap()), ["a.csv"]);
}

#[tokio::test]
async fn a_folder_that_is_gone_does_not_keep_the_others() {
    let mut plan = Plan::serving([("/a.csv", &b"a"[..]), ("/sub/b.csv", b"b")]);
    // Listed, and not there.
    plan.entries.insert("/".to_owned(), vec![("gone".to_owned(), of_mode(FOLDER))]);
    let server = serve(plan).await;
    let listing = drop_at(server.settings(), &server.location("/")).list().await.unwrap();
    assert_eq!((names(&listing), listing.passed_over.len()), (vec!["a.csv", "sub/b.csv"], 0));
    // The path of the home, where a path is from it.
    let home = drop_at(server.settings(), &server.location("/~/sub"));
    assert_eq!(names(&home.list().await.unwrap()), ["b.csv"]);
    says(read_all(&home, "c.csv").await, Fault::Permanent, &[&"/~/sub/c.csv"]);
}

#[tokio::test]
async fn a_server_that_never_answers() {
    for silence in [Silence::Listing, Silence::Looking, Silence::Reading] {
        let mut plan = Plan::serving([("/a.csv", &b"a"[..])]);
        plan.silence = Some(silence);
        let server = serve(plan).await;
        let read_timeout = std::time::Duration::from_secs(1);
        let settings = leadq_sftp::SftpSettings { read_timeout, attempts: 2, ..server.settings() };
        let folder = drop_at(settings, &server.location("/"));
        let (late, connections) = match silence {
            Silence::Listing => (bounded(folder.list()).await.map(drop), 2),
            Silence::Looking => (bounded(folder.look("a.csv")).await.map(drop), 2),
            // Reading is not tried again in here.
            _ => (bounded(read_all(&folder, "a.csv")).await.map(drop), 1),
        };
        says(late, Fault::Transient, &[&"did not answer within 1 s", &"read_timeout"]);
        assert_eq!(server.log().connections, connections, "{silence:?}");
        // It has come to itself: the connection on which it was silent is left.
        server.change(|plan| plan.silence = None);
        assert_eq!(read_all(&folder, "a.csv").await.unwrap(), b"a");
        assert_eq!(server.log().connections, connections + 1, "{silence:?}");
    }
}

#[tokio::test]
async fn a_move_does_not_overwrite_on_a_server_that_would() {
    let files = [("/a.csv", &b"new"[..]), ("/done/a.csv", b"old"), ("/done/a-1.csv", b"older")];
    for overwrites in [true, false] {
        let mut plan = Plan::serving(files);
        plan.overwrites = overwrites;
        let server = serve(plan).await;
        drop_at(server.settings(), &server.location("/")).move_into("a.csv", "done").await.unwrap();
        let plan = server.plan();
        let bytes = |path: &str| plan.files[path].bytes.clone();
        assert_eq!(bytes("/done/a.csv"), b"old");
        assert_eq!(bytes("/done/a-1.csv"), b"older");
        assert_eq!(bytes("/done/a-2.csv"), b"new");
        assert!(!plan.files.contains_key("/a.csv"));
    }
}
