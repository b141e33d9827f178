//! Names that a server gives: which can be taken as they are.

/// Bytes of a name without its path that file systems allow.
const LONGEST_NAME: usize = 255;
/// Bytes of a path.
const LONGEST_PATH: usize = 4096;

/// Why a name in a listing, without its path, is not taken.
pub(crate) fn refused(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("its name is empty")
    } else if name.contains(['/', '\\']) || name == ".." || name == "." {
        Some("its name leaves the folder")
    } else if name.chars().any(char::is_control) {
        Some("there is a control character in its name")
    } else if name.contains(char::REPLACEMENT_CHARACTER) {
        Some("its name is not UTF-8")
    } else if name.len() > LONGEST_NAME {
        Some("its name is too long")
    } else {
        None
    }
}

/// Why a path below the root is not taken.
pub(crate) fn refused_path(path: &str) -> Option<&'static str> {
    if path.len() > LONGEST_PATH {
        return Some("its path is too long");
    }
    path.split('/').find_map(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_refused() {
        let long = "x".repeat(256);
        for name in ["", ".", "..", "a/b", "/a", "a\\b", "a\0", "a\nb", "\u{1b}[2J", "a\u{fffd}", &long] {
            assert!(refused(name).is_some(), "{name:?}");
        }
        for name in ["a.csv", "..a", "a..", "ä ö.csv", "-rf", "a:b", "~"] {
            assert!(refused(name).is_none(), "{name:?}");
        }
        for path in ["/a", "a/", "a//b", "../a", "a/../b", ""] {
            assert!(refused_path(path).is_some(), "{path:?}");
        }
        assert!(refused_path("a/b/c.csv").is_none());
    }
}
