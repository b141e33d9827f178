//! State files: what a run leaves for the next to go on from. Only those that a run record names are of use.

use leadq_pipeline::ports::PortError;
use object_store::{ObjectStore as _, PutMode, PutOptions};
use uuid::Uuid;

use crate::failure;
use crate::location::Location;

/// Writes a state file under a name of its own.
pub(crate) async fn write(location: &Location, kind: &str, bytes: Vec<u8>) -> Result<String, PortError> {
    let name = format!("{kind}-{}", Uuid::new_v4());
    let path = location.state().join(name.as_str());
    let create = PutOptions::from(PutMode::Create);
    match location.store().put_opts(&path, bytes.into(), create).await {
        Ok(_) => Ok(name),
        Err(error) => Err(failure::of("write", location.told(&path), &error)),
    }
}

/// Reads one.
pub(crate) async fn read(location: &Location, name: &str) -> Result<Vec<u8>, PortError> {
    let path = location.state().join(name);
    location.read(&path).await?.ok_or_else(|| {
        PortError::permanent("read", location.told(&path), "it is gone")
            .hint("rebuild the tables from the archive with `leadq replay`")
    })
}

/// Deletes all but these.
pub(crate) async fn keep_only(location: &Location, named: &[String]) -> Result<(), PortError> {
    let mut files = location.list(&location.state()).await?;
    files.retain(|path| path.filename().is_none_or(|name| !named.iter().any(|kept| kept == name)));
    location.delete(files).await
}
