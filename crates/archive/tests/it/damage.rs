//! A blob that is not what was written is an error, never other bytes.

use std::fs;

use leadq_archive::FileArchive;
use leadq_contract::IdentifierSecret;
use leadq_pipeline::ports::{Archive as _, ContentId, Fault, PortError};

use crate::support::{Local, noise, read, received, store};

/// A compressed content and one that is stored as it came, of several of age's chunks.
async fn contents(local: &Local) -> [(ContentId, Vec<u8>); 2] {
    let text = noise(150_000, 1);
    let packed = [b"\x1F\x8B", &noise(150_000, 2)[..]].concat();
    [(store(&local.archive, &text).await, text), (store(&local.archive, &packed).await, packed)]
}

fn assert_told(error: &PortError, content: &ContentId) {
    assert!(error.subject.contains(&content.0), "{error}");
    assert!(error.hint.is_some() && error.fault == Fault::Permanent, "{error:?}");
}

#[tokio::test]
async fn a_flipped_bit_anywhere_is_noticed() {
    let local = Local::new();
    for (content, bytes) in contents(&local).await {
        let path = local.blob(&content);
        let whole = fs::read(&path).unwrap();
        let header = 0..whole.len().min(260);
        let body = (260..whole.len()).step_by(9_973);
        let end = whole.len() - 80..whole.len();
        for at in header.chain(body).chain(end) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            fs::write(&path, &flipped).unwrap();
            match read(&local.archive, &content).await {
                Ok(read) => panic!("byte {at} of {}: {}", whole.len(), read == bytes),
                Err(error) => assert!(error.subject.contains(&content.0), "{error}"),
            }
        }
        fs::write(&path, &whole).unwrap();
        assert_eq!(read(&local.archive, &content).await.unwrap(), bytes);
    }
}

#[tokio::test]
async fn what_is_cut_short_or_made_longer_is_noticed() {
    let local = Local::new();
    for (content, _) in contents(&local).await {
        let path = local.blob(&content);
        let whole = fs::read(&path).unwrap();
        // Where a chunk of age ends, too: the header has about 200 bytes, a chunk 64 KiB and 16.
        let chunk = (64 << 10) + 16;
        let nonce = whole.windows(4).position(|window| window == b"\n---").unwrap();
        let header = (nonce + 4..nonce + 80).chain(0..30);
        let at_chunks = (0..=whole.len() / chunk).flat_map(|n| header.clone().map(move |at| at + n * chunk));
        let lengths = at_chunks.chain([whole.len() - 1]);
        for len in lengths.filter(|len| *len < whole.len()) {
            fs::write(&path, &whole[..len]).unwrap();
            let error = read(&local.archive, &content).await.unwrap_err();
            assert_told(&error, &content);
        }
        fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
        assert_told(&read(&local.archive, &content).await.unwrap_err(), &content);
    }
}

#[tokio::test]
async fn blobs_that_change_places_are_noticed() {
    let local = Local::new();
    let [(first, _), (second, _)] = contents(&local).await;
    let (one, two) = (local.blob(&first), local.blob(&second));
    let (a, b) = (fs::read(&one).unwrap(), fs::read(&two).unwrap());
    fs::write(&one, b).unwrap();
    fs::write(&two, a).unwrap();
    for content in [first, second] {
        assert_told(&read(&local.archive, &content).await.unwrap_err(), &content);
    }
}

#[tokio::test]
async fn another_secret_reads_nothing_and_is_told_so() {
    let local = Local::new();
    let content = store(&local.archive, b"content").await;
    local.archive.note(&[received("a.csv")]).await.unwrap();
    let other = IdentifierSecret::new(&[8; 32]).unwrap();
    let other = FileArchive::local(local.root(), &other).unwrap();
    for error in [read(&other, &content).await.unwrap_err(), other.catalogue().await.unwrap_err()] {
        assert_eq!(error.fault, Fault::Incompatible);
        assert!(error.to_string().contains("another secret") && error.hint.is_some(), "{error}");
    }
}

#[tokio::test]
async fn an_id_that_is_none_opens_no_file() {
    let local = Local::new();
    store(&local.archive, b"content").await;
    for id in ["", "../../../etc/passwd", "é", &"A".repeat(64), &format!("/{}", "a".repeat(63))] {
        let content = ContentId((*id).to_owned());
        assert!(local.archive.open(&content).await.is_err(), "{id}");
        assert!(local.archive.remove(&[content]).await.is_err(), "{id}");
    }
}
