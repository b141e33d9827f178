//! `cargo xtask`: the chores, from the command line.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::tidy::Severity;

/// Chores of the repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Check the rules that no compiler holds: who may depend on whom, module docs, links, pinned versions.
    Tidy,
    /// Check that what the tests need is there, and say how to get what is not.
    Setup,
    /// Run all tests: cargo's, then `differential`, then `fuzz`.
    Test,
    /// Compare how reports are read with Python's csv module and DuckDB, on files made up for it.
    Differential(xtask::differential::DifferentialArgs),
    /// Fuzz the readers and the configuration for a bounded time, from the seeds in fuzz/corpus.
    Fuzz(xtask::fuzz::FuzzArgs),
    /// Kill runs and shuffle arrivals, many times more than the tests do, and compare the tables.
    Soak(xtask::soak::SoakArgs),
    /// Write docs/configuration.md from leadq.toml.
    Docs,
    /// Measure a run of the optimised binary, on the sample or on other data.
    Bench(xtask::bench::BenchArgs),
}

fn main() -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let well = match Args::parse().chore {
        Chore::Tidy => tidy(&mut out)?,
        Chore::Setup => xtask::setup::run(&mut out)?,
        Chore::Test => xtask::test::run(&mut out)?,
        Chore::Differential(args) => xtask::differential::run(&args, &mut out)?,
        Chore::Fuzz(args) => xtask::fuzz::run(&args, &mut out)?,
        Chore::Soak(args) => xtask::soak::run(&args, &mut out)?,
        Chore::Docs => xtask::configuration::run(xtask::root(), &mut out)?,
        Chore::Bench(args) => xtask::bench::run(&args, &mut out)?,
    };
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints what is untidy; false when some of it has to be put right.
fn tidy(out: &mut impl Write) -> io::Result<bool> {
    let violations = xtask::tidy::check(xtask::root());
    for violation in &violations {
        writeln!(out, "{violation}")?;
    }
    let failures = violations.iter().filter(|violation| violation.severity == Severity::Failure).count();
    let notes = violations.len() - failures;
    writeln!(out, "tidy: {failures} to put right, {notes} to think about")?;
    Ok(failures == 0)
}
