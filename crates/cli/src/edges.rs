//! The concrete edges, wired as the settings say.

use leadq_contract::IdentifierSecret;
use leadq_engine::{EmbeddedEngine, EngineSettings};
use leadq_lake::DeltaLake;
use leadq_pipeline::View;
use leadq_pipeline::ports::Lake as _;

use crate::failure::{Failure, Outcome};
use crate::secret::{self, ForLake};
use crate::settings::Settings;

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
        let engine = EmbeddedEngine::new(EngineSettings {
            memory: settings.memory,
            partitions: settings.threads,
            spill_dir: Some(settings.scratch.clone()),
        })?;
        let lake = DeltaLake::open(&settings.lake)?;
        for (root, store) in lake.stores() {
            engine.register_store(&root, store)?;
        }
        Ok(Self { lake, engine, location: settings.lake.clone() })
    }

    /// The lake alone; nothing is made, nothing read yet.
    pub(crate) fn lake(settings: &Settings) -> Outcome<DeltaLake> {
        Ok(DeltaLake::open(&settings.lake)?)
    }

    /// The installation's secret, which is made with the lake.
    pub(crate) async fn secret(&self, settings: &Settings) -> Outcome<IdentifierSecret> {
        let lake = ForLake {
            location: &self.lake.location(),
            folder: self.lake.local_folder(),
            is_made: self.lake.exists().await?,
        };
        secret::load(&settings.secret, lake)
    }

    /// Where the lake is, as it was named.
    pub(crate) fn lake_name(&self) -> &str {
        &self.location
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
}
