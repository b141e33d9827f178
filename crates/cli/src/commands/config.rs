//! `leadq config`: the documented default configuration, or the settings in force.

use clap::Args;
use leadq_contract::config::DOCUMENTED;
use serde_json::json;

use super::{Global, Printing};
use crate::failure::Outcome;
use crate::output::{self, Format};

/// Print the documented default leadq.toml, or the settings in force and where each came from
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq config > leadq.toml
  leadq config --effective
  leadq --lake /srv/lake config --effective --format json")]
pub(crate) struct ConfigArgs {
    /// The settings in force, and whether a flag, the environment, leadq.toml or the default gave them
    #[arg(long)]
    effective: bool,
    #[command(flatten)]
    printing: Printing,
}

pub(super) fn run(global: &Global, args: &ConfigArgs) -> Outcome<()> {
    if !args.effective {
        return output::print(DOCUMENTED);
    }
    let rows = global.settings()?.effective;
    match args.printing.format {
        Format::Json => output::print_json(&json!(
            rows.iter()
                .map(|row| json!({ "key": row.key, "value": row.value, "from": row.from }))
                .collect::<Vec<_>>()
        )),
        Format::Csv => output::print_csv(
            &["key", "value", "from"],
            rows.into_iter().map(|row| vec![row.key, row.value, row.from]),
        ),
        Format::Table => {
            let mut table = output::table(&["key", "value", "from"], &[]);
            for row in rows {
                table.add_row([row.key, row.value, row.from]);
            }
            output::print(&format!("{table}\n"))
        }
    }
}
