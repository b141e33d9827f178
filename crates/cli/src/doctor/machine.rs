//! The machine: memory, and the disks of scratch space and lake.

use std::path::Path;

use bytesize::ByteSize;

use super::Check;
use crate::failure::Kind;
use crate::host;
use crate::settings::{Settings, shown};

/// Free space under which a run is likely to fail, and that under which somebody should look.
const LEAST_SPACE: u64 = 100 << 20;
const LITTLE_SPACE: u64 = 1 << 30;

/// Memory and disks. `input` is the size of all sources in bytes: a run may write as much again to either
/// disk, twice over while tables are replaced.
pub(super) fn machine(settings: &Settings, input: u64) -> Vec<Check> {
    let mut checks = vec![
        memory(settings.memory, host::total_memory()),
        space("scratch disk", &settings.scratch, input, "scratch"),
    ];
    let lake = settings.lake.strip_prefix("file://").unwrap_or(&settings.lake);
    // An object store does not fill up.
    if !lake.contains("://") {
        checks.push(space("lake disk", Path::new(lake), input, "lake"));
    }
    checks
}

fn memory(limit: u64, machine: u64) -> Check {
    const NAME: &str = "memory";
    let told = format!("limit {}, machine {}", ByteSize(limit), ByteSize(machine));
    if limit > machine {
        return Check::warning(NAME, told, "set memory in leadq.toml to what the machine can spare, at most");
    }
    Check::ok(NAME, told)
}

fn space(name: &'static str, folder: &Path, input: u64, key: &str) -> Check {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let existing = existing(&folder);
    let place = shown(existing);
    match fs4::available_space(existing) {
        Ok(free) => enough(name, &place, free, input, key),
        Err(error) => Check::warning(
            name,
            format!("cannot tell how much is free at {place}: {error}"),
            format!("look whether the disk is there, or name another folder with {key} in leadq.toml"),
        ),
    }
}

fn enough(name: &'static str, place: &str, free: u64, input: u64, key: &str) -> Check {
    let told = format!("{} free at {place}", ByteSize(free));
    let todo = format!("make room, or name a folder on another disk with {key} in leadq.toml");
    if free < LEAST_SPACE {
        Check::error(name, Kind::Environment, told, todo)
    } else if free < LITTLE_SPACE.max(input.saturating_mul(2)) {
        Check::warning(name, format!("{told}, for {} of input", ByteSize(input)), todo)
    } else {
        Check::ok(name, told)
    }
}

/// A folder, or the first above it that exists.
pub(super) fn existing(folder: &Path) -> &Path {
    let mut above = folder.ancestors().filter(|path| !path.as_os_str().is_empty());
    above.find(|path| path.exists()).unwrap_or_else(|| Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn free_space_is_measured_against_the_input() {
        let level = |free: u64, input: u64| enough("lake disk", "/x", free, input, "lake").level;
        assert_eq!(level(50 << 20, 0), Level::Error(Kind::Environment));
        assert_eq!(level(500 << 20, 0), Level::Warning);
        assert_eq!(level(2 << 30, 0), Level::Ok);
        assert_eq!(level(2 << 30, 3 << 30), Level::Warning);
        assert_eq!(level(7 << 30, 3 << 30), Level::Ok);
    }

    #[test]
    fn a_limit_above_the_machine_is_told() {
        assert_eq!(memory(1 << 30, 2 << 30).level, Level::Ok);
        assert_eq!(memory(3 << 30, 2 << 30).level, Level::Warning);
    }

    #[test]
    fn a_folder_that_is_not_there_stands_for_the_one_above() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(existing(&folder.path().join("a/b")), folder.path());
        assert_eq!(existing(Path::new("no-such-folder")), Path::new("."));
    }
}
