//! All tests, cheapest first: cargo's, the comparison with other readers, a minute of fuzzing.

use std::io::{self, Write};

use crate::differential::{self, DifferentialArgs};
use crate::fuzz::{self, FuzzArgs};

/// Runs all tests; false if any fails.
///
/// # Errors
///
/// When `out` cannot be written to, or a program cannot be started.
pub fn run(out: &mut impl Write) -> io::Result<bool> {
    Ok(crate::cargo().args(["test", "--workspace", "--locked"]).status()?.success()
        && differential::run(&DifferentialArgs::default(), out)?
        && fuzz::run(&FuzzArgs::default(), out)?)
}
