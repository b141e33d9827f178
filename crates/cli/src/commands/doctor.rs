//! `leadq doctor`: whether leadq can do its work here, and what to do where it cannot.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::{Global, Printing};
use crate::doctor::{self, Check};
use crate::failure::Outcome;
use crate::output::{self, Format, inert};

/// Check the configuration, sources, secret, time zones, lake, disk and memory, and say what to do
///
/// Reads only: no secret, no lake and no folder is made.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq doctor
  leadq doctor --config /etc/leadq.toml --format json

Exit codes: 0 if there is no error, warnings or not; else that of the first error: 2 the
configuration, 3 sources or lake, 5 the machine or the secret.")]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    printing: Printing,
}

pub(super) async fn run(global: &Global, args: &DoctorArgs) -> Outcome<ExitCode> {
    let checks = doctor::checks(global.settings()).await;
    match args.printing.format {
        Format::Table => output::print(&page(&checks))?,
        Format::Json => output::print_json(
            &checks
                .iter()
                .map(|check| {
                    json!({ "check": check.name, "level": check.level.name(), "found": check.found, "todo": check.todo })
                })
                .collect(),
        )?,
        Format::Csv => output::print_csv(
            &["check", "level", "found", "todo"],
            checks.iter().map(|check| {
                let todo = check.todo.as_deref().unwrap_or_default();
                let texts = [check.name, check.level.name(), check.found.as_str(), todo];
                texts.map(|text| inert(text).into_owned()).to_vec()
            }),
        )?,
    }
    let worst = checks.iter().find_map(Check::exit_code);
    Ok(worst.map_or(ExitCode::SUCCESS, ExitCode::from))
}

fn page(checks: &[Check]) -> String {
    let mut page = String::new();
    for check in checks {
        let told = format!("{}: {}", check.name, check.found);
        let hanging = output::indented(&told, 9);
        page.push_str(&format!("{:<9}{}", check.level.name(), hanging.trim_start()));
        if let Some(todo) = &check.todo {
            page.push_str(&output::indented(&format!("→ {todo}"), 9));
        }
    }
    page
}
