//! The documents that a newcomer looks for are there, their links lead somewhere, and what is made is up to date.

use super::Violation;
use super::tree::{Tree, resolve};
use crate::configuration::{PAGE, SOURCE};
use crate::documented;

/// Documents that have to be there, and what for.
const REQUIRED: [(&str, &str); 4] = [
    ("README.md", "what it is and how to run it"),
    ("ARCHITECTURE.md", "how the rooms fit together"),
    ("CHANGELOG.md", "what changed for its users"),
    ("docs/adr", "the decisions, one file each"),
];

/// The documents that a repository needs.
pub(super) fn required(tree: &Tree) -> Vec<Violation> {
    let missing = REQUIRED.iter().filter(|(path, _)| !tree.has(path));
    missing.map(|(path, what)| Violation::new(path, 1, "is missing", format!("write it: {what}"))).collect()
}

/// The page of the configuration says what the documented default says.
pub(super) fn configuration(tree: &Tree) -> Vec<Violation> {
    let Some(source) = tree.text(SOURCE) else { return Vec::new() };
    let made = documented::markdown(source);
    let written = tree.text(PAGE).unwrap_or_default();
    if made == written {
        return Vec::new();
    }
    let line = made.lines().zip(written.lines()).take_while(|(a, b)| a == b).count() + 1;
    vec![Violation::new(PAGE, line, format!("is not what {SOURCE} says"), "run `cargo xtask docs`")]
}

/// Relative links in Markdown files lead to a file or folder of the repository.
pub(super) fn links(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (path, text) in tree.with_extension("md") {
        for (line, target) in targets(text) {
            if !resolve(path, target).is_some_and(|target| tree.has(&target)) {
                let what = format!("links to {target}, which is not there");
                found.push(Violation::new(path, line, what, "correct the link, or add the file"));
            }
        }
    }
    found
}

/// The relative targets of a text's links, without their fragments, and the lines on which they stand. Code is
/// left out.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fence = None;
    for (index, line) in text.lines().enumerate() {
        let mark = line.trim_start().get(..3).filter(|mark| matches!(*mark, "```" | "~~~"));
        match (fence, mark) {
            (None, None) => {
                found.extend(targets_of_line(line).into_iter().map(|target| (index + 1, target)));
            }
            (None, Some(_)) => fence = mark,
            (Some(_), _) if fence == mark => fence = None,
            (Some(_), _) => (),
        }
    }
    found
}

/// The relative targets of the links of a line: `[text](target)` outside of code, and `[name]: target`.
fn targets_of_line(line: &str) -> Vec<&str> {
    let prose = line.split('`').step_by(2);
    let inline =
        prose.flat_map(|part| part.split("](").skip(1)).filter_map(|rest| rest.split([')', ' ']).next());
    let definition =
        line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target.trim());
    inline.chain(definition).filter_map(relative).collect()
}

/// A target without brackets and fragment, if it leads to another file of the repository.
fn relative(target: &str) -> Option<&str> {
    let target = target.trim_start_matches('<').trim_end_matches('>');
    let path = target.split('#').next().unwrap_or(target);
    let elsewhere = path.contains("://") || path.starts_with("mailto:");
    (!elsewhere && !path.is_empty()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_documents_are_found() {
        let tree = Tree::from([("README.md", ""), ("CHANGELOG.md", ""), ("docs/adr/0001-lake.md", "")]);
        let paths: Vec<String> = required(&tree).into_iter().map(|violation| violation.path).collect();
        assert_eq!(paths, ["ARCHITECTURE.md"]);
    }

    #[test]
    fn a_page_of_the_configuration_that_lags_behind_is_found() {
        let source = "# All.\n\n# Where.\n#: lake = \"lake\"\n";
        let page = documented::markdown(source);
        let find = |page: &str| configuration(&Tree::from([(SOURCE, source), (PAGE, page)])).len();
        assert_eq!((find(&page), find(&page.replace("Where", "There")), find("")), (0, 1, 1));
    }

    #[test]
    fn dead_links_are_found() {
        let text = "\
# [Fine](docs/adr) and [there](#here) and [far](https://example.com/x.md)
[dead](docs/gone.md#part) ![picture](gone.png \"title\")
```sh
[code](gone.md)
```
`[code](gone.md)` and [out](../secret) and [fine](docs/adr/1.md#part)
[name]: docs/gone.md
";
        let tree = Tree::from([("README.md", text), ("docs/adr/1.md", "[up](../../README.md)")]);
        let found: Vec<(usize, String)> =
            links(&tree).into_iter().map(|violation| (violation.line, violation.what)).collect();
        let targets = [(2, "docs/gone.md"), (2, "gone.png"), (6, "../secret"), (7, "docs/gone.md")];
        assert_eq!(
            found,
            targets.map(|(line, target)| (line, format!("links to {target}, which is not there")))
        );
    }
}
