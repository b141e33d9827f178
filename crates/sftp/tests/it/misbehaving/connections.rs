//! The connection is cut after each N bytes, and comes back.

use leadq_pipeline::ports::{DropFolder, Fault};
use leadq_sftp::SftpSettings;
use leadq_sftp::testing::Plan;

use super::{bounded, serve};
use crate::support::{drop_at, names, read_all};

fn plan() -> Plan {
    Plan::serving([("/a.csv", &[b'x'; 3_000][..]), ("/sub/b.csv", &[b'y'; 40][..])])
}

/// Cut after N bytes, for N up to where nothing is cut any more: what comes out is right, or an error that is worth
/// another try.
#[tokio::test]
async fn cut_after_each_number_of_bytes() {
    let server = serve(plan()).await;
    let location = server.location("/");
    let (mut whole, mut failures) = (0, 0);
    for cut_after in (0..12_000).step_by(83) {
        server.change(|plan| plan.cut_after = Some(cut_after));
        let folder = drop_at(server.settings(), &location);
        let outcome = bounded(async {
            let listing = folder.list().await?;
            assert_eq!(names(&listing), ["a.csv", "sub/b.csv"], "{cut_after}");
            read_all(&folder, "a.csv").await
        });
        match outcome.await {
            Ok(bytes) => {
                assert!(bytes == [b'x'; 3_000], "{cut_after}: {} bytes", bytes.len());
                whole += 1;
            }
            Err(error) => {
                assert_eq!(error.fault, Fault::Transient, "{cut_after}: {error}");
                failures += 1;
            }
        }
    }
    assert!(whole > 0 && failures > 20, "{whole} whole, {failures} cut");
}

#[tokio::test]
async fn what_was_cut_is_tried_again_and_the_rest_goes_on() {
    // Somewhere in the handshake, the login, the listing.
    for cut_after in [0, 500, 1_500, 2_300] {
        let mut plan = plan();
        (plan.cut_after, plan.cuts) = (Some(cut_after), Some(2));
        let server = serve(plan).await;
        let settings = SftpSettings { attempts: 4, ..server.settings() };
        let folder = drop_at(settings, &server.location("/"));
        let listing = bounded(folder.list()).await.unwrap();
        assert_eq!(names(&listing), ["a.csv", "sub/b.csv"]);
        assert_eq!(read_all(&folder, "a.csv").await.unwrap(), [b'x'; 3_000]);
        assert_eq!(server.log().connections, 3, "{cut_after}");
    }
}

#[tokio::test]
async fn tries_end() {
    let mut plan = plan();
    plan.cut_after = Some(0);
    let server = serve(plan).await;
    let settings = SftpSettings { attempts: 3, ..server.settings() };
    let error = bounded(drop_at(settings, &server.location("/")).list()).await.unwrap_err();
    assert_eq!((error.fault, server.log().connections), (Fault::Transient, 3));
}

#[tokio::test]
async fn one_connection_is_opened_for_all_that_begin_at_once() {
    let server = serve(plan()).await;
    let folder = drop_at(server.settings(), &server.location("/"));
    let looks = (0..20).map(|_| folder.look("sub/b.csv"));
    for look in bounded(futures::future::join_all(looks)).await {
        assert_eq!(look.unwrap().unwrap().bytes, Some(40));
    }
    assert_eq!(server.log().connections, 1);
}
