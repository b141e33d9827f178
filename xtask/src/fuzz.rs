//! A bounded run of the fuzz targets, from the seeds in `fuzz/corpus`.
//!
//! Without a sanitizer, so that the stable compiler will do: leadq's own code is safe Rust. A bounded run is for
//! noticing what a change has broken, and begins at the seeds each time; to search, give it hours, another seed
//! and `--keep`. An input that fails stays in `fuzz/artifacts`, and belongs into a test.

use std::io::{self, Write};

use clap::Args;

/// The targets, as `fuzz/Cargo.toml` names them.
const TARGETS: [&str; 5] = ["report", "cells", "workbook", "config", "dialect"];
/// One input may take this long, in seconds, and this much memory, in MiB.
const SECONDS_OF_AN_INPUT: u32 = 10;
const MEMORY: u32 = 2048;

/// How long to fuzz.
#[derive(Debug, Args)]
pub struct FuzzArgs {
    /// Seconds for each target
    #[arg(long, default_value_t = FuzzArgs::default().seconds)]
    pub seconds: u32,
    /// Seed of the fuzzer's choices: the same one takes much the same way
    #[arg(long, default_value_t = FuzzArgs::default().seed)]
    pub seed: u32,
    /// Go on from what earlier runs with --keep have found, and keep what is found
    #[arg(long)]
    pub keep: bool,
}

impl Default for FuzzArgs {
    fn default() -> Self {
        Self { seconds: 12, seed: 1, keep: false }
    }
}

/// Fuzzes each target; false at the first that fails.
///
/// # Errors
///
/// When `out` cannot be written to, or cargo cannot be started.
pub fn run(args: &FuzzArgs, out: &mut impl Write) -> io::Result<bool> {
    let target = crate::target_folder()?.join("fuzz");
    for name in TARGETS {
        let found = target.join(if args.keep { "kept" } else { "found" }).join(name);
        if !args.keep && found.exists() {
            std::fs::remove_dir_all(&found)?;
        }
        std::fs::create_dir_all(&found)?;
        let mut command = crate::cargo();
        command
            .args(["fuzz", "run", "--sanitizer", "none", "--fuzz-dir", "fuzz", "--target-dir"])
            .arg(target.join("build"))
            .arg(name)
            .arg(found)
            .arg(crate::root().join("fuzz/corpus").join(name))
            .args(["--".to_owned(), format!("-max_total_time={}", args.seconds)])
            .args([format!("-timeout={SECONDS_OF_AN_INPUT}"), format!("-rss_limit_mb={MEMORY}")])
            .args([format!("-seed={}", args.seed), "-verbosity=0".to_owned()]);
        if !command.status()?.success() {
            writeln!(out, "fuzz: {name} failed; the input is in fuzz/artifacts/{name}")?;
            return Ok(false);
        }
        writeln!(out, "fuzz: {name} held for {} s", args.seconds)?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_fuzzed_and_has_seeds() {
        let manifest = std::fs::read_to_string(crate::root().join("fuzz/Cargo.toml")).unwrap();
        assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
        for name in TARGETS {
            assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
            assert!(
                std::fs::read_dir(crate::root().join("fuzz/corpus").join(name)).unwrap().next().is_some()
            );
        }
    }
}
