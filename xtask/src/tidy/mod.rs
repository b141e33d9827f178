//! Rules of the house that no compiler holds, each a small function of the tree or of the workspace.

mod docs;
mod layers;
mod paths;
mod source;
mod sql;
mod tree;
mod versions;

use std::fmt;
use std::path::Path;

use self::layers::Member;
use self::tree::Tree;

/// Whether something has to be put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The check fails.
    Failure,
    /// Worth a thought; the check passes.
    Note,
}

/// Something untidy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Whether it has to be put right.
    pub severity: Severity,
    /// The file, from the root of the repository.
    pub path: String,
    /// The line in it, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl Violation {
    fn new(path: &str, line: usize, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        let severity = Severity::Failure;
        Self { severity, path: path.to_owned(), line, what: what.into(), remedy: remedy.into() }
    }

    fn note(self) -> Self {
        Self { severity: Severity::Note, ..self }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.path, self.line, self.what, self.remedy)?;
        if self.severity == Severity::Note { f.write_str(" (note)") } else { Ok(()) }
    }
}

/// Everything untidy in the repository at `root`, what has to be put right first.
///
/// A repository that cannot be read, or whose workspace cargo does not understand, is untidy too.
#[must_use]
pub fn check(root: &Path) -> Vec<Violation> {
    let tree = match Tree::read(root) {
        Ok(tree) => tree,
        Err(error) => {
            return vec![Violation::new(".", 1, format!("cannot be read: {error}"), "look at the folder")];
        }
    };
    let mut found = match layers::members(root) {
        Ok(members) => of_workspace(&tree, &members),
        Err(error) => {
            let what = format!("cargo does not understand the workspace: {error}");
            vec![Violation::new("Cargo.toml", 1, what, "run `cargo metadata`")]
        }
    };
    found.extend(of_tree(&tree));
    found.sort();
    found
}

/// What the files alone show.
fn of_tree(tree: &Tree) -> Vec<Violation> {
    [
        source::module_docs(tree),
        source::file_lengths(tree),
        sql::header_comments(tree),
        sql::named_in_source(tree),
        paths::machine_paths(tree),
        docs::required(tree),
        docs::links(tree),
        docs::configuration(tree),
        versions::pinned(tree),
        versions::locked_once(tree),
    ]
    .concat()
}

/// What the manifests show.
fn of_workspace(tree: &Tree, members: &[Member]) -> Vec<Violation> {
    [layers::known(members), layers::between_members(tree, members), layers::to_third_parties(tree, members)]
        .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_where_what_and_what_to_do() {
        let violation = Violation::new("a/b.rs", 3, "it is blue", "paint it red");
        assert_eq!(violation.to_string(), "a/b.rs:3: it is blue; paint it red");
        assert_eq!(violation.note().to_string(), "a/b.rs:3: it is blue; paint it red (note)");
    }

    #[test]
    fn a_folder_that_is_no_workspace_is_untidy() {
        let found = check(Path::new("/leadq-no-such-folder"));
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
