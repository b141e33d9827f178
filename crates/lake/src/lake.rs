//! [`DeltaLake`]: reading committed runs, and the door to writing.

use std::ffi::OsStr;

use leadq_contract::Table;
use leadq_contract::run::{FailedRun, RunRecord};
use leadq_pipeline::ports::{Lake, LakeWriter, PortError, TableFiles};

use crate::crash::{Crash, CrashHook};
use crate::durable::{self, TEMPORARY};
use crate::location::Location;
use crate::lock::{self, LOCK_FILE, Lock};
use crate::writer::DeltaWriter;
use crate::{delta, identity, runs, state};

/// A lake in a folder of this machine.
#[derive(Clone)]
pub struct DeltaLake {
    pub(crate) location: Location,
    pub(crate) crash: Crash,
}

impl DeltaLake {
    /// A lake at a location, which need not exist: the first writer makes it.
    ///
    /// # Errors
    /// If the location is none that a lake can be at.
    pub fn open(location: &str) -> Result<Self, PortError> {
        Ok(Self { location: Location::new(location)?, crash: Crash::default() })
    }

    /// The same lake, whose writers call `hook` at every [`CrashPoint`](crate::CrashPoint); for tests.
    #[must_use]
    pub fn with_crash_hook(mut self, hook: CrashHook) -> Self {
        self.crash = Crash(Some(hook));
        self
    }

    /// The folder that it is in.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.location.folder()
    }

    /// Who writes to it at this moment, in words; none if nobody does. For people: by the time it is told,
    /// it may have changed.
    ///
    /// # Errors
    /// If the lock file cannot be read.
    pub fn writing_now(&self) -> Result<Option<String>, PortError> {
        lock::holder(self.location.folder())
    }

    /// Whether the lake was made with this secret; a lake that has not been made takes any.
    ///
    /// # Errors
    /// [`Fault::Incompatible`](leadq_pipeline::ports::Fault::Incompatible) if it was made with another.
    pub async fn accepts(&self, secret_check: &str) -> Result<(), PortError> {
        identity::accepts(&self.location, secret_check).await
    }

    /// The folder may be missing, empty, or a lake; anything else is somebody's data.
    fn check_folder(&self) -> Result<(), PortError> {
        let folder = self.location.folder();
        let failed = |reason: &dyn std::fmt::Display| {
            PortError::permanent("write to lake", folder.display().to_string(), reason)
        };
        if !folder.exists() {
            return Ok(());
        }
        for entry in std::fs::read_dir(folder).map_err(|error| failed(&error))? {
            let name = entry.map_err(|error| failed(&error))?.file_name();
            // What a writer leaves that dies before it has made the lake.
            let ours =
                name == OsStr::new(LOCK_FILE) || name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes());
            if !ours {
                return Err(failed(&"the folder is not empty and holds no lake")
                    .hint("give an empty folder or one to be made"));
            }
        }
        Ok(())
    }

    async fn restore(&self) -> Result<(), PortError> {
        let Some(last) = self.last_run().await? else { return Ok(()) };
        for (name, pin) in &last.tables {
            delta::restore(&self.location, name, *pin).await?;
        }
        Ok(())
    }
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
            Some(_) if !exists => {
                let subject = self.location.folder().display().to_string();
                Err(PortError::permanent("read lake", subject, "there are runs but no lake.json")
                    .hint("put lake.json back from a backup of the lake"))
            }
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
        delta::pinned(&self.location, table.name(), *pin).await
    }

    async fn state(&self, name: &str) -> Result<Vec<u8>, PortError> {
        state::read(&self.location, name).await
    }

    async fn failures(&self) -> Result<Vec<FailedRun>, PortError> {
        Ok(Vec::new())
    }

    async fn write(&self, secret_check: &str) -> Result<Box<dyn LakeWriter>, PortError> {
        if !identity::exists(&self.location).await? {
            self.check_folder()?;
        }
        let folder = self.location.folder();
        durable::make_folder(folder)
            .map_err(|error| PortError::permanent("make lake", folder.display().to_string(), error))?;
        let lock = Lock::take(folder)?;
        identity::claim(&self.location, secret_check).await?;
        self.restore().await?;
        Ok(Box::new(DeltaWriter::new(self.clone(), lock)))
    }
}
