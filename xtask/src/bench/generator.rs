//! Made-up data of a size, by `perfgen.py`, which is beside the project and not a part of it.
//!
//! It is made once and kept in the target folder. Rows that did not change are byte-identical from one snapshot to
//! the next (`--sticky`), as 98 % are in real files.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::data::Data;
use super::folders::fresh;
use super::{Size, Stop};
use crate::python;

/// What the scripts need from PyPI, pinned: the same numbers make the same data, and the peer is one known version.
const PACKAGES: [&str; 4] = ["duckdb==2.0.1", "numpy==2.4.6", "polars==2.1.0", "pyarrow==26.0.1"];

/// Seed of the random numbers; further copies of the data have the next ones.
const SEED: u32 = 7;

/// The scripts, and where their data goes.
pub(super) struct Generator {
    scripts: PathBuf,
    environment: PathBuf,
    made_up: PathBuf,
}

impl Generator {
    pub(super) fn new(scripts: Option<PathBuf>, target: &Path) -> Self {
        Self {
            scripts: scripts.unwrap_or_else(|| crate::root().join("../shared/bench")),
            environment: target.join("bench-python"),
            made_up: target.join("bench-data"),
        }
    }

    /// A script, ready to be run with the packages that it needs.
    pub(super) fn script(&self, name: &str) -> Result<Command, Stop> {
        let script = self.scripts.join(name);
        if !script.is_file() {
            return Err(Stop::Because(format!(
                "there is no {name} in {}: perfgen.py (data of a size) and duckdb_peer.py (the peer) are no part of \
                 this project; name their folder with --scripts, or leave --size out to measure on the sample",
                self.scripts.display()
            )));
        }
        if !python::prepare(&self.environment, &PACKAGES)? {
            return Err(Stop::Because(format!("cannot install {} from PyPI, see above", PACKAGES.join(" "))));
        }
        let mut command = Command::new(self.environment.join("bin/python"));
        command.arg(script).env("PYTHONDONTWRITEBYTECODE", "1");
        Ok(command)
    }

    /// Data of a size.
    pub(super) fn data(&self, size: Size) -> Result<Data, Stop> {
        at(name(size), &self.part(size, SEED)?)
    }

    /// So many times the leads and the rows of a size, in as many reports.
    pub(super) fn times(&self, size: Size, factor: u32) -> Result<Data, Stop> {
        if factor == 1 {
            return self.data(size);
        }
        let title = format!("{factor} times {}", name(size));
        let folder = self.made_up.join(format!("{}-times-{factor}", name(size)));
        if folder.exists() {
            return at(&title, &folder);
        }
        let parts: Vec<PathBuf> =
            (0..factor).map(|number| self.part(size, SEED + number)).collect::<Result<_, _>>()?;
        let partial = fresh(self.made_up.join("partial"))?;
        join(&parts, &partial)?;
        std::fs::rename(&partial, &folder)?;
        at(&title, &folder)
    }

    /// The folder with data of a size that a seed gives.
    fn part(&self, size: Size, seed: u32) -> Result<PathBuf, Stop> {
        let folder = self.made_up.join(format!("{}-{seed}", name(size)));
        if folder.exists() {
            return Ok(folder);
        }
        let partial = self.made_up.join("partial");
        let mut generate = self.script("perfgen.py")?;
        generate.arg(name(size)).arg(fresh(partial.clone())?).args(["--sticky", "--seed", &seed.to_string()]);
        // Its words go to our errors: what we print is the measurement.
        if !generate.stdout(io::stderr()).status()?.success() {
            return Err(Stop::Because("perfgen.py failed, see above".to_owned()));
        }
        std::fs::rename(partial, &folder)?;
        Ok(folder)
    }
}

fn at(name: &str, folder: &Path) -> Result<Data, Stop> {
    Data::at(name, folder.join("leads"), folder.join("reports"))
}

const fn name(size: Size) -> &'static str {
    match size {
        Size::S => "S",
        Size::M => "M",
        Size::L => "L",
        Size::Seed => "seed",
    }
}

/// Puts data of different seeds together: the leads beside one another, report by report the rows one after the other.
fn join(parts: &[PathBuf], folder: &Path) -> Result<(), Stop> {
    let (leads, reports) = (folder.join("leads"), folder.join("reports"));
    std::fs::create_dir_all(&leads)?;
    std::fs::create_dir_all(&reports)?;
    for (number, part) in parts.iter().enumerate() {
        std::fs::copy(part.join("leads/leads.parquet"), leads.join(format!("leads_{number}.parquet")))?;
    }
    let first = parts.first().map(|part| at("", part)).transpose()?;
    for report in first.iter().flat_map(|data| &data.reports) {
        let name = report.file_name().unwrap_or_default();
        let mut out = BufWriter::new(File::create(reports.join(name))?);
        for (number, part) in parts.iter().enumerate() {
            append(BufReader::new(File::open(part.join("reports").join(name))?), number, &mut out)?;
        }
        out.flush()?;
    }
    Ok(())
}

/// Appends the rows of a part's report. Of parts after the first without the header and the line under it, and with
/// lead numbers that no other part has: the second cell, before which `91`, `92`, … is put.
fn append(mut report: impl BufRead, part: usize, out: &mut impl Write) -> io::Result<()> {
    let mut line = Vec::new();
    for number in 0.. {
        line.clear();
        if report.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let (first, rest) =
            line.split_at(line.iter().position(|&byte| byte == b',').map_or(0, |comma| comma + 1));
        if part == 0 {
            out.write_all(&line)?;
        } else if number >= 2 {
            out.write_all(first)?;
            if rest.first() != Some(&b',') {
                write!(out, "9{part}")?;
            }
            out.write_all(rest)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_second_part_have_lead_numbers_of_their_own() {
        let report = "ENTRYDATE,LEADNUMBER,Set\n-----,-----,-----\n07/01/2022,200001,1\n07/02/2022,,0\n";
        let mut out = Vec::new();
        for part in 0..2 {
            append(report.as_bytes(), part, &mut out).unwrap();
        }
        let expected = format!("{report}07/01/2022,91200001,1\n07/02/2022,,0\n");
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn absent_scripts_are_named_with_what_to_do() {
        let nowhere = std::env::temp_dir().join("leadq-no-such-folder");
        let generator = Generator::new(Some(nowhere.clone()), &nowhere);
        let Err(Stop::Because(reason)) = generator.data(Size::S) else { panic!("there are no scripts") };
        assert!(reason.contains("no perfgen.py in") && reason.contains("--scripts"), "{reason}");
    }
}
