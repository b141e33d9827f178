//! leadq as it is measured: on two threads, within the memory that it is told, on a lake in a folder of its own.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::Stop;
use super::cost::{Cost, Ran};

/// Threads of leadq, and of the peer.
pub(super) const THREADS: u32 = 2;

/// What identifiers are keyed with. It protects nothing: what is in these lakes lies beside them as it was received.
const SECRET: &str = "a benchmark has nothing to hide, it says";

/// The binary, and the memory that it promises to stay within.
pub(super) struct Leadq {
    pub(super) binary: PathBuf,
    pub(super) memory: String,
}

/// A run that came to its end.
pub(super) struct Told {
    pub(super) cost: Cost,
    /// What it printed, as JSON.
    pub(super) said: Value,
}

impl Told {
    /// Seconds by stage, as far as the run told them.
    pub(super) fn stages(&self) -> impl Iterator<Item = (String, f64)> {
        let seconds = self.said["run"]["seconds"].as_object().into_iter().flatten();
        seconds.filter_map(|(stage, seconds)| Some((stage.clone(), seconds.as_f64()?)))
    }
}

impl Leadq {
    /// Takes in what is new. The lake is in `place`, which is an empty folder the first time.
    pub(super) fn take_in(&self, place: &Path, leads: &Path, reports: &Path) -> Result<Told, Stop> {
        let mut command = self.command(place, ["run", "--quiet", "--format", "json"])?;
        command.arg("--leads").arg(leads).arg("--reports").arg(reports);
        let ran = finished(&mut command)?;
        let said = serde_json::from_slice(&ran.said).map_err(io::Error::other)?;
        Ok(Told { cost: ran.cost, said })
    }

    /// Asks the lake in `place` a question that has these arguments.
    pub(super) fn ask<'a>(
        &self,
        place: &Path,
        question: impl IntoIterator<Item = &'a str>,
    ) -> Result<Ran, Stop> {
        finished(self.command(place, question)?.current_dir(place))
    }

    fn command<'a>(&self, place: &Path, arguments: impl IntoIterator<Item = &'a str>) -> io::Result<Command> {
        let settings = place.join("leadq.toml");
        std::fs::write(&settings, format!("threads = {THREADS}\n"))?;
        let mut command = Command::new(&self.binary);
        command.args(arguments).args(["--memory", &self.memory]);
        command.arg("--config").arg(settings).arg("--lake").arg(place.join("lake"));
        command.env("LEADQ_SECRET", SECRET).env("TOKIO_WORKER_THREADS", THREADS.to_string());
        Ok(command)
    }
}

fn finished(command: &mut Command) -> Result<Ran, Stop> {
    let ran = Cost::of(command)?;
    if ran.succeeded { Ok(ran) } else { Err(Stop::Because("leadq failed, see above".to_owned())) }
}
