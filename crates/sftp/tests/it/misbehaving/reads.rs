//! Reading from servers that give less, more, something else, or nothing.

use futures::StreamExt;
use leadq_pipeline::ports::DropFolder;
use leadq_sftp::SftpSettings;
use leadq_sftp::testing::Plan;
use proptest::prelude::*;

use super::{bounded, serve};
use crate::support::{drop_at, read_all};

/// Bytes that repeat in no small step.
fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place * 31 + place / 251 * 17 + place / 65_521 * 7) as u8).collect()
}

#[tokio::test]
async fn short_reads_are_put_together() {
    let bytes = noise(120_000);
    for most in [1_000, 4_096, 32_767] {
        let mut plan = Plan::serving([("/a.csv", &bytes[..])]);
        plan.most_read = Some(most);
        let server = serve(plan).await;
        let folder = drop_at(server.settings(), &server.location("/"));
        assert!(bounded(read_all(&folder, "a.csv")).await.unwrap() == bytes, "{most}");
    }
    let mut plan = Plan::serving([("/a.csv", &bytes[..500])]);
    plan.most_read = Some(1);
    let server = serve(plan).await;
    let folder = drop_at(server.settings(), &server.location("/"));
    assert!(bounded(read_all(&folder, "a.csv")).await.unwrap() == bytes[..500]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a server gives at once and wherever it ends, what is read is what is there up to that end.
    #[test]
    fn what_is_read_is_a_beginning_of_the_file(
        length in 0_usize..100_000,
        most in prop_oneof![200_usize..40_000, Just(usize::MAX)],
        ends_at in prop::option::of(0_usize..100_000),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let bytes = noise(length);
        let end = ends_at.unwrap_or(length).min(length);
        let read = runtime.block_on(async {
            let mut plan = Plan::serving([("/a.csv", &bytes[..])]);
            plan.most_read = Some(most);
            plan.files.get_mut("/a.csv").unwrap().ends_at = ends_at;
            let server = serve(plan).await;
            bounded(read_all(&drop_at(server.settings(), &server.location("/")), "a.csv")).await.unwrap()
        });
        prop_assert!(read == bytes[..end], "{} of {end}", read.len());
    }
}

#[tokio::test]
async fn an_early_end_is_the_end_and_its_size_tells() {
    let mut plan = Plan::serving([("/a.csv", &noise(100_000)[..])]);
    plan.files.get_mut("/a.csv").unwrap().ends_at = Some(70_001);
    let server = serve(plan).await;
    let folder = drop_at(server.settings(), &server.location("/"));
    assert_eq!(folder.list().await.unwrap().files[0].bytes, Some(100_000));
    assert_eq!(read_all(&folder, "a.csv").await.unwrap().len(), 70_001);
}

#[tokio::test]
async fn a_file_that_grows_or_is_swapped_after_it_was_listed() {
    let mut plan = Plan::serving([("/grows.csv", &b"one"[..]), ("/swapped.csv", b"one")]);
    plan.files.get_mut("/grows.csv").unwrap().once_listed = Some((b"one two".to_vec(), 1_700_000_000));
    plan.files.get_mut("/swapped.csv").unwrap().once_listed = Some((b"two".to_vec(), 1_700_000_009));
    let server = serve(plan).await;
    let folder = drop_at(server.settings(), &server.location("/"));
    let listing = folder.list().await.unwrap();
    let listed = |name: &str| listing.files.iter().find(|file| file.name == name).unwrap().clone();
    // All that is there is read, so that another look tells that it is not what was listed.
    assert_eq!(listed("grows.csv").bytes, Some(3));
    assert_eq!(read_all(&folder, "grows.csv").await.unwrap(), b"one two");
    assert_eq!(folder.look("grows.csv").await.unwrap().unwrap().bytes, Some(7));
    assert_eq!(read_all(&folder, "swapped.csv").await.unwrap(), b"two");
    assert_ne!(folder.look("swapped.csv").await.unwrap().unwrap(), listed("swapped.csv"));
}

#[tokio::test]
async fn a_file_that_vanishes_while_it_is_read() {
    let server = serve(Plan::serving([("/a.csv", &noise(1_500_000)[..])])).await;
    let folder = drop_at(server.settings(), &server.location("/"));
    let mut stream = folder.read("a.csv").await.unwrap();
    stream.next().await.unwrap().unwrap();
    server.change(|plan| plan.files.clear());
    let last = bounded(stream.fold(None, |_, piece| async { Some(piece) })).await.unwrap();
    assert!(last.is_err());
    assert_eq!(folder.look("a.csv").await.unwrap(), None);
}

#[tokio::test]
async fn so_many_files_are_read_side_by_side_and_no_handle_stays_open() {
    let bytes = noise(300_000);
    let names: Vec<String> = (0..12).map(|number| format!("{number}.csv")).collect();
    let mut plan = Plan::serving([]);
    for name in &names {
        let file = Plan::serving([("/x", &bytes[..])]).files.remove("/x").unwrap();
        plan.files.insert(format!("/{name}"), file);
    }
    let server = serve(plan).await;
    let settings = SftpSettings { parallel: 3, ..server.settings() };
    let folder = drop_at(settings, &server.location("/"));
    let read = futures::future::join_all(names.iter().map(|name| read_all(&folder, name)));
    for got in bounded(read).await {
        assert!(got.unwrap() == bytes);
    }
    // A stream that nobody wants any more gives its place away.
    for name in names.iter().take(5) {
        drop(bounded(folder.read(name)).await.unwrap());
    }
    assert!(bounded(read_all(&folder, "0.csv")).await.unwrap() == bytes);
    let log = server.log();
    assert_eq!((log.connections, log.most_files), (1, 3));
    // Handles are closed after the stream has ended.
    let closed = async {
        while server.log().handles > 0 {
            tokio::task::yield_now().await;
        }
    };
    bounded(closed).await;
}

#[tokio::test]
async fn a_reader_that_waits_holds_the_server_back() {
    let server = serve(Plan::serving([("/a.csv", &noise(2_000_000)[..])])).await;
    let folder = drop_at(server.settings(), &server.location("/"));
    let mut stream = folder.read("a.csv").await.unwrap();
    stream.next().await.unwrap().unwrap();
    // Long enough for all that goes ahead.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let asked = server.log().requests.iter().filter(|request| request.starts_with("read")).count();
    assert!(asked < 25, "{asked} of 62 pieces");
    let rest: usize = bounded(stream.fold(0, |sum, piece| async move { sum + piece.unwrap().len() })).await;
    assert!(rest < 2_000_000 && rest > 1_900_000);
}
