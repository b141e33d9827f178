//! The files of the repository, in memory, so that a check is a function that a test can feed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

/// Folders at the root that hold no source, for a copy without git.
const NOT_SOURCE: [&str; 4] = [".git", "target", "lake", "export"];

/// Paths from the root, with `/`, and the text of those that are text.
#[derive(Default)]
pub(super) struct Tree(BTreeMap<String, Option<String>>);

impl Tree {
    /// The files that git tracks or would track; without git, all of them.
    pub(super) fn read(root: &Path) -> io::Result<Self> {
        let paths = match tracked(root) {
            Some(paths) => paths,
            None => walked(root)?,
        };
        let mut files = BTreeMap::new();
        for path in paths {
            let full = root.join(&path);
            // A file that was deleted and is tracked still, and a link, are no files.
            if fs::symlink_metadata(&full).is_ok_and(|meta| meta.is_file()) {
                files.insert(path, String::from_utf8(fs::read(full)?).ok());
            }
        }
        Ok(Self(files))
    }

    /// The text files.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// The text files whose names end in `.` and `extension`.
    pub(super) fn with_extension(&self, extension: &str) -> impl Iterator<Item = (&str, &str)> {
        self.texts()
            .filter(move |(path, _)| path.rsplit_once('.').is_some_and(|(_, found)| found == extension))
    }

    /// The text of a file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path)?.as_deref()
    }

    /// Whether a file, or a folder with files, stands at a path.
    pub(super) fn has(&self, path: &str) -> bool {
        let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
        self.0.contains_key(path)
            || self.0.range(folder.clone()..).next().is_some_and(|(p, _)| p.starts_with(&folder))
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Tree {
    fn from(files: [(&str, &str); N]) -> Self {
        Self(files.map(|(path, text)| (path.to_owned(), Some(text.to_owned()))).into())
    }
}

/// `relative`, seen from the folder of the file `from`; `None` when it leads out of the repository.
pub(super) fn resolve(from: &str, relative: &str) -> Option<String> {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let (start, steps) = relative.strip_prefix('/').map_or((folder, relative), |steps| ("", steps));
    let mut parts: Vec<&str> = start.split('/').filter(|part| !part.is_empty()).collect();
    for step in steps.split('/') {
        match step {
            "" | "." => (),
            ".." => drop(parts.pop()?),
            _ => parts.push(step),
        }
    }
    Some(parts.join("/"))
}

/// What git tracks, and what it would if it were added; `None` where there is no git.
fn tracked(root: &Path) -> Option<Vec<String>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
    let listed = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    Some(listed.split_terminator('\0').map(str::to_owned).collect())
}

/// All files below the root but what is no source.
fn walked(root: &Path) -> io::Result<Vec<String>> {
    let mut due: Vec<PathBuf> = vec![root.to_owned()];
    let mut paths = Vec::new();
    while let Some(folder) = due.pop() {
        for entry in fs::read_dir(&folder)? {
            let (path, kind) = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))?;
            let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) else { continue };
            let name = name.replace('\\', "/");
            if kind.is_file() {
                paths.push(name);
            } else if kind.is_dir() && !NOT_SOURCE.contains(&name.as_str()) {
                due.push(path);
            }
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_files_and_folders() {
        let tree = Tree::from([("docs/adr/1.md", ""), ("docs.md", "")]);
        for (path, there) in [
            ("docs", true),
            ("docs/adr", true),
            ("docs.md", true),
            ("doc", false),
            ("docs/ad", false),
            ("", true),
        ] {
            assert_eq!(tree.has(path), there, "{path:?}");
        }
    }

    #[test]
    fn resolves_from_the_folder_of_the_file() {
        let cases = [
            ("README.md", "docs/x.md", Some("docs/x.md")),
            ("docs/adr/1.md", "../x.md", Some("docs/x.md")),
            ("docs/adr/1.md", "./2.md", Some("docs/adr/2.md")),
            ("docs/adr/1.md", "/README.md", Some("README.md")),
            ("docs/x.md", "../../secret", None),
        ];
        for (from, relative, expected) in cases {
            assert_eq!(resolve(from, relative).as_deref(), expected, "{from} {relative}");
        }
    }

    #[test]
    fn a_copy_without_git_is_walked() {
        let walked = walked(crate::root()).unwrap();
        assert!(walked.iter().any(|path| path == "xtask/src/tidy/tree.rs"));
        assert!(!walked.iter().any(|path| path.starts_with(".git/")));
    }
}
