//! The installation's secret: from the environment, or from a file that the first run creates.

use std::io::Write;
use std::path::{Path, PathBuf};

use leadq_contract::IdentifierSecret;
use leadq_contract::identifier::hex;

use crate::failure::{Failure, Outcome};
use crate::settings::{SecretSource, shown};

/// The lake that a secret is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ForLake<'a> {
    /// Where it is, as a person knows it.
    pub(crate) location: &'a str,
    /// Its folder, if it is on this machine.
    pub(crate) folder: Option<&'a Path>,
    /// Whether it has been made, with a secret.
    pub(crate) is_made: bool,
}

/// Loads the secret. A file that is not there is created, unless the lake has been made with a secret already.
pub(crate) fn load(source: &SecretSource, lake: ForLake<'_>) -> Outcome<IdentifierSecret> {
    let text = match source {
        SecretSource::Given(text) => text.clone(),
        SecretSource::File(path) => {
            if lake.folder.is_some_and(|folder| is_within(path, folder)) {
                return Err(Failure::usage(format!("the secret file {} lies in the lake", shown(path)))
                    .help("keep it elsewhere: who can read the lake must not be able to read the secret"));
            }
            match std::fs::read_to_string(path) {
                Ok(text) => text.trim().to_owned(),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && lake.is_made => {
                    return Err(Failure::environment(format!(
                        "the secret file {} is not there",
                        shown(path)
                    ))
                    .help(format!(
                        "the lake {} was made with a secret; put its file back from a backup, name it \
                             with secret_file or LEADQ_SECRET_FILE, or give the secret in LEADQ_SECRET",
                        lake.location
                    )));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => create(path)?,
                Err(error) => {
                    return Err(Failure::environment(format!(
                        "cannot read the secret file {}: {error}",
                        shown(path)
                    )));
                }
            }
        }
    };
    IdentifierSecret::new(text.as_bytes()).map_err(|error| {
        Failure::usage(error).help("make one with: head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n'")
    })
}

/// Creates a secret file that only its owner may read.
fn create(path: &Path) -> Outcome<String> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::environment(format!("cannot create the secret file {}: {error}", shown(path)))
            .help("name a file that can be written with secret_file in leadq.toml, or give LEADQ_SECRET")
    };
    let mut bytes = [0u8; IdentifierSecret::MIN_BYTES];
    getrandom::fill(&mut bytes).map_err(|e| failed(&e))?;
    let text = hex(&bytes);
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder).map_err(|e| failed(&e))?;
    // Written whole under another name first: a file cut short would be another secret.
    let mut file = private_file(folder).map_err(|e| failed(&e))?;
    writeln!(file, "{text}").and_then(|()| file.as_file().sync_all()).map_err(|e| failed(&e))?;
    file.persist_noclobber(path).map_err(|e| failed(&e.error))?;
    tracing::warn!(
        secret_file = shown(path),
        "created the secret; back it up, no later report matches without it"
    );
    Ok(text)
}

/// A temporary file, 0600 on Unix from its first moment.
fn private_file(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(".secret").tempfile_in(folder)
}

fn is_within(path: &Path, folder: &Path) -> bool {
    resolved(path).starts_with(resolved(folder))
}

/// A path without links, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let existing = path.ancestors().find_map(|part| Some((part, part.canonicalize().ok()?)));
    existing.map_or_else(
        || path.clone(),
        |(part, real)| path.strip_prefix(part).map_or(real.clone(), |rest| real.join(rest)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lake(folder: &Path, is_made: bool) -> ForLake<'_> {
        ForLake { location: "the lake", folder: Some(folder), is_made }
    }

    #[test]
    fn created_once_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/secret");
        let source = SecretSource::File(path.clone());
        let first = load(&source, lake(Path::new("lake"), false)).unwrap();
        assert_eq!(load(&source, lake(Path::new("lake"), true)).unwrap().check_value(), first.check_value());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_lost_secret_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let failure = load(&SecretSource::File(path.clone()), lake(Path::new("lake"), true)).unwrap_err();
        assert!(failure.to_string().contains("is not there"));
        assert!(!path.exists());
    }

    #[test]
    fn never_within_the_lake_and_never_short() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("lake");
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path(), &place).unwrap();
        let inside = SecretSource::File(folder.path().join("new/secret"));
        assert!(load(&inside, lake(&place, false)).unwrap_err().to_string().contains("lies in the lake"));
        assert!(load(&SecretSource::Given("short".to_owned()), lake(&place, false)).is_err());
    }
}
