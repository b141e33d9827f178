//! Comparison of the report reader with two others, Python's `csv` and DuckDB, on files made up for it.
//!
//! `xtask/differential.py` writes the files and judges; the packages that it needs come from PyPI into a
//! virtual environment in the target folder.

use std::io::{self, Write};
use std::process::Command;

use clap::Args;

use crate::python;

/// Packages, pinned: a comparison is worth what is compared with.
const PACKAGES: [&str; 1] = ["duckdb==1.4.1"];

/// Which files are made up.
#[derive(Debug, Args)]
pub struct DifferentialArgs {
    /// How many files
    #[arg(long, default_value_t = DifferentialArgs::default().files)]
    pub files: u32,
    /// The same seed gives the same files
    #[arg(long, default_value_t = DifferentialArgs::default().seed)]
    pub seed: u64,
}

impl Default for DifferentialArgs {
    fn default() -> Self {
        Self { files: 400, seed: 1 }
    }
}

/// Builds the binary, makes the files, and compares; false if any row differs.
///
/// # Errors
///
/// When `out` cannot be written to, or a program cannot be started.
pub fn run(args: &DifferentialArgs, out: &mut impl Write) -> io::Result<bool> {
    // All of the workspace, as the tests build it: another selection would be another build of everything.
    if !crate::cargo().args(["build", "--workspace", "--locked"]).status()?.success() {
        return Ok(false);
    }
    let target = crate::target_folder()?;
    let environment = target.join("differential");
    if !python::prepare(&environment, &PACKAGES)? {
        writeln!(out, "differential: cannot install {} from PyPI", PACKAGES.join(" "))?;
        return Ok(false);
    }
    let mut compare = Command::new(environment.join("bin/python"));
    compare
        .arg(crate::root().join("xtask/differential.py"))
        .arg(target.join("debug/leadq"))
        .args([args.files.to_string(), args.seed.to_string()]);
    Ok(compare.status()?.success())
}
