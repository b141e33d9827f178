//! Chores of the repository: what the tests need ([`setup`]), the tests that cargo alone does not run
//! ([`test`]: [`differential`] and [`fuzz`]), rules that no compiler holds ([`tidy`]), how fast a run is
//! ([`bench`]), how long the promises hold ([`soak`]), the page of the configuration ([`configuration`]).

pub mod bench;
pub mod configuration;
pub mod differential;
// One source for the help of the binary and for the docs: it needs the standard library only.
#[path = "../../crates/contract/src/config/documented.rs"]
pub mod documented;
pub mod fuzz;
mod python;
pub mod setup;
pub mod soak;
pub mod test;
pub mod tidy;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the repository.
#[must_use]
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Cargo, without what the cargo that runs this has set for it: that would build half of everything anew.
#[must_use]
pub fn cargo() -> Command {
    let mut command = Command::new("cargo");
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let of_cargo = text.starts_with("CARGO")
            && !matches!(&*text, "CARGO_HOME" | "CARGO_TARGET_DIR" | "CARGO_INCREMENTAL");
        if of_cargo || text == "LD_LIBRARY_PATH" {
            command.env_remove(&name);
        }
    }
    command.current_dir(root());
    command
}

/// The folder that cargo builds into.
///
/// # Errors
///
/// When cargo does not tell.
pub fn target_folder() -> std::io::Result<PathBuf> {
    let metadata = cargo_metadata::MetadataCommand::new().no_deps().current_dir(root()).exec();
    Ok(metadata.map_err(std::io::Error::other)?.target_directory.into_std_path_buf())
}
