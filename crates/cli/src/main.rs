//! The binary `leadq`: commands, settings, and the only place that names concrete edges.

mod allocator;
mod cells;
mod columns;
mod commands;
mod config;
mod doctor;
mod edges;
mod effective;
mod environment;
mod failure;
mod fetch;
mod forgetting;
mod frame;
mod host;
mod interrupts;
mod output;
mod progress;
mod rows;
mod sample;
mod secret;
mod settings;
mod unattended;
mod work;

use std::io::IsTerminal as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    allocator::keep_for_a_moment();
    let cli = commands::parse();
    log_to_stderr(cli.global.verbose, cli.is_watched());
    std::panic::set_hook(Box::new(tell_panic));
    interrupts::listen();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return failure::Failure::environment(format!("cannot start: {error}")).report();
        }
    };
    let done = runtime.block_on(async {
        let mut work = std::pin::pin!(commands::run(cli));
        tokio::select! {
            // The signals first: they are heard from the beginning on.
            biased;
            // What is being committed is committed, and told: it takes a moment.
            () = interrupts::stopped() => if progress::is_committing() && !interrupts::came_again() {
                work.await
            } else {
                Err(failure::Failure::interrupted())
            },
            done = &mut work => done,
        }
    });
    // A thread that still reads a file must not hold up the end.
    runtime.shutdown_background();
    match done {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

/// Tells where a thread panicked, and not with which words: they may hold a piece of somebody's data
/// (promise 9). A panic over a damaged workbook is caught, and the file rejected; the run tells that.
#[expect(clippy::print_stderr, reason = "the log may be what panicked")]
fn tell_panic(info: &std::panic::PanicHookInfo<'_>) {
    if leadq_ingest::is_guarded() {
        return;
    }
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    eprintln!("leadq: internal error at {place}");
}

/// Logs go to stderr, so that what a command prints can be piped. `watched` says that somebody sees what a command
/// prints; else the log tells each run.
fn log_to_stderr(verbose: u8, watched: bool) {
    // A name holds for all that begin with it: leadq_pipeline and the others.
    let level = match verbose {
        0 if watched => "warn",
        0 => "warn,leadq=info,leadq_pipeline=warn,leadq_lake=warn",
        1 => "warn,leadq=info",
        2 => "info,leadq=debug",
        _ => "debug",
    };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(level))
        .with_writer(std::io::stderr)
        // A journal or a file is no terminal.
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(verbose > 1)
        .init();
}
