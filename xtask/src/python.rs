//! Virtual environments for Python with packages from PyPI, in the target folder.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Servers that tests talk to: S3.
pub(crate) const SERVERS: [&str; 1] = ["moto[server]==5.2.5"];

/// Where the environment of the servers is, in the target folder.
pub(crate) fn servers(target: &Path) -> PathBuf {
    target.join("servers")
}

/// Makes an environment with packages, once; false if that fails.
///
/// # Errors
///
/// When a program cannot be started.
pub(crate) fn prepare(folder: &Path, packages: &[&str]) -> io::Result<bool> {
    let python = folder.join("bin/python");
    let installed = folder.join("installed");
    let wanted = packages.join("\n");
    if python.exists() && std::fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
        return Ok(true);
    }
    if !python.exists() && !Command::new("python3").args(["-m", "venv"]).arg(folder).status()?.success() {
        return Ok(false);
    }
    let mut install = Command::new(python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages);
    let done = install.status()?.success();
    if done {
        std::fs::write(installed, wanted)?;
    }
    Ok(done)
}
