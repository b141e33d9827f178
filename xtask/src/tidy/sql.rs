//! SQL files say which business rule they are about, and are part of the program.

use super::Violation;
use super::tree::{Tree, resolve};

/// Every SQL file begins with a comment.
pub(super) fn header_comments(tree: &Tree) -> Vec<Violation> {
    let without = tree.with_extension("sql").filter(|(_, text)| !text.starts_with("--"));
    without
        .map(|(path, _)| {
            Violation::new(
                path,
                1,
                "does not begin with a comment",
                "say in `-- …` what it makes and by which rule",
            )
        })
        .collect()
}

/// Every SQL file is included by a Rust file.
pub(super) fn named_in_source(tree: &Tree) -> Vec<Violation> {
    let inclusions: Vec<Inclusion> =
        tree.with_extension("rs").flat_map(|(path, text)| inclusions(path, text)).collect();
    let orphans = tree
        .with_extension("sql")
        .filter(|(path, _)| !inclusions.iter().any(|inclusion| inclusion.covers(path)));
    orphans
        .map(|(path, _)| {
            Violation::new(path, 1, "no Rust file includes it", "name it in an include_str!, or delete it")
        })
        .collect()
}

/// An `include_str!` of a Rust file.
struct Inclusion<'a> {
    /// The path, or its beginning.
    start: String,
    /// What follows, when a macro puts a name between: `concat!("start", $name, "end")`.
    end: Option<&'a str>,
    /// The text of the Rust file, in which such names stand.
    text: &'a str,
}

impl Inclusion<'_> {
    /// Whether the file at `path` is included.
    fn covers(&self, path: &str) -> bool {
        let Some(end) = self.end else { return self.start == path };
        let rest = path.strip_prefix(&self.start).and_then(|rest| rest.strip_prefix('/'));
        let name = rest.and_then(|rest| rest.strip_suffix(end));
        name.is_some_and(|name| self.text.contains(&format!("\"{name}\"")))
    }
}

/// What the Rust file at `path` includes as text.
fn inclusions<'a>(path: &str, text: &'a str) -> Vec<Inclusion<'a>> {
    let calls = text.split("include_str!(").skip(1);
    let read = |call: &'a str| {
        let call = call.trim_start();
        let named = call.strip_prefix("concat!(");
        let (start, rest) = named.unwrap_or(call).trim_start().strip_prefix('"')?.split_once('"')?;
        let end = match named {
            Some(_) => Some(rest.split_once('"')?.1.split_once('"')?.0),
            None => None,
        };
        Some(Inclusion { start: resolve(path, start)?, end, text })
    };
    calls.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_without_a_comment_is_found() {
        let tree = Tree::from([("a.sql", "-- Fine.\nSELECT 1"), ("b.sql", "SELECT 1 -- late")]);
        let paths: Vec<String> = header_comments(&tree).into_iter().map(|violation| violation.path).collect();
        assert_eq!(paths, ["b.sql"]);
    }

    #[test]
    fn a_query_that_nobody_includes_is_found() {
        let tree = Tree::from([
            ("crates/x/src/sql/used.sql", ""),
            ("crates/x/src/sql/wrapped.sql", ""),
            ("crates/x/src/sql/orphan.sql", ""),
            ("crates/y/src/sql/used.sql", ""),
            ("crates/x/src/sql/finding/named.sql", ""),
            ("crates/x/src/sql/finding/unnamed.sql", ""),
            (
                "crates/x/src/rules.rs",
                "rules!(\"named\"); // include_str!(concat!(\"sql/finding/\", $file, \".sql\"))",
            ),
            (
                "crates/x/src/plan/mod.rs",
                "const A: &str = include_str!(\"../sql/used.sql\");\nconst B: &str =\n    include_str!(\n        \"../sql/wrapped.sql\"\n    );",
            ),
        ]);
        let paths: Vec<String> = named_in_source(&tree).into_iter().map(|violation| violation.path).collect();
        assert_eq!(
            paths,
            [
                "crates/x/src/sql/finding/unnamed.sql",
                "crates/x/src/sql/orphan.sql",
                "crates/y/src/sql/used.sql"
            ]
        );
    }
}
