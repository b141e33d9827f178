//! Folders and files in object storage.
//!
//! An object appears whole or not at all, so there is nothing to wait for: [`ObjectDrop`] is not remote in the sense
//! of [`DropFolder::is_remote`].

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use leadq_ingest::names::shown;
use leadq_pipeline::ports::{ByteStream, DropFolder, Fault, Listed, Listing, PassedOver, PortError};
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutPayload};

use crate::cloud::{self, CloudOptions};
use crate::place::{self, Wanted};

/// Longest that a store may say nothing.
const SILENCE: Duration = Duration::from_secs(60);

/// A folder, an object, or what a pattern takes, in a bucket.
pub struct ObjectDrop {
    location: String,
    store: Arc<dyn ObjectStore>,
    /// What names begin below, or the one object.
    root: Path,
    wanted: Wanted,
    /// Whether the root may be an object: it is written without a slash at its end.
    may_be_object: bool,
}

impl ObjectDrop {
    /// A drop at a URL. Nothing is sent yet.
    ///
    /// # Errors
    /// If the URL or its pattern cannot be understood, or a setting of the cloud is wrong.
    pub fn open(location: &str, options: &CloudOptions) -> Result<Self, PortError> {
        let slash = location.find("://").map_or(0, |scheme| scheme + 3);
        let start = location[slash..].find('/').map_or(location.len(), |end| slash + end + 1);
        let (path, pattern) = place::split(&location[start..]);
        let wanted = Wanted::parse(pattern, location)?;
        let (store, root) = cloud::open_store_with(&format!("{}{path}", &location[..start]), options)?;
        let may_be_object = pattern.is_none() && !location.ends_with('/') && !root.as_ref().is_empty();
        Ok(Self { location: shown(location), store, root, wanted, may_be_object })
    }

    fn failed(&self, operation: &'static str, subject: &str, error: &Error) -> PortError {
        cloud::failed(operation, subject, &self.location, error)
    }

    /// The object of a name.
    fn path(&self, operation: &'static str, name: &str) -> Result<Path, PortError> {
        let leaves = || place::leaves(operation, name);
        if !place::stays_below(name) {
            return Err(leaves());
        }
        let root = self.root.as_ref();
        let whole = if root.is_empty() { name.to_owned() } else { format!("{root}/{name}") };
        Path::parse(whole).map_err(|_| leaves())
    }

    /// The object that the location names, if it is one.
    async fn one(&self) -> Result<Option<ObjectMeta>, PortError> {
        if !self.may_be_object {
            return Ok(None);
        }
        match within("list", &self.location, self.store.head(&self.root)).await? {
            Ok(meta) => Ok(Some(meta)),
            // Who may list only gets no answer about objects; the listing tells what there is.
            Err(Error::NotFound { .. } | Error::PermissionDenied { .. } | Error::Unauthenticated { .. }) => {
                Ok(None)
            }
            Err(error) => Err(self.failed("list", &self.location, &error)),
        }
    }

    /// The folder that names are below, and the name of the one object if the location is one.
    async fn place_of(&self, operation: &'static str, name: &str) -> Result<Path, PortError> {
        let below = self.path(operation, name)?;
        let is_own = self.may_be_object && self.root.filename() == Some(name);
        if is_own && self.one().await?.is_some() { Ok(self.root.clone()) } else { Ok(below) }
    }

    async fn move_to(&self, from: &Path, name: &str, folder: &str) -> Result<(), PortError> {
        let failed = |error: &Error| self.failed("move", name, error);
        let head = within("move", name, self.store.head(from)).await?;
        let is_empty = head.map_err(|error| failed(&error))?.size == 0;
        for target in place::targets(name, folder) {
            let target = if self.root == *from {
                let parent = from.as_ref().rsplit_once('/').map_or("", |(parent, _)| parent);
                Path::parse(format!("{parent}/{target}")).map_err(|_| place::leaves("move", &target))?
            } else {
                self.path("move", &target)?
            };
            let copied = if is_empty {
                // Copied in parts, as S3 does it where nothing may be overwritten, an empty object has no part.
                let put = self.store.put_opts(&target, PutPayload::default(), PutMode::Create.into());
                within("move", name, put).await?.map(drop)
            } else {
                within("move", name, self.store.copy_if_not_exists(from, &target)).await?
            };
            match copied {
                Ok(()) => {}
                Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => continue,
                // A store that has no such thing: look first.
                Err(Error::NotSupported { .. } | Error::NotImplemented { .. }) => {
                    match within("move", name, self.store.head(&target)).await? {
                        Ok(_) => continue,
                        Err(Error::NotFound { .. }) => {}
                        Err(error) => return Err(failed(&error)),
                    }
                    within("move", name, self.store.copy(from, &target))
                        .await?
                        .map_err(|error| failed(&error))?;
                }
                Err(error) => return Err(failed(&error)),
            }
            return within("move", name, self.store.delete(from)).await?.map_err(|error| failed(&error));
        }
        Err(PortError::permanent("move", shown(name), "too many objects of its name are there already"))
    }
}

/// Waits for an answer, but not for ever.
async fn within<T>(
    operation: &'static str,
    subject: &str,
    answer: impl Future<Output = T>,
) -> Result<T, PortError> {
    tokio::time::timeout(SILENCE, answer).await.map_err(|_| {
        let reason = format!("the store said nothing for {} s", SILENCE.as_secs());
        PortError::permanent(operation, shown(subject), reason).fault(Fault::Transient)
    })
}

fn listed(name: &str, meta: &ObjectMeta) -> Listed {
    let seconds = meta.last_modified.timestamp();
    let clamped = if seconds < 0 { i64::MIN } else { i64::MAX };
    Listed {
        name: name.to_owned(),
        bytes: Some(meta.size),
        modified: Some(meta.last_modified.timestamp_nanos_opt().unwrap_or(clamped)),
        version: meta.e_tag.clone().or_else(|| meta.version.clone()),
    }
}

/// Whether an object stands for a folder: consoles make such ones, without bytes.
fn is_folder(file: &Listed, parents: &HashSet<String>) -> bool {
    let last = file.name.rsplit('/').next().unwrap_or_default();
    file.bytes == Some(0) && (parents.contains(&file.name) || !last.contains('.'))
}

/// The folders that names are in, at every depth.
fn parents(files: &[Listed]) -> HashSet<String> {
    let of =
        |name: &str| name.match_indices('/').map(|(slash, _)| name[..slash].to_owned()).collect::<Vec<_>>();
    files.iter().flat_map(|file| of(&file.name)).collect()
}

#[async_trait::async_trait]
impl DropFolder for ObjectDrop {
    fn location(&self) -> &str {
        &self.location
    }

    fn is_remote(&self) -> bool {
        false
    }

    async fn list(&self) -> Result<Listing, PortError> {
        if let Some(meta) = self.one().await? {
            let name = self.root.filename().unwrap_or_default();
            return Ok(Listing { files: vec![listed(name, &meta)], passed_over: Vec::new() });
        }
        let mut listing = Listing::default();
        let prefix = (!self.root.as_ref().is_empty()).then_some(&self.root);
        let mut objects = self.store.list(prefix);
        while let Some(meta) = within("list", &self.location, objects.next()).await? {
            let meta = meta.map_err(|error| self.failed("list", &self.location, &error))?;
            let key = meta.location.as_ref();
            let name = key.strip_prefix(self.root.as_ref()).unwrap_or(key).trim_start_matches('/');
            if name.is_empty() || place::has_passed_over_part(name) || !self.wanted.takes(name) {
                continue;
            }
            if name.contains(char::is_control) {
                let reason = "its name has control characters".to_owned();
                listing.passed_over.push(PassedOver { name: shown(name), reason });
            } else {
                listing.files.push(listed(name, &meta));
            }
        }
        let parents = parents(&listing.files);
        listing.files.retain(|file| !is_folder(file, &parents));
        Ok(listing)
    }

    async fn look(&self, name: &str) -> Result<Option<Listed>, PortError> {
        let path = self.place_of("look at", name).await?;
        match within("look at", name, self.store.head(&path)).await? {
            Ok(meta) => Ok(Some(listed(name, &meta))),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed("look at", name, &error)),
        }
    }

    async fn read(&self, name: &str) -> Result<ByteStream, PortError> {
        let path = self.place_of("read", name).await?;
        let got = within("read", name, self.store.get(&path)).await?;
        let bytes = got.map_err(|error| self.failed("read", name, &error))?.into_stream();
        let (name, location): (Arc<str>, Arc<str>) = (name.into(), self.location.as_str().into());
        let chunks = stream::try_unfold(bytes, move |mut bytes| {
            let (name, location) = (Arc::clone(&name), Arc::clone(&location));
            async move {
                let next = within("read", &name, bytes.try_next()).await?;
                let next = next.map_err(|error| cloud::failed("read", &name, &location, &error))?;
                Ok(next.map(|chunk| (chunk, bytes)))
            }
        });
        Ok(chunks.boxed())
    }

    async fn delete(&self, name: &str) -> Result<(), PortError> {
        let path = self.place_of("delete", name).await?;
        let deleted = within("delete", name, self.store.delete(&path)).await?;
        deleted.map_err(|error| self.failed("delete", name, &error))
    }

    async fn move_into(&self, name: &str, folder: &str) -> Result<(), PortError> {
        let path = self.place_of("move", name).await?;
        self.move_to(&path, name, folder).await
    }
}
