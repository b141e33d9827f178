//! What a location says: where its root is, and which of the files below are meant.

use globset::{GlobBuilder, GlobMatcher};
use leadq_ingest::names::is_passed_over;
use leadq_pipeline::ports::PortError;

/// Characters that make a pattern of a text.
const PATTERN: [char; 4] = ['*', '?', '[', '{'];

/// The root of a path, and the pattern behind it if there is one. The root of `a/b/*.csv` is `a/b`, that of `/*.csv`
/// is `/`.
pub(crate) fn split(path: &str) -> (&str, Option<&str>) {
    let Some(special) = path.find(PATTERN) else { return (path, None) };
    match path[..special].rfind('/') {
        None => ("", Some(path)),
        Some(0) => ("/", Some(&path[1..])),
        Some(slash) => (&path[..slash], Some(&path[slash + 1..])),
    }
}

/// Which names are meant, below a root.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    /// All of them.
    All,
    /// Those of a pattern.
    Matching(GlobMatcher),
}

impl Wanted {
    /// Reads a pattern; `location` is what the error names.
    pub(crate) fn parse(pattern: Option<&str>, location: &str) -> Result<Self, PortError> {
        let Some(pattern) = pattern else { return Ok(Self::All) };
        let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| {
            let reason = format!("its pattern cannot be understood: {}", error.kind());
            PortError::permanent("open", location, reason)
                .hint("write it as drops/**/*.csv; a [ or { that stands for itself goes into brackets: [[]")
        })?;
        Ok(Self::Matching(glob.compile_matcher()))
    }

    /// Whether a name is meant.
    pub(crate) fn takes(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Matching(glob) => glob.is_match(name),
        }
    }
}

/// Whether any part of a name is one that is not looked at.
pub(crate) fn has_passed_over_part(name: &str) -> bool {
    name.split('/').any(is_passed_over)
}

/// Whether a name stays below its root.
pub(crate) fn stays_below(name: &str) -> bool {
    name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// A name that does not stay below its root, as an error of what was being done.
pub(crate) fn leaves(operation: &'static str, name: &str) -> PortError {
    PortError::permanent(operation, leadq_ingest::names::shown(name), "its name leaves the folder")
        .hint("give it a name without . and .. as parts")
}

/// Where a file is moved to: first under its own name, then with a number.
pub(crate) fn targets(name: &str, folder: &str) -> impl Iterator<Item = String> {
    const TRIES: u32 = 10_000;
    let folder = folder.trim_matches('/').to_owned();
    let start = name.rfind('/').map_or(0, |slash| slash + 1);
    let dot = name[start..].rfind('.').filter(|dot| *dot > 0).map_or(name.len(), |dot| start + dot);
    let (stem, extension) = (name[..dot].to_owned(), name[dot..].to_owned());
    (1..TRIES).map(move |number| match number {
        1 => format!("{folder}/{stem}{extension}"),
        number => format!("{folder}/{stem}-{number}{extension}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_end_before_the_first_special_part() {
        let cases = [
            ("a/b", "a/b", None),
            ("a/b/*.csv", "a/b", Some("*.csv")),
            ("a/x-{1,2}/b.csv", "a", Some("x-{1,2}/b.csv")),
            ("/*", "/", Some("*")),
            ("**/*.csv", "", Some("**/*.csv")),
        ];
        for (path, root, pattern) in cases {
            assert_eq!(split(path), (root, pattern), "{path}");
        }
    }

    #[test]
    fn a_star_stays_within_a_folder() {
        let takes = |pattern: &str, name: &str| Wanted::parse(Some(pattern), "").unwrap().takes(name);
        assert!(takes("*.csv", "a.csv") && !takes("*.csv", "b/a.csv") && !takes("*.csv", "a.txt"));
        assert!(takes("**/*.csv", "a.csv") && takes("**/*.csv", "b/c/a.csv"));
    }

    #[test]
    fn names_get_a_number_before_the_extension() {
        let first = |name: &str| targets(name, "/done/").take(2).collect::<Vec<_>>();
        assert_eq!(first("a.csv"), ["done/a.csv", "done/a-2.csv"]);
        assert_eq!(first("x.y/a"), ["done/x.y/a", "done/x.y/a-2"]);
        assert_eq!(first("x/.a"), ["done/x/.a", "done/x/.a-2"]);
    }

    #[test]
    fn names_that_leave_the_root() {
        assert!(stays_below("a/b.csv") && stays_below("..a"));
        for name in ["../a", "a/../b", "/a", "a//b", ".", ""] {
            assert!(!stays_below(name), "{name}");
        }
    }
}
