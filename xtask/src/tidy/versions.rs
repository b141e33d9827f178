//! The engine stack moves together: its versions are pinned, and each part is there once.
//!
//! Two versions of arrow in one program are two sets of types that look alike and do not fit together.

use super::Violation;
use super::tree::Tree;

/// The versions that belong together.
const PINS: [(&str, &str); 5] = [
    ("datafusion", "55"),
    ("deltalake", "1.1"),
    ("arrow", "59"),
    ("parquet", "59"),
    ("object_store", "0.13"),
];

/// What must not be locked twice.
const ONCE: [&str; 4] = ["datafusion", "arrow", "parquet", "object_store"];

/// The workspace's table asks for the versions that belong together.
pub(super) fn pinned(tree: &Tree) -> Vec<Violation> {
    let manifest = tree.text("Cargo.toml").unwrap_or_default();
    let mut found = Vec::new();
    for (name, pin) in PINS {
        let (line, what) = match required_version(manifest, name) {
            Some((_, version)) if fits(version, pin) => continue,
            Some((line, version)) => (line, format!("asks for {name} {version}")),
            None => (1, format!("does not name {name} in [workspace.dependencies]")),
        };
        let remedy = format!("ask for {pin}, or move the whole stack and PINS of xtask/src/tidy/versions.rs");
        found.push(Violation::new("Cargo.toml", line, what, remedy));
    }
    found
}

/// Whether a version asked for is `pin` or a more exact one.
fn fits(version: &str, pin: &str) -> bool {
    let version = version.trim_start_matches(['^', '=', '~', ' ']);
    version.strip_prefix(pin).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The version that the workspace's table asks for, and its line.
fn required_version<'a>(manifest: &'a str, name: &str) -> Option<(usize, &'a str)> {
    let lines = (1..).zip(manifest.lines());
    let table = lines.skip_while(|(_, line)| line.trim() != "[workspace.dependencies]").skip(1);
    let mut entries = table.take_while(|(_, line)| !line.starts_with('['));
    entries.find_map(|(number, line)| {
        let (key, value) = line.split_once('=')?;
        let value = value.trim();
        let version = match value.strip_prefix('"') {
            Some(version) => version,
            None => value.split_once("version = \"")?.1,
        };
        (key.trim() == name).then_some((number, version.split('"').next()?))
    })
}

/// The lock file holds one version of each part.
pub(super) fn locked_once(tree: &Tree) -> Vec<Violation> {
    let lock = tree.text("Cargo.lock").unwrap_or_default();
    let mut found = Vec::new();
    for name in ONCE {
        let versions = locked_versions(lock, name);
        if let [_, .., (line, _)] = versions.as_slice() {
            let all: Vec<&str> = versions.iter().map(|(_, version)| *version).collect();
            let what = format!("holds {name} in the versions {}", all.join(" and "));
            let remedy = format!("find out with `cargo tree -i {name}` who asks for the other one");
            found.push(Violation::new("Cargo.lock", *line, what, remedy));
        }
    }
    found
}

/// The versions of a package in the lock file, with their lines.
fn locked_versions<'a>(lock: &'a str, name: &str) -> Vec<(usize, &'a str)> {
    let wanted = format!("name = \"{name}\"");
    let lines = (1..).zip(lock.lines());
    let pairs = lines.clone().zip(lines.skip(1));
    let versions = pairs.filter(|((_, line), _)| *line == wanted);
    versions.filter_map(|(_, (number, next))| Some((number, next.split('"').nth(1)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_of_the_stack_is_found() {
        let manifest = "\
[package]
arrow = \"58\"
[workspace.dependencies]
arrow = { version = \"59\", features = [\"ffi\"] }
parquet = { features = [\"arrow\"], version = \"5\" }
datafusion = \"56.0\"
deltalake = \"=1.1.2\"
[profile.dev]
object_store = \"0.13\"
";
        let found: Vec<(usize, String)> = pinned(&Tree::from([("Cargo.toml", manifest)]))
            .into_iter()
            .map(|violation| (violation.line, violation.what))
            .collect();
        let expected = [
            (6, "asks for datafusion 56.0"),
            (5, "asks for parquet 5"),
            (1, "does not name object_store in [workspace.dependencies]"),
        ];
        assert_eq!(found, expected.map(|(line, what)| (line, what.to_owned())));
    }

    #[test]
    fn a_second_version_in_the_lock_is_found() {
        let package = |name: &str, version: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n\n")
        };
        let fine = package("arrow", "59.3.2") + &package("arrow-array", "58.0.0");
        assert_eq!(locked_once(&Tree::from([("Cargo.lock", fine.as_str())])), []);
        let twice = fine + &package("arrow", "58.0.0");
        let found = locked_once(&Tree::from([("Cargo.lock", twice.as_str())]));
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].line, found[0].what.as_str()),
            (11, "holds arrow in the versions 59.3.2 and 58.0.0")
        );
    }
}
