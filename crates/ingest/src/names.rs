//! Names of files: which are not looked at (spec 1.1), and how they are shown.

/// Names that begin or end so are of files under way, or no data at all.
const PREFIXES: [&str; 3] = [".", "_", "~$"];
const SUFFIXES: [&str; 4] = [".part", ".filepart", ".tmp", ".crdownload"];

/// Whether a file or folder of this name, without its path, is passed over. Case is no matter.
#[must_use]
pub fn is_passed_over(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

/// A name as it is shown and stored: a terminal would obey control characters.
#[must_use]
pub fn shown(name: &str) -> String {
    name.replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_1_1() {
        for name in
            [".hidden", "_x.csv", "~$x.xlsx", "a.PART", "b.filepart", "c.tmp", "d.crdownload", "__MACOSX"]
        {
            assert!(is_passed_over(name), "{name}");
        }
        for name in ["a.csv", "part", "x~$", "a_b.csv"] {
            assert!(!is_passed_over(name), "{name}");
        }
    }
}
