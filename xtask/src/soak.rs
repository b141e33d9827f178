//! The promises that chance could break, at length: killed runs, and files in any order of arrival.
//!
//! The tests of the binary do a few of both, always the same; here there are as many as are asked for, from a seed that
//! is told, so that what fails can be done again.

use std::io::{self, Write};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use clap::Args;

/// How much is done.
#[derive(Debug, Args)]
pub struct SoakArgs {
    /// Runs that are killed at random moments
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub kills: u64,
    /// Histories of arrival that are compared with one run over all
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub orders: u64,
    /// Where the random numbers begin [default: another one each time]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
}

/// Runs both; false if tables differ.
///
/// # Errors
///
/// When `out` cannot be written to, or cargo cannot be started.
pub fn run(args: &SoakArgs, out: &mut impl Write) -> io::Result<bool> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seed = args.seed.unwrap_or(now.as_secs());
    writeln!(out, "soak: seed {seed}, {} kills, {} orders", args.kills, args.orders)?;
    let parts = [("kills", "LEADQ_SOAK_KILLS", args.kills), ("histories", "LEADQ_SOAK_ORDERS", args.orders)];
    let mut well = true;
    for (module, variable, number) in parts.into_iter().filter(|(.., number)| *number > 0) {
        let begun = Instant::now();
        let mut test = crate::cargo();
        test.args(["test", "--locked", "-p", "leadq-cli", "--test", "it", "--"])
            .args(["--ignored", "--exact", "--nocapture", &format!("{module}::soak")])
            .env(variable, number.to_string())
            .env("LEADQ_TEST_SEED", seed.to_string());
        let passed = test.status()?.success();
        let outcome = if passed { "all tables equal" } else { "FAILED, see above" };
        writeln!(out, "soak: {number} {module}: {outcome}, after {} s", begun.elapsed().as_secs())?;
        well &= passed;
    }
    Ok(well)
}
