//! The command line: one file a command, each with its arguments and what it does.

mod asking;
mod changes;
mod claims;
mod config;
mod csv;
mod doctor;
mod documented;
mod explain;
mod export;
pub(crate) mod fetched;
mod files;
mod findings;
mod forget;
mod hash;
mod maturation;
mod metrics;
mod replay;
mod report;
mod run;
mod runs;
mod sample;
mod schedule;
mod sql;
mod sync;
mod trend;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, FromArgMatches, Parser, Subcommand};

use crate::environment::Environment;
use crate::failure::Outcome;
use crate::output::{Format, RowsFormat};
use crate::settings::{Flags, Settings};

/// How good the leads are: from delivered leads and clients' report snapshots to conversion rates.
///
/// leadq takes in Parquet files of the leads delivered and the report snapshots (CSV, Excel) that clients make by
/// hand from their CRM, cleans and matches them by hashed email and phone, and says how many leads became an
/// appointment, a demo, a sale, how sure that is, and what is broken in the data.
#[derive(Debug, Parser)]
#[command(name = "leadq", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command. Those without a text here have that of their key in leadq.toml.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Configuration file [default: leadq.toml here, else built-in defaults]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[arg(long, global = true, value_name = "LOCATION")]
    lake: Option<String>,
    #[arg(long, global = true, value_name = "SIZE")]
    memory: Option<String>,
    /// No progress
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say more on stderr; twice for details
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// Output of commands that print rows.
#[derive(Debug, Args)]
struct Printing {
    /// Form of the output
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// Output of commands that answer with rows.
#[derive(Debug, Args)]
struct PrintingRows {
    /// Form of the output
    #[arg(long, value_enum, default_value = "table")]
    format: RowsFormat,
}

/// What to do where somebody else writes to the lake.
#[derive(Debug, Args)]
struct Waiting {
    /// Wait until another run on the lake has ended, for so long at most, as 10m [default, if it is given alone: 1h]
    #[arg(
        long,
        value_name = "TIME",
        num_args = 0..=1,
        default_missing_value = "1h",
        value_parser = humantime::parse_duration
    )]
    wait: Option<Duration>,
}

/// Which committed run is read.
#[derive(Debug, Args)]
struct Reading {
    /// Number of the run to read, as it was committed [default: the last]
    #[arg(long, value_name = "ID")]
    run: Option<u64>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArgs),
    Schedule(schedule::ScheduleArgs),
    Sync(sync::SyncArgs),
    Replay(replay::ReplayArgs),
    Metrics(metrics::MetricsArgs),
    Trend(trend::TrendArgs),
    Maturation(maturation::MaturationArgs),
    Changes(changes::ChangesArgs),
    Files(files::FilesArgs),
    Findings(findings::FindingsArgs),
    Claims(claims::ClaimsArgs),
    Explain(explain::ExplainArgs),
    Report(report::ReportArgs),
    Sql(sql::SqlArgs),
    Export(export::ExportArgs),
    Runs(runs::RunsArgs),
    Doctor(doctor::DoctorArgs),
    Hash(hash::HashArgs),
    Forget(forget::ForgetArgs),
    Sample(sample::SampleArgs),
    Config(config::ConfigArgs),
    #[command(hide = true)]
    Csv(csv::CsvArgs),
}

impl Cli {
    /// Whether somebody sees what it prints.
    pub(crate) const fn is_watched(&self) -> bool {
        self.global.quiet || !matches!(self.command, Command::Schedule(_))
    }
}

impl Global {
    fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            lake: self.lake.clone(),
            memory: self.memory.clone(),
            ..Flags::default()
        }
    }

    fn settings(&self) -> Outcome<Settings> {
        Settings::resolve(self.flags(), Environment::read())
    }
}

/// Reads the command line; help, version and usage errors end the process here.
pub(crate) fn parse() -> Cli {
    let matches = documented::command().get_matches();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// Does what the command line says.
pub(crate) async fn run(cli: Cli) -> Outcome<ExitCode> {
    let Cli { global, command } = cli;
    match command {
        Command::Run(args) => return run::run(&global, args).await,
        Command::Schedule(args) => return schedule::run(&global, args).await,
        Command::Sync(args) => return sync::run(&global, &args).await,
        Command::Replay(args) => return replay::run(&global, &args).await,
        Command::Metrics(args) => metrics::run(&global, &args).await?,
        Command::Trend(args) => trend::run(&global, &args).await?,
        Command::Maturation(args) => maturation::run(&global, &args).await?,
        Command::Changes(args) => changes::run(&global, &args).await?,
        Command::Files(args) => files::run(&global, &args).await?,
        Command::Findings(args) => findings::run(&global, &args).await?,
        Command::Claims(args) => claims::run(&global, &args).await?,
        Command::Explain(args) => explain::run(&global, &args).await?,
        Command::Report(args) => report::run(&global, &args).await?,
        Command::Sql(args) => sql::run(&global, &args).await?,
        Command::Export(args) => export::run(&global, &args).await?,
        Command::Runs(args) => runs::run(&global, &args).await?,
        Command::Doctor(args) => return doctor::run(&global, &args).await,
        Command::Forget(args) => return forget::run(&global, &args).await,
        Command::Hash(args) => hash::run(&args)?,
        Command::Sample(args) => sample::run(&args)?,
        Command::Config(args) => config::run(&global, &args)?,
        Command::Csv(args) => csv::run(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_shows_examples() {
        let mut command = documented::command();
        command.build();
        command.clone().debug_assert();
        for sub in command.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
            let help = sub.render_long_help().to_string();
            assert!(help.contains("Examples:"), "{} --help has no example", sub.get_name());
        }
    }
}
