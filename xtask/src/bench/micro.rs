//! The micro-benchmarks of the crates, `benches/` of each: parts by themselves, without files, lake or engine.

use super::Stop;

/// Runs them all. They print what they measure.
pub(super) fn run() -> Result<(), Stop> {
    // All of the workspace, as the binary is built: another selection would be another build of everything.
    let mut bench = crate::cargo();
    bench.args(["bench", "--locked", "--workspace", "--bench", "*"]);
    if bench.status()?.success() {
        Ok(())
    } else {
        Err(Stop::Because("a micro-benchmark failed, see above".to_owned()))
    }
}
