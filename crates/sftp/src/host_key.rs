//! Is it the right server? Its key against what was pinned.

use std::path::PathBuf;

use leadq_ingest::names::shown;
use leadq_pipeline::ports::PortError;
use russh::keys::ssh_key::Fingerprint;
use russh::keys::{Algorithm, EcdsaCurve, HashAlg, PublicKey};

use crate::known_hosts::{self, Known};

/// By what the server's key is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostKeys {
    /// Its fingerprint is one of these: `SHA256:` and what follows, as `ssh-keygen -lf` prints it.
    Fingerprints(Vec<String>),
    /// It is in a file as OpenSSH's `known_hosts`.
    KnownHosts(PathBuf),
}

/// Algorithms of host keys in order of preference. RSA only with SHA-2: signatures with SHA-1 can be forged.
const ALGORITHMS: [Algorithm; 6] = [
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
    Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
    Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
];

/// What was pinned for a server.
#[derive(Debug)]
pub(crate) struct Pins {
    host: String,
    port: u16,
    expected: Vec<Fingerprint>,
    revoked: Vec<Fingerprint>,
    /// Kinds of the keys, where that is known.
    kinds: Vec<Algorithm>,
    /// Where they were taken from.
    source: HostKeys,
}

impl Pins {
    /// Reads what was pinned.
    ///
    /// # Errors
    /// If a fingerprint is none, or the file cannot be read.
    pub(crate) fn read(source: &HostKeys, host: &str, port: u16) -> Result<Self, PortError> {
        let mut pins = Self {
            host: host.to_owned(),
            port,
            expected: Vec::new(),
            revoked: Vec::new(),
            kinds: Vec::new(),
            source: source.clone(),
        };
        match source {
            HostKeys::Fingerprints(texts) => {
                for text in texts {
                    pins.expected.push(fingerprint(text)?);
                }
            }
            HostKeys::KnownHosts(path) => {
                let text = match std::fs::read(path) {
                    Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
                    Err(error) => {
                        return Err(PortError::permanent("read", path.display().to_string(), error).hint(
                            "let known_hosts in [[sftp]] name a file that can be read, or set host_key",
                        ));
                    }
                };
                let known = Known::of(&text, host, port);
                pins.expected = known.keys.iter().map(of).collect();
                pins.revoked = known.revoked.iter().map(of).collect();
                pins.kinds = known.keys.iter().map(PublicKey::algorithm).collect();
            }
        }
        Ok(pins)
    }

    /// Whether a key is one that the server may show.
    pub(crate) fn hold(&self, key: &PublicKey) -> bool {
        let key = of(key);
        self.expected.contains(&key) && !self.revoked.contains(&key)
    }

    /// Whether the server may have a pinned key beside the one that it showed: of a fingerprint nobody knows the kind.
    pub(crate) fn may_be_another(&self) -> bool {
        matches!(self.source, HostKeys::Fingerprints(_)) && !self.expected.is_empty()
    }

    /// The algorithms to ask for, those of pinned keys first: a server that has several keys shows the first that
    /// both sides know. Those of keys that were seen already are left out.
    pub(crate) fn algorithms(&self, seen: &[PublicKey]) -> Vec<Algorithm> {
        let is = |algorithm: &Algorithm, kind: &Algorithm| match kind {
            Algorithm::Rsa { .. } => matches!(algorithm, Algorithm::Rsa { .. }),
            kind => algorithm == kind,
        };
        let fresh = |algorithm: &Algorithm| !seen.iter().any(|key| is(algorithm, &key.algorithm()));
        let mut algorithms: Vec<_> = ALGORITHMS.into_iter().filter(fresh).collect();
        algorithms.sort_by_key(|algorithm| !self.kinds.iter().any(|kind| is(algorithm, kind)));
        algorithms
    }

    /// The error of a server that shows other keys.
    pub(crate) fn refusal(&self, subject: &str, seen: &[PublicKey]) -> PortError {
        let name = known_hosts::name(&self.host, self.port);
        let got = list(seen.iter().map(|key| format!("{} ({})", of(key), key.algorithm())));
        let expected = list(self.expected.iter().map(ToString::to_string));
        let place = match &self.source {
            HostKeys::Fingerprints(_) => "host_key of its [[sftp]]".to_owned(),
            HostKeys::KnownHosts(path) => shown(&path.display().to_string()),
        };
        if seen.iter().any(|key| self.revoked.contains(&of(key))) {
            let reason = format!("its host key {got} is marked @revoked in {place}");
            return PortError::permanent("trust", subject, reason).hint(
                "ask the server's owner for its new key; whoever holds the revoked one can pretend to be the server",
            );
        }
        let set = seen.first().map_or_else(String::new, |key| format!("host_key = \"{}\"", of(key)));
        if self.expected.is_empty() {
            let reason = format!(
                "its host key is not known: got {got}; expected none, as {place} has none for {name}"
            );
            return PortError::permanent("trust", subject, reason).hint(format!(
                "ask the server's owner whether this is its fingerprint; if so, set {set} in [[sftp]] for host {}",
                self.host
            ));
        }
        let reason =
            format!("its host key is not the one that was pinned: got {got}; expected {expected} of {place}");
        PortError::permanent("trust", subject, reason).hint(format!(
            "ask the server's owner whether its key was changed; if so, set {set} in [[sftp]] for host {}; if not, \
             somebody may stand between, and nothing was sent to them",
            self.host
        ))
    }

    /// The error of a server whose keys are all of other kinds.
    pub(crate) fn no_common(&self, subject: &str, theirs: &[String]) -> PortError {
        let reason =
            format!("its host keys are of kinds that are not accepted: {}", shown(&theirs.join(", ")));
        PortError::permanent("trust", subject, reason).hint(
            "ask the server's owner for a key of the kind ed25519, ECDSA, or RSA with SHA-2 (rsa-sha2-256)",
        )
    }
}

fn of(key: &PublicKey) -> Fingerprint {
    key.fingerprint(HashAlg::Sha256)
}

/// Reads a fingerprint.
fn fingerprint(text: &str) -> Result<Fingerprint, PortError> {
    let read = text.trim().trim_end_matches('=').parse::<Fingerprint>().ok();
    read.filter(|read| matches!(read, Fingerprint::Sha256(_))).ok_or_else(|| {
        PortError::permanent("use the host key", shown(text), "it is no fingerprint of the kind SHA256").hint(
            "write host_key as SHA256:… with 43 characters behind the colon, as `ssh-keygen -lf FILE` prints it",
        )
    })
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    #[test]
    fn fingerprints_as_they_are_written() {
        let key: PublicKey = KEY.parse().unwrap();
        let text = of(&key).to_string();
        for written in [text.clone(), format!(" {text}=\n")] {
            let pins = Pins::read(&HostKeys::Fingerprints(vec![written]), "h", 22).unwrap();
            assert!(pins.hold(&key));
        }
        for wrong in ["", "SHA256:", "SHA256:abc", "MD5:aa:bb", "AAAA", &text.replace("SHA256", "SHA512")] {
            let error = Pins::read(&HostKeys::Fingerprints(vec![wrong.to_owned()]), "h", 22).unwrap_err();
            assert!(error.hint.is_some_and(|hint| hint.contains("ssh-keygen")), "{wrong}");
        }
    }

    #[test]
    fn pinned_kinds_come_first_and_seen_ones_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("known_hosts");
        let ecdsa = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHwf2HMM5TRXvo2SQJjsNkiDD5KqiiNjrGVv3UUh+mMT5RHxiRtOnlqvjhQtBq0VpmpCV/PwUdhOig4vkbqAcEc=";
        std::fs::write(&path, format!("h {ecdsa}\n")).unwrap();
        let pins = Pins::read(&HostKeys::KnownHosts(path), "h", 22).unwrap();
        let algorithms = pins.algorithms(&[]);
        assert_eq!(algorithms[0].to_string(), "ecdsa-sha2-nistp256");
        assert_eq!((algorithms.len(), &algorithms[1]), (6, &Algorithm::Ed25519));
        let seen = pins.algorithms(&[KEY.parse().unwrap()]);
        assert!(!seen.contains(&Algorithm::Ed25519) && seen.len() == 5);
    }
}
