//! A blob that is not what was written is an error, never other bytes.

use std::fs;
use std::io::{Read as _, Seek as _};

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

#[tokio::test]
async fn no_byte_is_given_that_was_not_stored_and_what_was_not_read_is_verified() {
    let local = Local::new();
    let [(content, bytes), _] = contents(&local).await;
    let path = local.blob(&content);
    let whole = fs::read(&path).unwrap();
    for at in (260..whole.len()).step_by(17_001) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&path, &flipped).unwrap();
        // The last chunk is read when it is opened.
        let Ok(mut file) = local.archive.open(&content).await else { continue };
        let mut head = [0; 100];
        // Who reads a little only, and asks whether that will do.
        let read_little = file.read_exact(&mut head);
        assert!(read_little.is_err() || head == bytes[..100]);
        assert!(file.verify().is_err(), "byte {at}");
        // Who reads on, and again, and from behind.
        for _ in 0..2 {
            file.rewind().unwrap();
            let mut read = Vec::new();
            assert!(file.read_to_end(&mut read).is_err(), "byte {at}");
            assert!(bytes.starts_with(&read), "byte {at}");
        }
    }
    fs::write(&path, &whole).unwrap();
    let mut file = local.archive.open(&content).await.unwrap();
    file.verify().unwrap();
    let mut read = Vec::new();
    file.read_to_end(&mut read).unwrap();
    file.verify().unwrap();
    assert_eq!(read, bytes);
}

#[tokio::test]
async fn what_is_read_in_any_order_is_whole_before_a_byte_is_given() {
    let local = Local::new();
    let [_, (content, _)] = contents(&local).await;
    let path = local.blob(&content);
    let whole = fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(17_001) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&path, &flipped).unwrap();
        assert!(local.archive.open(&content).await.is_err(), "byte {at}");
    }
}

#[tokio::test]
async fn chunks_that_change_places_are_noticed() {
    let local = Local::new();
    let [(content, _), _] = contents(&local).await;
    let path = local.blob(&content);
    let mut blob = fs::read(&path).unwrap();
    // The nonce stands behind the header's last line: a tag of 43 letters, and 16 bytes.
    let start = blob.windows(5).position(|window| window == b"\n--- ").unwrap() + 5 + 44 + 16;
    let chunk = (64 << 10) + 16;
    assert!(blob.len() > start + 2 * chunk);
    let (first, second) = blob[start..start + 2 * chunk].split_at_mut(chunk);
    first.swap_with_slice(second);
    fs::write(&path, &blob).unwrap();
    assert_told(&read(&local.archive, &content).await.unwrap_err(), &content);
}
