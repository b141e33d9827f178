//! Help texts that come from the documented default `leadq.toml`: of the flags that have a key there, and
//! the list of keys.

use clap::{Arg, Command, CommandFactory};
use leadq_contract::config::DOCUMENTED;
use leadq_contract::config::documented::{Documented, entries};

use super::Cli;
use crate::failure::EXIT_CODES;

/// The command line, with the help of its flags.
pub(crate) fn command() -> Command {
    let entries = entries(DOCUMENTED);
    Cli::command()
        .mut_arg("lake", helped(&entries, "lake"))
        .mut_arg("memory", helped(&entries, "memory"))
        .mut_subcommand("run", |run| {
            run.mut_arg("leads", helped(&entries, "leads"))
                .mut_arg("reports", helped(&entries, "client.reports"))
        })
        .after_long_help(format!("{EXIT_CODES}\n\n{}", keys(&entries)))
}

/// Gives a flag the help of its key.
fn helped(entries: &[Documented], path: &str) -> impl FnOnce(Arg) -> Arg {
    let help = entries.iter().find(|entry| entry.path() == path).map(flag_help);
    move |arg| match help {
        Some(help) => arg.help(help),
        None => arg,
    }
}

/// The first sentence of a key's comment, and its default.
fn flag_help(entry: &Documented) -> String {
    let value = entry.value.trim_matches(['[', ']']).replace('"', "");
    let said = entry.text.split_once("Default: ").and_then(|(_, rest)| rest.split('.').next());
    format!("{} [default: {}]", entry.sentence(), said.unwrap_or(&value))
}

/// Every key of the configuration, one line each.
fn keys(entries: &[Documented]) -> String {
    let width = entries.iter().map(|entry| entry.path().len()).max().unwrap_or_default();
    let line = |entry: &Documented| format!("  {:width$}  {}", entry.path(), entry.sentence());
    let lines: Vec<_> = entries.iter().filter(|entry| entry.key.is_some()).map(line).collect();
    format!("Configuration (leadq.toml; `leadq config` prints it with every default):\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_keys_have_the_help_of_the_documented_default() {
        let mut command = command();
        command.build();
        // As wide as the terminal is; words only.
        let words = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let long = words(command.render_long_help().to_string());
        for expected in [
            "Where the tables are: a folder of Delta Lake tables, or a place in an object store",
            "[default: half of the machine's, or of its control group's]",
            "client.snapshot_pattern",
            "limits.max_ratio",
        ] {
            assert!(long.contains(expected), "{expected}: {long}");
        }
        let run = words(command.find_subcommand_mut("run").unwrap().render_long_help().to_string());
        for expected in ["Parquet files of the leads delivered", "[default: source/contractor_reports]"] {
            assert!(run.contains(expected), "{expected}: {run}");
        }
    }
}
