//! The concrete edges, wired as the settings say.

use leadq_archive::FileArchive;
use leadq_contract::run::RunRecord;
use leadq_contract::{IdentifierSecret, Table};
use leadq_engine::{EmbeddedEngine, EngineSettings};
use leadq_lake::DeltaLake;
use leadq_pipeline::View;
use leadq_pipeline::ports::Lake as _;

use crate::failure::{Failure, Outcome};
use crate::secret;
use crate::settings::Settings;

/// Folder of the archive within the lake.
const ARCHIVE: &str = "archive";

/// The lake and the engine of a command.
pub(crate) struct Edges {
    pub(crate) lake: DeltaLake,
    pub(crate) engine: EmbeddedEngine,
    location: String,
}

impl Edges {
    pub(crate) fn open(settings: &Settings) -> Outcome<Self> {
        std::fs::create_dir_all(&settings.scratch).map_err(|error| {
            Failure::environment(format!(
                "cannot use the scratch folder {}: {error}",
                settings.scratch.display()
            ))
            .help("name another with scratch in leadq.toml")
        })?;
        let lake = DeltaLake::open(&settings.lake)?;
        let engine = EmbeddedEngine::new(EngineSettings {
            memory: settings.memory,
            partitions: settings.threads,
            spill_dir: Some(settings.scratch.clone()),
        })?;
        for (url, store) in lake.stores() {
            engine.register_store(&url, store)?;
        }
        Ok(Self { lake, engine, location: settings.lake.clone() })
    }

    /// The archive of the lake, which is made if it has not been.
    pub(crate) async fn archive(&self, settings: &Settings) -> Outcome<FileArchive> {
        let secret = secret::of_lake(settings, &self.lake).await?;
        self.lake.make(&secret.check_value()).await?;
        Self::archive_of(&self.lake, settings, &secret)
    }

    /// The archive of a lake that has been made with this secret; nothing is made, nothing read yet.
    pub(crate) fn archive_of(
        lake: &DeltaLake,
        settings: &Settings,
        secret: &IdentifierSecret,
    ) -> Outcome<FileArchive> {
        Ok(match lake.local_folder() {
            Some(folder) => FileArchive::local(folder.join(ARCHIVE), secret)?,
            None => {
                let (store, path) = leadq_drops::open_store(&lake.location())?;
                FileArchive::of_store(store, path.join(ARCHIVE), &settings.scratch, secret)?
            }
        })
    }

    /// The lake alone; nothing is made, nothing read yet.
    pub(crate) fn lake(settings: &Settings) -> Outcome<DeltaLake> {
        Ok(DeltaLake::open(&settings.lake)?)
    }

    /// An error unless the lake has been made.
    pub(crate) async fn check_made(&self) -> Outcome<()> {
        if self.lake.exists().await? {
            return Ok(());
        }
        Err(Failure::data(format!("there is no lake at {}", self.lake_name()))
            .help("run `leadq run` first, or name another lake with --lake"))
    }

    /// Where the lake is, as it was named.
    pub(crate) fn lake_name(&self) -> &str {
        &self.location
    }

    /// Whether a run has been committed to the lake.
    pub(crate) async fn has_run(&self) -> Outcome<bool> {
        Ok(self.lake.last_run().await?.is_some())
    }

    /// Opens a committed run for reading.
    pub(crate) async fn view(&self, run: Option<u64>) -> Outcome<View<'_>> {
        let opened = View::open(&self.lake, &self.engine, run).await;
        Ok(opened.map_err(|mut error| {
            if error.subject == "the lake" {
                error.subject = format!("the lake {}", self.lake_name());
            }
            error
        })?)
    }

    /// Opens some tables of a run that was committed just now or before, as far as it has them.
    pub(crate) async fn view_of(&self, run: &RunRecord, tables: &[Table]) -> Outcome<View<'_>> {
        let made: Vec<Table> =
            tables.iter().copied().filter(|table| run.tables.contains_key(table.name())).collect();
        Ok(View::of(&self.lake, &self.engine, run.clone(), &made).await?)
    }
}
