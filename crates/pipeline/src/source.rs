//! Local folders and files that leads and reports come from.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use leadq_ingest::names::{is_passed_over, shown};
use leadq_ingest::timeline::natural;

/// A file to take in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Path below the root that was given, with `/` between its parts.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Size in bytes.
    pub bytes: u64,
    /// Modification time, in nanoseconds since the epoch.
    pub modified: i128,
}

/// A folder or file cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It is not there, or not readable.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// What.
        path: String,
        /// Why.
        reason: String,
    },
    /// There are no leads in it.
    #[error("no Parquet file in {path}")]
    NoLeads {
        /// Where they were looked for.
        path: String,
    },
}

/// The leads files below each location, in natural order of their names.
///
/// # Errors
/// If a location cannot be read or holds no Parquet file.
pub fn leads(locations: &[PathBuf]) -> Result<Vec<SourceFile>, SourceError> {
    let is_parquet =
        |file: &SourceFile| file.path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet"));
    let mut all = Vec::new();
    for location in locations {
        let mut found = list(location)?;
        if !location.is_file() {
            found.retain(is_parquet);
        }
        if found.is_empty() {
            return Err(SourceError::NoLeads { path: location.display().to_string() });
        }
        all.extend(found);
    }
    Ok(in_order(all))
}

/// The report files below each location, in natural order of their names.
///
/// # Errors
/// If a location cannot be read.
pub fn reports(locations: &[PathBuf]) -> Result<Vec<SourceFile>, SourceError> {
    let mut all = Vec::new();
    for location in locations {
        all.extend(list(location)?);
    }
    Ok(in_order(all))
}

/// In natural order, each path once.
fn in_order(mut files: Vec<SourceFile>) -> Vec<SourceFile> {
    files.sort_by(|a, b| natural(&a.name, &b.name).then_with(|| a.path.cmp(&b.path)));
    files.dedup_by(|a, b| a.path == b.path);
    files
}

/// Files of a folder and its subfolders, or the one file. Links within a folder are not followed.
fn list(location: &Path) -> Result<Vec<SourceFile>, SourceError> {
    let failed = |path: &Path, error: &io::Error| SourceError::Unreadable {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    let meta = fs::metadata(location).map_err(|e| failed(location, &e))?;
    if meta.is_file() {
        let name = location.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        return Ok(vec![source_file(name, location.to_owned(), &meta)]);
    }
    let mut files = Vec::new();
    let mut folders = vec![(location.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|e| failed(&folder, &e))? {
            let entry = entry.map_err(|e| failed(&folder, &e))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_passed_over(&name) {
                continue;
            }
            let path = entry.path();
            let meta = entry.metadata().map_err(|e| failed(&path, &e))?;
            if meta.is_dir() {
                folders.push((path, format!("{prefix}{name}/")));
            } else if meta.is_file() {
                files.push(source_file(format!("{prefix}{name}"), path, &meta));
            } else {
                let file = shown(&format!("{prefix}{name}"));
                tracing::warn!(source.file = file, "passed over: a link, or no ordinary file");
            }
        }
    }
    Ok(files)
}

fn source_file(name: String, path: PathBuf, meta: &fs::Metadata) -> SourceFile {
    let modified = meta.modified().map_or(0, |time| match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i128::try_from(after.as_nanos()).unwrap_or(i128::MAX),
        Err(before) => -i128::try_from(before.duration().as_nanos()).unwrap_or(i128::MAX),
    });
    SourceFile { name: shown(&name), path, bytes: meta.len(), modified }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_1_1_in_natural_order() {
        let root = tempfile::tempdir().unwrap();
        let names = [
            "data_10.csv",
            "data_2.csv",
            ".hidden",
            "_x.csv",
            "~$x.xlsx",
            "a.PART",
            "b.tmp",
            "sub/data_3.csv",
        ];
        for name in names {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.path().join("data_2.csv"), root.path().join("link.csv")).unwrap();
        let found = reports(&[root.path().to_owned(), root.path().join("data_2.csv")]).unwrap();
        let names: Vec<_> = found.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["data_2.csv", "data_10.csv", "sub/data_3.csv"]);
    }

    #[test]
    fn a_missing_folder_and_a_folder_without_leads_are_named() {
        let root = tempfile::tempdir().unwrap();
        let missing = root.path().join("nowhere");
        assert!(reports(std::slice::from_ref(&missing)).unwrap_err().to_string().contains("nowhere"));
        assert!(leads(&[root.path().to_owned()]).unwrap_err().to_string().starts_with("no Parquet file in"));
    }
}
