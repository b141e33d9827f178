//! Is it the right server? Pinned, unknown, changed, hashed and revoked host keys.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use leadq_pipeline::ports::{DropFolder, Fault, Listing, PortError};
use leadq_sftp::HostKeys;

use super::sshd::{Sshd, fingerprint, keygen, output, program};
use crate::support::{drop_at, says};

async fn list(sshd: &Sshd, host_keys: HostKeys) -> Result<Listing, PortError> {
    let settings = leadq_sftp::SftpSettings { host_keys, ..sshd.settings() };
    drop_at(settings, &sshd.location("")).list().await
}

/// Writes a file of known hosts.
fn known(sshd: &Sshd, lines: &str) -> (PathBuf, HostKeys) {
    let path = sshd.path("known_hosts");
    fs::write(&path, lines).unwrap();
    (path.clone(), HostKeys::KnownHosts(path))
}

/// Another key than the server's.
fn other(sshd: &Sshd) -> (String, String) {
    let path = sshd.path("other");
    if !path.exists() {
        keygen(&path, "ed25519", "");
    }
    let public = path.with_extension("pub");
    (fs::read_to_string(&public).unwrap().trim().to_owned(), fingerprint(&public))
}

#[tokio::test]
async fn a_fingerprint_that_is_pinned() {
    let sshd = Sshd::start(&["ed25519", "rsa", "ecdsa"]);
    let (right, wrong) = (sshd.fingerprint("ed25519"), other(&sshd).1);
    list(&sshd, HostKeys::Fingerprints(vec![right.clone()])).await.unwrap();
    list(&sshd, HostKeys::Fingerprints(vec![wrong.clone(), right.clone()])).await.unwrap();
    // That of any of its keys is right, whichever the server shows first.
    for kind in ["rsa", "ecdsa"] {
        list(&sshd, HostKeys::Fingerprints(vec![sshd.fingerprint(kind)])).await.unwrap();
    }
    let result = list(&sshd, HostKeys::Fingerprints(vec![wrong.clone()])).await;
    says(result, Fault::Permanent, &[&"not the one that was pinned", &right, &wrong, &"host_key", &"owner"]);
    let none = list(&sshd, HostKeys::Fingerprints(Vec::new())).await;
    says(none, Fault::Permanent, &[&"not known", &right]);
}

#[tokio::test]
async fn an_unknown_host_is_never_learned() {
    let sshd = Sshd::start(&["ed25519"]);
    let right = sshd.fingerprint("ed25519");
    // The key is there, but for another port.
    let (path, keys) = known(&sshd, &format!("127.0.0.1 {}\n", sshd.host_key("ed25519")));
    let before = fs::read(&path).unwrap();
    for _ in 0..2 {
        let name = format!("[127.0.0.1]:{}", sshd.port());
        says(
            list(&sshd, keys.clone()).await,
            Fault::Permanent,
            &[&"not known", &right, &name, &"host_key = "],
        );
    }
    assert_eq!(fs::read(&path).unwrap(), before);
    let missing = HostKeys::KnownHosts(sshd.path("no-such-file"));
    says(list(&sshd, missing).await, Fault::Permanent, &[&"not known", &right, &"no-such-file"]);
}

#[tokio::test]
async fn known_hosts_plain_and_hashed() {
    let sshd = Sshd::start(&["ed25519", "rsa"]);
    let name = format!("[127.0.0.1]:{}", sshd.port());
    let other = other(&sshd).0;
    // Several keys of one host: any is right.
    let lines = format!("# c\n{name} {other}\n{name} {}\n", sshd.host_key("ed25519"));
    let (path, keys) = known(&sshd, &lines);
    list(&sshd, keys.clone()).await.unwrap();
    output(Command::new(program("ssh-keygen")).arg("-H").arg("-f").arg(&path));
    let hashed = fs::read_to_string(&path).unwrap();
    assert!(hashed.contains("|1|") && !hashed.contains("127.0.0.1"), "{hashed}");
    list(&sshd, keys).await.unwrap();
    // The server is asked for a key of the kind that is known.
    let (_, keys) = known(&sshd, &format!("{name} {}\n", sshd.host_key("rsa")));
    list(&sshd, keys).await.unwrap();
}

#[tokio::test]
async fn a_changed_and_a_revoked_key() {
    let sshd = Sshd::start(&["ed25519"]);
    let name = format!("[127.0.0.1]:{}", sshd.port());
    let ((other, expected), right) = (other(&sshd), sshd.fingerprint("ed25519"));
    let (path, keys) = known(&sshd, &format!("{name} {other}\n"));
    let words: [&dyn std::fmt::Display; 4] =
        [&"not the one that was pinned", &right, &expected, &path.display()];
    says(list(&sshd, keys).await, Fault::Permanent, &words);
    let key = sshd.host_key("ed25519");
    let (_, keys) = known(&sshd, &format!("{name} {key}\n@revoked * {key}\n"));
    says(list(&sshd, keys).await, Fault::Permanent, &[&"revoked", &right]);
}
