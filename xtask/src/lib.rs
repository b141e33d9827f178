//! Chores of the repository: what the tests need ([`setup`]), rules that no compiler holds ([`tidy`]), how
//! fast a run is ([`bench`]), the page of the configuration ([`configuration`]).

pub mod bench;
pub mod configuration;
// One source for the help of the binary and for the docs: it needs the standard library only.
#[path = "../../crates/contract/src/config/documented.rs"]
pub mod documented;
pub mod setup;
pub mod tidy;

use std::path::Path;

/// The root of the repository.
#[must_use]
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}
