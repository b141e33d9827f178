//! What the tests need on the machine: compilers, two components of the Rust toolchain, Python, a browser, OpenSSH, an
//! S3 server, cargo-fuzz.
//!
//! What is missing is named, with the command that brings it. Only on Debian, and only as root (a container, a
//! runner), it is installed on the spot.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::python;

/// A program that has to be there.
struct Need {
    what: &'static str,
    why: &'static str,
    /// A command that succeeds when it is.
    probe: &'static [&'static str],
    /// What to do when it is not.
    remedy: &'static str,
    /// Commands for a Debian machine on which we are root.
    install: &'static [&'static [&'static str]],
}

const NEEDS: [Need; 8] = [
    Need {
        what: "C compiler (cc)",
        why: "links every binary and builds the compressors",
        probe: &["cc", "--version"],
        remedy: "install gcc: `apt-get install gcc libc6-dev`, `dnf install gcc`, `xcode-select --install`",
        install: &[&["apt-get", "update"], &["apt-get", "install", "-y", "gcc", "libc6-dev"]],
    },
    Need {
        what: "rustfmt",
        why: "`cargo fmt --check`",
        probe: &["cargo", "fmt", "--version"],
        remedy: "run `rustup component add rustfmt`",
        install: &[],
    },
    Need {
        what: "clippy",
        why: "`cargo clippy`",
        probe: &["cargo", "clippy", "--version"],
        remedy: "run `rustup component add clippy`",
        install: &[],
    },
    Need {
        what: "C++ compiler (c++)",
        why: "builds the fuzzer",
        probe: &["c++", "--version"],
        remedy: "install g++: `apt-get install g++`, `dnf install gcc-c++`, `xcode-select --install`",
        install: &[&["apt-get", "update"], &["apt-get", "install", "-y", "g++"]],
    },
    Need {
        what: "Python with venv",
        why: "`cargo xtask differential` compares with its csv module and with DuckDB from PyPI; tests start an S3 server",
        probe: &["python3", "-c", "import venv, ensurepip"],
        remedy: "install python3 and python3-venv",
        install: &[&["apt-get", "update"], &["apt-get", "install", "-y", "python3-venv"]],
    },
    Need {
        what: "Chromium",
        why: "the tests open and print the report in it",
        probe: &[
            "sh",
            "-c",
            "command -v chromium || command -v chromium-browser || command -v google-chrome",
        ],
        remedy: "install chromium: `apt-get install chromium`, `dnf install chromium`, `brew install --cask chromium`",
        install: &[&["apt-get", "update"], &["apt-get", "install", "-y", "chromium"]],
    },
    Need {
        what: "OpenSSH's server and client (sshd)",
        why: "the tests fetch files from it over SFTP",
        probe: &[
            "sh",
            "-c",
            "PATH=\"$PATH:/usr/sbin:/usr/local/sbin:/sbin\"; \
             command -v sshd && command -v ssh-keygen && command -v ssh-agent && command -v ssh-add",
        ],
        remedy: "install OpenSSH's server and client; it need not run as a service: `apt-get install openssh-server`, \
                 `dnf install openssh-server openssh-clients`",
        install: &[&["apt-get", "update"], &["apt-get", "install", "-y", "openssh-server", "openssh-client"]],
    },
    Need {
        what: "cargo-fuzz",
        why: "`cargo xtask fuzz`",
        probe: &["cargo", "fuzz", "--version"],
        remedy: "run `cargo install cargo-fuzz --locked`",
        install: &[&["cargo", "install", "cargo-fuzz", "--locked"]],
    },
];

/// Checks each need and says how it stands; true when all are met.
///
/// # Errors
///
/// When `out` cannot be written to.
pub fn run(out: &mut impl Write) -> io::Result<bool> {
    let met = meet(&NEEDS, is_debian_root(), out)?;
    Ok(met & servers(out)?)
}

/// Makes the environment of the servers that tests start.
fn servers(out: &mut impl Write) -> io::Result<bool> {
    let packages = python::SERVERS.join(" ");
    let there =
        python::prepare(&python::servers(&crate::target_folder()?), &python::SERVERS).unwrap_or(false);
    if there {
        writeln!(out, "setup: {packages} is there")?;
    } else {
        writeln!(
            out,
            "setup: {packages} is missing (an S3 server for the tests); it comes from PyPI, see above"
        )?;
    }
    Ok(there)
}

fn meet(needs: &[Need], may_install: bool, out: &mut impl Write) -> io::Result<bool> {
    let mut all = true;
    for need in needs {
        let mut there = succeeds(need.probe);
        if !there && may_install && !need.install.is_empty() {
            writeln!(out, "setup: installing {}", need.what)?;
            there = need.install.iter().all(|command| succeeds(command)) && succeeds(need.probe);
        }
        if there {
            writeln!(out, "setup: {} is there", need.what)?;
        } else {
            writeln!(out, "setup: {} is missing ({}); {}", need.what, need.why, need.remedy)?;
        }
        all &= there;
    }
    Ok(all)
}

/// Whether a command can be run and succeeds. What it prints on its error stream is shown, the rest is not.
fn succeeds(command: &[&str]) -> bool {
    let Some((program, arguments)) = command.split_first() else { return false };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Whether packages may be installed without asking anybody.
fn is_debian_root() -> bool {
    let user = Command::new("id").arg("-u").output();
    let is_root = user.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    is_root && Path::new("/etc/debian_version").exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(probe: &'static [&'static str], install: &'static [&'static [&'static str]]) -> Need {
        Need { what: "a thing", why: "to do things", probe, remedy: "buy one", install }
    }

    fn said(need: Need, may_install: bool) -> (bool, String) {
        let mut out = Vec::new();
        let met = meet(&[need], may_install, &mut out).unwrap();
        (met, String::from_utf8(out).unwrap())
    }

    #[test]
    fn says_what_is_missing_and_what_to_do() {
        let missing = said(need(&["leadq-no-such-program"], &[&["cargo", "--version"]]), false);
        assert_eq!(missing, (false, "setup: a thing is missing (to do things); buy one\n".to_owned()));
        let there = said(need(&["cargo", "--version"], &[]), false);
        assert_eq!(there, (true, "setup: a thing is there\n".to_owned()));
    }

    #[test]
    fn installing_has_to_help() {
        let (met, text) = said(need(&["leadq-no-such-program"], &[&["cargo", "--version"]]), true);
        assert!(!met && text.starts_with("setup: installing a thing\n"), "{text}");
    }
}
