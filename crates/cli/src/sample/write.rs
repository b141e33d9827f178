//! Puts the sample's files into a folder, without overwriting anybody's data unasked.

use std::fs;
use std::path::Path;

use super::{SampleError, SampleFiles};

/// What writing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// Files written, also over others.
    pub(crate) written: usize,
    /// Files that already were there with the same content.
    pub(crate) unchanged: usize,
}

/// Writes the files below `out`. A file that is there with other content is an error, and nothing is written,
/// unless `overwrite`.
pub(crate) fn write(files: &SampleFiles, out: &Path, overwrite: bool) -> Result<Written, SampleError> {
    let mut due = Vec::new();
    for (path, bytes) in files.iter() {
        let path = out.join(path);
        match fs::read(&path) {
            Ok(there) if there == bytes => (),
            Ok(_) if !overwrite => return Err(SampleError::Exists { path }),
            Ok(_) => due.push((path, bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => due.push((path, bytes)),
            Err(source) => return Err(SampleError::Io { operation: "read", path, source }),
        }
    }
    for (path, bytes) in &due {
        let folder = path.parent().unwrap_or(out);
        fs::create_dir_all(folder).map_err(|source| SampleError::Io {
            operation: "create",
            path: folder.to_owned(),
            source,
        })?;
        fs::write(path, bytes).map_err(|source| SampleError::Io {
            operation: "write",
            path: path.clone(),
            source,
        })?;
    }
    Ok(Written { written: due.len(), unchanged: files.iter().count() - due.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> SampleFiles {
        SampleFiles::from([("leads/a".to_owned(), b"same".to_vec()), ("b".to_owned(), text.into())])
    }

    #[test]
    fn other_content_is_not_overwritten_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("source");
        assert_eq!(write(&files("one"), &out, false).unwrap(), Written { written: 2, unchanged: 0 });
        assert_eq!(write(&files("one"), &out, false).unwrap(), Written { written: 0, unchanged: 2 });
        let error = write(&files("two"), &out, false).unwrap_err();
        assert!(matches!(error, SampleError::Exists { path } if path.ends_with("b")));
        assert_eq!(fs::read(out.join("b")).unwrap(), b"one");
        assert_eq!(write(&files("two"), &out, true).unwrap(), Written { written: 1, unchanged: 1 });
        assert_eq!(fs::read(out.join("b")).unwrap(), b"two");
    }
}
