//! No file names a place on somebody's machine.

use super::Violation;
use super::tree::Tree;

/// Where machines keep their people's files. Put together here, so that this file does not name them.
const PLACES: [&str; 5] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Use", "rs/"),
    concat!("/wo", "rk/"),
    concat!(r":\Use", r"rs\"),
];

/// Absolute paths into a home or a work folder, one a line at most.
pub(super) fn machine_paths(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (path, text) in tree.texts() {
        for (index, line) in text.lines().enumerate() {
            if let Some(place) = PLACES.iter().find(|place| names(line, place)) {
                let what = format!("names `{place}`, which is a place on somebody's machine");
                found.push(Violation::new(path, index + 1, what, "write a relative path, or a placeholder"));
            }
        }
    }
    found
}

/// Whether a line names a place at the beginning of a path, not in the middle of one or of an address.
fn names(line: &str, place: &str) -> bool {
    let in_path = |c: char| c.is_alphanumeric() || "_-.~/}>$*".contains(c);
    line.match_indices(place)
        .any(|(at, _)| place.starts_with(':') || !line[..at].chars().next_back().is_some_and(in_path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_machine_are_found() {
        let cases = [
            (format!("see {}ada/notes", PLACES[0]), true),
            (format!("\"{}main\"", PLACES[3]), true),
            (format!("cd={}x", PLACES[1]), true),
            (format!("C{}ada", PLACES[4]), true),
            (format!("https://example.com{}x", PLACES[0]), false),
            (format!("$HOME{}x and ~{}x", PLACES[3], PLACES[3]), false),
            ("homework/root".to_owned(), false),
        ];
        for (line, bad) in cases {
            let text = format!("first\n{line}\n");
            let found = machine_paths(&Tree::from([("a.md", text.as_str())]));
            assert_eq!(
                found.iter().map(|violation| violation.line).collect::<Vec<_>>(),
                vec![2; usize::from(bad)]
            );
        }
    }
}
