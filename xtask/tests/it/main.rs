//! The repository itself is tidy.

use xtask::tidy::{self, Severity, Violation};

#[test]
fn the_repository_is_tidy() {
    let mut found = tidy::check(xtask::root());
    found.retain(|violation| violation.severity == Severity::Failure);
    let lines: Vec<String> = found.iter().map(Violation::to_string).collect();
    assert!(lines.is_empty(), "{} to put right:\n{}", lines.len(), lines.join("\n"));
}
