//! The optimised binary, measured: what a run from nothing takes, one more snapshot, and finding nothing new.
//!
//! Three ways to say on what: the sample or other data ([`data`]), data that a script beside the project makes up
//! ([`generator`]), the real data. `--peer` runs another program on the same data in turn with ours ([`peer`]) and
//! holds what both say against each other ([`agreement`]). `docs/performance.md` says how to read the figures.

mod agreement;
mod analysis;
mod comparison;
mod cost;
mod data;
mod folders;
mod generator;
mod growth;
mod micro;
mod ours;
mod peer;
mod table;
mod targets;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

/// What is measured.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Data to take in: made up by a script of --scripts, or the real data of --seed-data; without it, the sample or
    /// what --leads and --reports name
    #[arg(long, value_enum, conflicts_with_all = ["leads", "reports", "large_report"])]
    pub size: Option<Size>,
    /// Run DuckDB on the same data in turn with leadq, and compare what both say
    #[arg(long, requires = "size")]
    pub peer: bool,
    /// Where perfgen.py and duckdb_peer.py are [default: ../shared/bench beside the repository]
    #[arg(long, value_name = "DIR")]
    pub scripts: Option<PathBuf>,
    /// Where the real data is, with leads and contractor_reports [default: ../shared/seed/source beside the repository]
    #[arg(long, value_name = "DIR")]
    pub seed_data: Option<PathBuf>,
    /// Folder of the leads to take in
    #[arg(long, default_value = "source/leads", value_name = "DIR")]
    pub leads: PathBuf,
    /// Folder of the reports to take in
    #[arg(long, default_value = "source/contractor_reports", value_name = "DIR")]
    pub reports: PathBuf,
    /// Take in one report of so many MB instead, made up, in which 100,000 records recur: the memory that a file
    /// takes must not grow with it
    #[arg(long, value_name = "MB", conflicts_with = "reports")]
    pub large_report: Option<u64>,
    /// Repetitions; told is the median
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: u32,
    /// Memory that leadq promises to stay within [default: what is aimed at for the size, else 8GiB]
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
    /// Binary to measure [default: leadq, built with optimisations]
    #[arg(long, value_name = "FILE")]
    pub binary: Option<PathBuf>,
    /// Measure instead how the cost grows: with ten times the history, and, of data that is made up, twice the rows
    #[arg(long, conflicts_with_all = ["peer", "large_report"])]
    pub growth: bool,
    /// Measure the questions of the analysis too
    #[arg(long, conflicts_with = "growth")]
    pub analysis: bool,
    /// Measure parts instead, each by itself: cell readers, row splitter, report reader, fold
    #[arg(long, exclusive = true)]
    pub micro: bool,
}

/// How much data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Size {
    /// 100,000 leads, 22 reports of 30,000 rows
    #[value(name = "S")]
    S,
    /// 1,000,000 leads, 22 reports of 300,000 rows
    #[value(name = "M")]
    M,
    /// 10,000,000 leads, 6 reports of 2,500,000 rows
    #[value(name = "L")]
    L,
    /// The real data, where it is at hand
    #[value(name = "seed")]
    Seed,
}

/// Why nothing more is measured.
enum Stop {
    /// A file could not be had, or a program not started.
    Io(io::Error),
    /// What is wrong and what to do, in words.
    Because(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Measures; false if that fails, or if leadq and the peer say different things.
///
/// # Errors
///
/// When `out` cannot be written to, or a program cannot be started.
pub fn run(args: &BenchArgs, out: &mut impl Write) -> io::Result<bool> {
    match measure(args, out) {
        Ok(()) => Ok(true),
        Err(Stop::Io(error)) => Err(error),
        Err(Stop::Because(reason)) => {
            writeln!(out, "bench: {reason}")?;
            Ok(false)
        }
    }
}

fn measure(args: &BenchArgs, out: &mut impl Write) -> Result<(), Stop> {
    if args.micro {
        return micro::run();
    }
    if args.peer && args.size == Some(Size::Seed) {
        return Err(Stop::Because("the peer reads made-up data only: --size S, M or L".to_owned()));
    }
    let target = crate::target_folder()?;
    let generator = generator::Generator::new(args.scripts.clone(), &target);
    let data = data::of(args, &generator, &target.join("bench-data"))?;
    let binary = match &args.binary {
        Some(binary) => binary.clone(),
        None => build(&target)?,
    };
    let memory = args.memory.clone().unwrap_or_else(|| targets::memory(args.size).to_owned());
    let bench = comparison::Bench {
        leadq: ours::Leadq { binary, memory },
        peer: if args.peer { Some(peer::Peer::new(&generator)?) } else { None },
        size: args.size,
        data,
        runs: args.runs,
        folder: target.join("bench"),
    };
    bench.describe(out)?;
    if args.growth {
        return growth::run(&bench, &generator, out);
    }
    bench.run(out)?;
    if args.analysis { analysis::run(&bench, out) } else { Ok(()) }
}

fn build(target: &Path) -> Result<PathBuf, Stop> {
    if crate::cargo().args(["build", "--release", "--locked", "--bin", "leadq"]).status()?.success() {
        return Ok(target.join("release/leadq"));
    }
    Err(Stop::Because("leadq cannot be built, see above".to_owned()))
}
