//! The peer: DuckDB tuned by hand for the same job, in a script beside the project.

use std::io;
use std::path::Path;

use serde_json::Value;

use super::Stop;
use super::cost::Cost;
use super::generator::Generator;
use super::ours::THREADS;

/// The script, with what runs it.
pub(super) struct Peer<'a> {
    generator: &'a Generator,
}

/// What the peer took, and what it said.
pub(super) struct Told {
    /// Wall and processor seconds by its own clock, which begins when Python and its packages are loaded; memory as
    /// the system tells it.
    pub(super) cost: Cost,
    pub(super) said: Value,
}

/// What the peer is to do.
pub(super) enum Job<'a> {
    /// All files, from nothing, in memory.
    All,
    /// The first so many files, from nothing; what it knows then is kept in a file.
    First(usize, &'a Path),
    /// The files that came since that was kept.
    Further(&'a Path),
}

impl<'a> Peer<'a> {
    pub(super) fn new(generator: &'a Generator) -> Result<Self, Stop> {
        generator.script("duckdb_peer.py")?;
        Ok(Self { generator })
    }

    /// Does a job on the data in a folder; the tables that it makes go to `place`.
    pub(super) fn run(&self, data: &Path, place: &Path, job: &Job<'_>) -> Result<Told, Stop> {
        let mut command = self.generator.script("duckdb_peer.py")?;
        command.arg(data).arg(place).args(["--threads", &THREADS.to_string()]);
        match job {
            Job::All => &mut command,
            Job::First(files, state) => command.args(["--files", &files.to_string(), "--state"]).arg(state),
            Job::Further(state) => command.arg("--state").arg(state).arg("--increment"),
        };
        let ran = Cost::of(&mut command)?;
        if !ran.succeeded {
            return Err(Stop::Because("the peer failed, see above".to_owned()));
        }
        let said: Value = serde_json::from_slice(&ran.said).map_err(io::Error::other)?;
        let seconds = |name: &str| {
            said[name].as_f64().ok_or_else(|| io::Error::other(format!("the peer told no {name}")))
        };
        let cost = Cost { wall: seconds("wall_s")?, cpu: seconds("cpu_s")?, ..ran.cost };
        Ok(Told { cost, said })
    }
}

impl Told {
    /// What it is and in which version.
    pub(super) fn name(&self) -> &str {
        self.said["peer"].as_str().unwrap_or("peer")
    }

    /// Seconds by stage.
    pub(super) fn stages(&self) -> impl Iterator<Item = (String, f64)> {
        let phases = self.said["phases"].as_object().into_iter().flatten();
        phases.filter_map(|(stage, took)| Some((stage.clone(), took["wall"].as_f64()?)))
    }
}
