//! OpenSSH's `known_hosts`: which keys a host has, and which were revoked.
//!
//! The lines are read by `ssh-key`. What `russh` has of its own for them stops at a line that it cannot read, takes
//! the first other key of a host for a changed one, and knows neither `@revoked` nor wildcards.

use hmac::{Hmac, KeyInit, Mac};
use russh::keys::PublicKey;
use russh::keys::ssh_key::known_hosts::{Entry, HostPatterns, Marker};
use sha1::Sha1;

/// The port for which a host is written without one.
pub(crate) const PORT: u16 = 22;

/// What a file says of a host.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Its keys, any of which it may show.
    pub(crate) keys: Vec<PublicKey>,
    /// Keys that it must not show.
    pub(crate) revoked: Vec<PublicKey>,
}

impl Known {
    /// Looks a host up. Lines that cannot be read are passed over, and so are certificate authorities: certificates
    /// are not asked for.
    pub(crate) fn of(text: &str, host: &str, port: u16) -> Self {
        let name = name(host, port);
        let mut known = Self::default();
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            let Ok(entry) = line.parse::<Entry>() else { continue };
            if !names(entry.host_patterns(), &name) {
                continue;
            }
            match entry.marker() {
                None => known.keys.push(entry.public_key().clone()),
                Some(Marker::Revoked) => known.revoked.push(entry.public_key().clone()),
                Some(Marker::CertAuthority) => {}
            }
        }
        known
    }
}

/// A host as the file names it.
pub(crate) fn name(host: &str, port: u16) -> String {
    let host = host.to_ascii_lowercase();
    if port == PORT { host } else { format!("[{host}]:{port}") }
}

fn names(patterns: &HostPatterns, name: &str) -> bool {
    match patterns {
        HostPatterns::HashedName { salt, hash } => Hmac::<Sha1>::new_from_slice(salt)
            .is_ok_and(|hmac| hmac.chain_update(name).verify_slice(hash).is_ok()),
        HostPatterns::Patterns(patterns) => {
            let lower: Vec<_> = patterns.iter().map(|pattern| pattern.to_ascii_lowercase()).collect();
            let fits = |pattern: &str| fits(pattern.as_bytes(), name.as_bytes());
            let excluded = lower.iter().any(|pattern| pattern.strip_prefix('!').is_some_and(fits));
            !excluded && lower.iter().any(|pattern| fits(pattern))
        }
    }
}

/// Whether a name fits a pattern with `*` and `?`.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    // Where the last star stands, and how much of the name it has taken.
    let (mut at, mut read, mut star) = (0, 0, None);
    while read < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[read] => {
                at += 1;
                read += 1;
            }
            _ => match star {
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    (at, read) = (place + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 3] = [
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA6rWI3G1sz07DnfFlrouTcysQlj2P+jpNSOEWD9OJ3X",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILIG2T/B0l0gaqj3puu510tu9N1OkQ4znY3LYuEm5zCF",
    ];

    fn check(text: &str, host: &str, port: u16, keys: &[usize]) {
        // Without comments, which count for nothing.
        let plain = |key: &PublicKey| key.key_data().clone();
        let expected: Vec<_> = keys.iter().map(|key| plain(&KEYS[*key].parse().unwrap())).collect();
        let known: Vec<_> = Known::of(text, host, port).keys.iter().map(plain).collect();
        assert_eq!(known, expected, "{host}:{port}");
    }

    #[test]
    fn keys_of_a_host() {
        let [a, b, c] = KEYS;
        let text = format!(
            "# {a}\n\nhost,10.0.0.1 {a} a comment\nhost\t{b}\n[host]:2222 {c}\nother {c}\nnot a line\nhost 1024 35 12\n"
        );
        check(&text, "host", 22, &[0, 1]);
        check(&text, "HOST", 22, &[0, 1]);
        check(&text, "10.0.0.1", 22, &[0]);
        check(&text, "host", 2222, &[2]);
        check(&text, "host", 2223, &[]);
    }

    #[test]
    fn hashed_names() {
        // As `ssh-keygen -H` writes example.com.
        let text = format!("|1|O33ESRMWPVkMYIwJ1Uw+n877jTo=|nuuC5vEqXlEZ/8BXQR7m619W6Ak= {}\n", KEYS[2]);
        check(&text, "example.com", 22, &[2]);
        check(&text, "example.com", 2222, &[]);
        check(&text, "example.org", 22, &[]);
    }

    #[test]
    fn patterns_and_markers() {
        let [a, b, c] = KEYS;
        let text = format!("*.example.com,!bad.example.com {a}\n@revoked * {b}\n@cert-authority * {c}\n");
        check(&text, "ftp.example.com", 22, &[0]);
        check(&text, "bad.example.com", 22, &[]);
        check(&text, "example.com", 22, &[]);
        assert_eq!(Known::of(&text, "anything", 2222).revoked, [b.parse().unwrap()]);
    }

    #[test]
    fn stars_and_question_marks() {
        let cases = [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*c", "abbc", true),
            ("a*c", "abcb", false),
            ("*a*b*", "xxaxxbxx", true),
            ("?", "a", true),
            ("?", "", false),
            ("[h]:*", "[h]:22", true),
            ("*aab", "aaaaab", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(fits(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }
}
