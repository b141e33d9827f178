//! Rust files say what they are for, and are short.

use super::Violation;
use super::tree::Tree;

/// From this many lines on a file is worth a thought, and from the second on it has to be split.
const LONG: usize = 400;
const TOO_LONG: usize = 500;

/// Every Rust file begins with its module doc.
pub(super) fn module_docs(tree: &Tree) -> Vec<Violation> {
    let without = tree.with_extension("rs").filter(|(_, text)| !text.starts_with("//!"));
    without
        .map(|(path, _)| {
            Violation::new(path, 1, "does not begin with a module doc", "say in `//!` what the file is for")
        })
        .collect()
}

/// No file has too many lines, tests apart.
pub(super) fn file_lengths(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (path, text) in tree.with_extension("rs").filter(|(path, _)| !is_test(path)) {
        let lines = lines_before_tests(text);
        if lines > LONG {
            let what = format!("has {lines} lines without its tests");
            let violation = Violation::new(path, lines, what, format!("split it; {TOO_LONG} is the limit"));
            found.push(if lines > TOO_LONG { violation } else { violation.note() });
        }
    }
    found
}

/// Whether a whole file is test code.
fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.split('/').any(|part| matches!(part, "tests" | "benches"))
}

/// How many lines stand before the module of tests: `#[cfg(test)]`, perhaps other attributes, `mod … {`.
fn lines_before_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let opens_tests = |index: usize| {
        let rest = lines.get(index + 1..).unwrap_or_default();
        let item = rest.iter().find(|line| !line.trim_start().starts_with("#["));
        item.is_some_and(|line| line.starts_with("mod ") && line.ends_with('{'))
    };
    let tests = (0..lines.len()).find(|index| lines[*index] == "#[cfg(test)]" && opens_tests(*index));
    tests.unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::Severity;

    #[test]
    fn a_file_without_a_module_doc_is_found() {
        let tree = Tree::from([("a.rs", "//! Fine.\n"), ("b.rs", "use a;\n"), ("c.rs", "\n//! Late.\n")]);
        let paths: Vec<String> = module_docs(&tree).into_iter().map(|violation| violation.path).collect();
        assert_eq!(paths, ["b.rs", "c.rs"]);
    }

    #[test]
    fn long_files_are_noted_and_too_long_ones_fail() {
        let (fine, long, too_long) = ("\n".repeat(400), "\n".repeat(401), "\n".repeat(501));
        let tested = format!("{fine}#[cfg(test)]\nmod tests {{\n{too_long}}}\n");
        let tree = Tree::from([
            ("fine.rs", fine.as_str()),
            ("long.rs", &long),
            ("tested.rs", &tested),
            ("tests/it.rs", &too_long),
            ("too_long.rs", &too_long),
        ]);
        let found: Vec<_> = file_lengths(&tree).into_iter().map(|v| (v.path, v.severity)).collect();
        let expected = [("long.rs", Severity::Note), ("too_long.rs", Severity::Failure)];
        assert_eq!(found, expected.map(|(path, severity)| (path.to_owned(), severity)));
    }

    #[test]
    fn only_a_module_of_tests_ends_the_count() {
        assert_eq!(lines_before_tests("//! Doc.\n#[cfg(test)]\nmod tests;\nuse a;\n"), 4);
        assert_eq!(lines_before_tests("//! Doc.\n#[cfg(test)]\n#[expect(dead_code)]\nmod tests {\n}\n"), 1);
    }
}
