//! `docs/configuration.md`, made from the documented default `leadq.toml`.

use std::path::Path;
use std::{fs, io};

use crate::documented;

/// The documented default.
pub const SOURCE: &str = "leadq.toml";
/// The page that is made from it.
pub const PAGE: &str = "docs/configuration.md";

/// Writes the page anew.
///
/// # Errors
/// If a file cannot be read or written.
pub fn run(root: &Path, out: &mut impl io::Write) -> io::Result<bool> {
    let page = documented::markdown(&fs::read_to_string(root.join(SOURCE))?);
    fs::write(root.join(PAGE), page)?;
    writeln!(out, "{PAGE} is written from {SOURCE}")?;
    Ok(true)
}
