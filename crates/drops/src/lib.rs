//! Edge: drops on local disk and in object storage, behind the port
//! [`DropFolder`](leadq_pipeline::ports::DropFolder).
//!
//! A location is a path or a URL (`s3://`, `gs://`, `az://`, `abfss://`): a folder, one file, or a pattern as
//! `s3://bucket/drops/acme/**/*.csv`. In a pattern `*` stays within a folder and `**` goes through folders; names are
//! told from the last part before the first `*`, `?`, `[` or `{`.

mod cloud;
mod local;
mod object;
mod place;

use leadq_pipeline::ports::{DropFolder, PortError};

pub use cloud::{CloudOptions, is_cloud, open_store, open_store_with};
pub use local::LocalDrop;
pub use object::ObjectDrop;

/// Opens a drop on local disk or in object storage, with credentials from the environment. Nothing is read yet.
///
/// # Errors
/// If the location is none of these, its pattern cannot be understood, or a setting of the cloud is wrong.
pub fn open(location: &str) -> Result<Box<dyn DropFolder>, PortError> {
    if is_cloud(location) { open_with(location, &CloudOptions::from_environment()) } else { local(location) }
}

/// The same, with the settings of the cloud given.
///
/// # Errors
/// As for [`open`].
pub fn open_with(location: &str, options: &CloudOptions) -> Result<Box<dyn DropFolder>, PortError> {
    if is_cloud(location) { Ok(Box::new(ObjectDrop::open(location, options)?)) } else { local(location) }
}

fn local(location: &str) -> Result<Box<dyn DropFolder>, PortError> {
    let location = match location.split_once("://") {
        Some(("file", path)) => path,
        Some((scheme, _)) => {
            return Err(PortError::permanent("open", location, format!("{scheme}:// is no place for drops"))
                .hint("give a folder, or a URL that begins with s3://, gs://, az://, abfss:// or sftp://"));
        }
        None => location,
    };
    Ok(Box::new(LocalDrop::open(location)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_location_has_its_drop() {
        let options = CloudOptions::default();
        for location in ["drops/acme", "file:///drops", "s3://bucket/a", "gs://bucket", "drops/*.csv"] {
            assert!(open_with(location, &options).is_ok(), "{location}");
        }
        let errors = [
            ("ftp://host/drops", "ftp:// is no place for drops"),
            ("s3://", "names no bucket"),
            ("s3://bucket/a/[", "pattern"),
            ("drops/[", "pattern"),
            ("s3://bucket/a/../b", "leaves"),
        ];
        for (location, expected) in errors {
            let error = open_with(location, &options).err().unwrap();
            assert!(error.to_string().contains(expected), "{location}: {error}");
            assert!(error.hint.is_some(), "{location}");
        }
    }
}
