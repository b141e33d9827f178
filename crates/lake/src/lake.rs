//! [`DeltaLake`]: reading committed runs, and the door to writing.

use std::ffi::OsStr;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use leadq_contract::Table;
use leadq_contract::run::{FailedRun, RunRecord};
use leadq_pipeline::ports::{Lake, LakeWriter, PortError, TableFiles};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};
use url::Url;

use crate::crash::{Crash, CrashHook};
use crate::durable::{self, TEMPORARY};
use crate::hold::{self, Hold};
use crate::lease::{LEASE_FILE, LeaseTimes};
use crate::location::Location;
use crate::lock::LOCK_FILE;
use crate::writer::DeltaWriter;
use crate::{delta, failed, failure, identity, runs, state};

/// Tables that are looked at at a time before a run.
const RESTORES: usize = 4;

/// A lake in a folder of this machine, or under a prefix of an object store.
#[derive(Clone)]
pub struct DeltaLake {
    pub(crate) location: Location,
    pub(crate) crash: Crash,
    times: LeaseTimes,
}

impl DeltaLake {
    /// A lake at a location, which need not exist: the first writer makes it. A folder, or `s3://bucket/path`,
    /// `gs://bucket/path`, `az://container/path` with credentials from the environment.
    ///
    /// # Errors
    /// If the location is none that a lake can be at.
    pub fn open(location: &str) -> Result<Self, PortError> {
        Ok(Self::at(Location::new(location)?))
    }

    /// A lake in a store that is handed over from its root on, at the path that `url` names. The store must decide
    /// conditional puts.
    ///
    /// # Errors
    /// If the URL has no path that a store can have.
    pub fn within(store: Arc<dyn ObjectStore>, url: Url) -> Result<Self, PortError> {
        Ok(Self::at(Location::given(url, store)?))
    }

    fn at(location: Location) -> Self {
        Self { location, crash: Crash::default(), times: LeaseTimes::default() }
    }

    /// The same lake, whose writers call `hook` at every [`CrashPoint`](crate::CrashPoint); for tests.
    #[must_use]
    pub fn with_crash_hook(mut self, hook: CrashHook) -> Self {
        self.crash = Crash(Some(hook));
        self
    }

    /// The same lake with other times of its lease, where it has one; all its writers must use the same.
    #[must_use]
    pub const fn with_lease_times(mut self, times: LeaseTimes) -> Self {
        self.times = times;
        self
    }

    /// Where it is, as a person knows it: the absolute folder, or the URL.
    #[must_use]
    pub fn location(&self) -> String {
        self.location.text()
    }

    /// The folder that it is in, if it is on this machine.
    #[must_use]
    pub fn local_folder(&self) -> Option<&std::path::Path> {
        self.location.local()
    }

    /// The stores that hold the files of its tables, by the URL of their root, which
    /// [`TableFiles::store`] names. None for the local disk, which every engine knows.
    #[must_use]
    pub fn stores(&self) -> Vec<(String, Arc<dyn ObjectStore>)> {
        match self.location.local() {
            Some(_) => Vec::new(),
            None => vec![(self.location.base().to_owned(), Arc::clone(self.location.store()))],
        }
    }

    /// Who writes to it at this moment, in words; none if nobody does. For people: by the time it is told,
    /// it may have changed.
    ///
    /// # Errors
    /// If the lock cannot be read.
    pub async fn writing_now(&self) -> Result<Option<String>, PortError> {
        hold::holder(&self.location).await
    }

    /// Every file that it has, those of an archive in it aside: paths below its root, in order.
    ///
    /// # Errors
    /// If it cannot be listed.
    pub async fn every_file(&self) -> Result<Vec<String>, PortError> {
        self.location.every_file(&["archive"]).await
    }

    /// The bytes of one of [`Self::every_file`]; none if it is gone.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn file(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.location
            .read(&Path::from_iter(self.location.root().parts().chain(Path::from(name).parts())))
            .await
    }

    /// Whether the lake was made with this secret; a lake that has not been made takes any.
    ///
    /// # Errors
    /// [`Fault::Incompatible`](leadq_pipeline::ports::Fault::Incompatible) if it was made with another.
    pub async fn accepts(&self, secret_check: &str) -> Result<(), PortError> {
        identity::accepts(&self.location, secret_check).await
    }

    fn make_folder(&self) -> Result<(), PortError> {
        let Some(folder) = self.location.local() else { return Ok(()) };
        durable::make_folder(folder)
            .map_err(|error| failure::of("make lake", folder.display().to_string(), &error))
    }

    /// The folder may be missing, empty, or a lake; anything else is somebody's data.
    async fn check_folder(&self) -> Result<(), PortError> {
        let foreign = match self.location.local() {
            Some(folder) => holds_other_files(folder)
                .map_err(|error| failure::of("write to lake", self.location.text(), &error))?,
            None => {
                let listed = self.location.store().list_with_delimiter(Some(self.location.root())).await;
                let listed =
                    listed.map_err(|error| failure::of("write to lake", self.location.text(), &error))?;
                // Some tools mark a folder by an object of its name.
                let ours = |object: &ObjectMeta| {
                    object.location.filename() == Some(LEASE_FILE) || object.location == *self.location.root()
                };
                !listed.common_prefixes.is_empty() || !listed.objects.iter().all(ours)
            }
        };
        if foreign {
            let reason = "the folder is not empty and holds no lake";
            return Err(PortError::permanent("write to lake", self.location.text(), reason)
                .hint("give an empty folder or one to be made"));
        }
        Ok(())
    }

    async fn restore(&self) -> Result<(), PortError> {
        let Some(last) = self.last_run().await? else { return Ok(()) };
        futures::stream::iter(last.tables)
            .map(async |(name, pin)| delta::restore(&self.location, &name, pin).await)
            .buffer_unordered(RESTORES)
            .try_collect()
            .await
    }
}

/// Whether a folder holds anything that is not what a writer leaves that dies before it has made the lake.
fn holds_other_files(folder: &std::path::Path) -> std::io::Result<bool> {
    if !folder.exists() {
        return Ok(false);
    }
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let ours = name == OsStr::new(LOCK_FILE) || name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes());
        if !ours {
            return Ok(true);
        }
    }
    Ok(false)
}

#[async_trait::async_trait]
impl Lake for DeltaLake {
    async fn exists(&self) -> Result<bool, PortError> {
        identity::exists(&self.location).await
    }

    async fn last_run(&self) -> Result<Option<RunRecord>, PortError> {
        let exists = identity::exists(&self.location).await?;
        match runs::last_number(&self.location).await? {
            None => Ok(None),
            Some(_) if !exists => Err(PortError::permanent(
                "read lake",
                self.location.text(),
                "there are runs but no lake.json",
            )
            .hint("put lake.json back from a backup of the lake")),
            Some(number) => self.run(number).await.map(Some),
        }
    }

    async fn run(&self, number: u64) -> Result<RunRecord, PortError> {
        identity::exists(&self.location).await?;
        runs::read(&self.location, number).await?.ok_or_else(|| {
            PortError::permanent("read run", number.to_string(), "there is no such run")
                .hint("`leadq runs` lists the runs there are")
        })
    }

    async fn pinned(&self, run: &RunRecord, table: Table) -> Result<TableFiles, PortError> {
        let Some(pin) = run.tables.get(table.name()) else {
            let reason = format!("run {} has no such table", run.run);
            return Err(PortError::permanent("read", table.name(), reason));
        };
        runs::check_kept(&self.location, run.run).await?;
        delta::pinned(&self.location, table.name(), *pin).await
    }

    async fn state(&self, name: &str) -> Result<Vec<u8>, PortError> {
        state::read(&self.location, name).await
    }

    async fn failures(&self) -> Result<Vec<FailedRun>, PortError> {
        let last = self.last_run().await?;
        failed::since(&self.location, last.as_ref()).await
    }

    async fn make(&self, secret_check: &str) -> Result<(), PortError> {
        if identity::exists(&self.location).await? {
            return identity::accepts(&self.location, secret_check).await;
        }
        self.check_folder().await?;
        self.make_folder()?;
        identity::claim(&self.location, secret_check).await
    }

    async fn document(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.location.read(&self.location.document(name)).await
    }

    async fn put_document(&self, name: &str, bytes: Vec<u8>) -> Result<(), PortError> {
        let path = self.location.document(name);
        let put = self.location.store().put(&path, bytes.into()).await;
        put.map(drop).map_err(|error| failure::of("write", self.location.told(&path), &error))
    }

    async fn write(&self, secret_check: &str) -> Result<Box<dyn LakeWriter>, PortError> {
        if !identity::exists(&self.location).await? {
            self.check_folder().await?;
        }
        self.make_folder()?;
        let hold = Hold::take(&self.location, self.times).await?;
        identity::claim(&self.location, secret_check).await?;
        self.restore().await?;
        Ok(Box::new(DeltaWriter::new(self.clone(), hold)))
    }
}
