//! Folders that a measurement fills and leaves.

use std::io;
use std::path::{Path, PathBuf};

/// An empty folder.
pub(super) fn fresh(folder: PathBuf) -> io::Result<PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Puts a report into a folder, by a link where that can be.
pub(super) fn link(report: &Path, name: &Path) -> io::Result<()> {
    std::fs::hard_link(report, name).or_else(|_| std::fs::copy(report, name).map(|_| ()))
}

/// Copies what is in a folder into another.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let (path, name) = {
            let entry = entry?;
            (entry.path(), entry.file_name())
        };
        if path.is_dir() {
            let inner = to.join(name);
            std::fs::create_dir_all(&inner)?;
            copy(&path, &inner)?;
        } else {
            std::fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_all_that_is_below() {
        let folder = std::env::temp_dir().join(format!("leadq-bench-copy-{}", std::process::id()));
        let (from, to) = (fresh(folder.join("from")).unwrap(), fresh(folder.join("to")).unwrap());
        std::fs::create_dir_all(from.join("lake/runs")).unwrap();
        std::fs::write(from.join("lake/runs/1"), "one").unwrap();
        link(&from.join("lake/runs/1"), &from.join("linked")).unwrap();
        copy(&from, &to).unwrap();
        let copied = ["lake/runs/1", "linked"].map(|name| std::fs::read_to_string(to.join(name)).unwrap());
        let emptied = fresh(to).unwrap();
        assert_eq!(emptied.read_dir().unwrap().count(), 0);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(copied, ["one", "one"]);
    }
}
