//! Contents: once each, whole, in any order of reading, and for nobody else's eyes.

use std::fs;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

use age::secrecy::ExposeSecret as _;
use leadq_archive::age_identity;
use leadq_pipeline::ports::Archive as _;
use object_store::memory::InMemory;
use proptest::prelude::*;

use crate::support::{Local, in_store, noise, read, secret, store, stream};

/// Text, noise, or noise that says that it is compressed.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let len = prop_oneof![0..20usize, 0..5_000usize, 65_000..66_000usize, 130_000..200_000usize];
    (len, 0..3, any::<u64>()).prop_map(|(len, kind, seed)| match kind {
        0 => b"lead_number,email_hash,set\n".iter().copied().cycle().take(len).collect(),
        1 => noise(len, seed),
        _ => [b"\x1F\x8B", &noise(len, seed)[..]].concat(),
    })
}

fn seek() -> impl Strategy<Value = (SeekFrom, usize)> {
    let place = prop_oneof![
        (0..210_000u64).prop_map(SeekFrom::Start),
        (-210_000..100i64).prop_map(SeekFrom::End),
        (-70_000..70_000i64).prop_map(SeekFrom::Current),
    ];
    (place, prop_oneof![0..100usize, 0..100_000usize])
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_goes_in_comes_out_in_any_order(
        bytes in content(), piece in 1..100_000usize, seeks in prop::collection::vec(seek(), 0..12),
    ) {
        let local = Local::new();
        let mut file = run(async {
            let stored = local.archive.store(stream(&bytes, piece)).await.unwrap();
            assert_eq!(stored.bytes, bytes.len() as u64);
            local.archive.open(&stored.content).await.unwrap()
        });
        let mut expected = Cursor::new(&bytes);
        for (place, len) in seeks {
            let (found, wanted) = (file.seek(place), expected.seek(place));
            prop_assert_eq!(found.as_ref().ok(), wanted.as_ref().ok());
            let mut buffers = [vec![0; len], vec![0; len]];
            let wanted = expected.read(&mut buffers[0]).unwrap();
            let mut found = 0;
            while found < wanted {
                found += file.read(&mut buffers[1][found..]).unwrap();
            }
            prop_assert_eq!(&buffers[0], &buffers[1]);
            prop_assert!(wanted == len || file.read(&mut buffers[1]).unwrap() == 0);
        }
        file.rewind().unwrap();
        let mut whole = Vec::new();
        file.read_to_end(&mut whole).unwrap();
        prop_assert_eq!(whole, bytes);
    }
}

#[tokio::test]
async fn a_content_is_kept_once_and_its_id_tells_nothing() {
    let local = Local::new();
    let first = store(&local.archive, b"the same").await;
    let second = store(&local.again(), b"the same").await;
    let other = store(&local.archive, b"another").await;
    assert!(first == second && first != other);
    assert_ne!(first.0, blake3::hash(b"the same").to_hex().to_string());
    let mut contents: Vec<_> = local.archive.contents().await.unwrap();
    contents.sort();
    let mut expected = vec![first, other];
    expected.sort();
    assert_eq!(contents.iter().map(|(content, _)| content.clone()).collect::<Vec<_>>(), expected);
    for (content, bytes) in contents {
        assert_eq!(bytes, fs::metadata(local.blob(&content)).unwrap().len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_content_may_be_stored_by_many_at_once() {
    for in_memory in [false, true] {
        let local = Local::new();
        let shared = Arc::new(InMemory::new());
        let bytes = noise(300_000, 1);
        let tasks = (0..8).map(|_| {
            let archive = if in_memory { in_store(shared.clone()) } else { local.again() };
            let bytes = bytes.clone();
            tokio::spawn(async move { store(&archive, &bytes).await })
        });
        let ids: Vec<_> = futures::future::join_all(tasks).await.into_iter().map(Result::unwrap).collect();
        assert!(ids.iter().all(|id| *id == ids[0]));
        let archive = if in_memory { in_store(shared) } else { local.again() };
        assert_eq!(archive.contents().await.unwrap().len(), 1);
        assert_eq!(read(&archive, &ids[0]).await.unwrap(), bytes);
    }
}

#[tokio::test]
async fn a_content_of_many_parts_passes_an_object_store() {
    let archive = in_store(Arc::new(InMemory::new()));
    let bytes = noise(20 << 20, 2);
    let content = archive.store(stream(&bytes, 1 << 20)).await.unwrap().content;
    assert!(read(&archive, &content).await.unwrap() == bytes);
    archive.replace(&content, bytes[1..].to_vec()).await.unwrap();
    assert!(read(&archive, &content).await.unwrap() == bytes[1..]);
    archive.remove(&[content]).await.unwrap();
    assert_eq!(archive.contents().await.unwrap(), []);
}

#[tokio::test]
async fn a_replaced_content_keeps_its_id_and_its_old_bytes_do_not_come_back() {
    let local = Local::new();
    let before = b"Email,Set\njane,1\njoe,0\n".repeat(100);
    let content = store(&local.archive, &before).await;
    let old_blob = fs::read(local.blob(&content)).unwrap();
    local.archive.replace(&content, b"Email,Set\n\njoe,0\n".to_vec()).await.unwrap();
    assert_eq!(read(&local.archive, &content).await.unwrap(), b"Email,Set\n\njoe,0\n");
    let files = local.paths().into_iter().filter(|path| path.is_file());
    for file in files {
        assert_ne!(fs::read(&file).unwrap(), old_blob, "{}", file.display());
    }
    // The client sends the same file again: what the person was taken out of stays.
    assert_eq!(store(&local.archive, &before).await, content);
    assert_eq!(read(&local.archive, &content).await.unwrap(), b"Email,Set\n\njoe,0\n");
}

#[tokio::test]
async fn what_is_removed_is_gone_and_may_come_again() {
    let local = Local::new();
    let [first, second] = [store(&local.archive, b"1").await, store(&local.archive, b"2").await];
    local.archive.remove(&[first.clone(), first.clone()]).await.unwrap();
    assert!(!local.blob(&first).exists());
    let error = read(&local.archive, &first).await.unwrap_err();
    assert!(error.to_string().contains("it is not there"), "{error}");
    let error = local.archive.replace(&first, b"x".to_vec()).await.unwrap_err();
    assert!(error.to_string().contains("it is not there"), "{error}");
    assert_eq!(read(&local.archive, &second).await.unwrap(), b"2");
    assert_eq!(store(&local.archive, b"1").await, first);
}

#[tokio::test]
async fn whoever_has_the_secret_reads_a_blob_without_leadq() {
    let local = Local::new();
    let text = b"lead_number,email_hash\n".repeat(10_000);
    let content = store(&local.archive, &text).await;
    let blob = fs::read(local.blob(&content)).unwrap();
    assert!(blob.starts_with(b"age-encryption.org/v1\n") && blob.len() < text.len() / 20);
    let identity: age::x25519::Identity = age_identity(&secret()).unwrap().expose_secret().parse().unwrap();
    let compressed = age::decrypt(&identity, &blob).unwrap();
    assert_eq!(zstd::decode_all(&compressed[..]).unwrap(), text);
    let packed = [b"PK\x03\x04", &noise(500, 3)[..]].concat();
    let content = store(&local.archive, &packed).await;
    let plain = age::decrypt(&identity, &fs::read(local.blob(&content)).unwrap()).unwrap();
    assert_eq!(plain[..plain.len() - 50], packed);
}

#[tokio::test]
async fn a_blob_of_an_older_build_is_read() {
    let local = Local::new();
    let text = b"lead_number,email_hash\n".repeat(10_000);
    let content = store(&local.archive, &text).await;
    let name = format!("blobs/{}/{}.age", &content.0[..2], content.0);
    // One frame, encrypted by the library of age.
    let mut plain = zstd::encode_all(&text[..], 3).unwrap();
    plain.extend_from_slice(&[0x5C, 0x2A, 0x4D, 0x18, 42, 0, 0, 0, 1, 1]);
    plain.extend_from_slice(&(text.len() as u64).to_le_bytes());
    plain.extend_from_slice(blake3::hash(name.as_bytes()).as_bytes());
    let identity: age::x25519::Identity = age_identity(&secret()).unwrap().expose_secret().parse().unwrap();
    fs::write(local.blob(&content), age::encrypt(&identity.to_public(), &plain).unwrap()).unwrap();
    assert_eq!(read(&local.archive, &content).await.unwrap(), text);
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_look() {
    use std::os::unix::fs::PermissionsExt as _;
    let local = Local::new();
    let content = store(&local.archive, b"secret").await;
    local.archive.note(&[crate::support::received("a.csv")]).await.unwrap();
    local.archive.replace(&content, b"less".to_vec()).await.unwrap();
    let mut paths = local.paths();
    paths.push(local.root());
    for path in paths {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
}
