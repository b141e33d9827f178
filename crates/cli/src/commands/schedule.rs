//! `leadq schedule`: runs at the times of a schedule, with nobody watching, and tells people what needs them.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use leadq_watch::clock::{Clock, SystemClock};
use leadq_watch::http::{DEFAULT_LISTEN, Server};
use leadq_watch::job::Figures;
use leadq_watch::monitor::{Monitor, Tolerance};
use leadq_watch::run_loop::{Start, run_loop};
use leadq_watch::schedule::Schedule;
use leadq_watch::systemd::Systemd;
use tokio::sync::watch;

use super::{Global, Waiting};
use crate::config;
use crate::edges::Edges;
use crate::failure::{Failure, Outcome};
use crate::interrupts;
use crate::settings::Settings;
use crate::unattended::{self, Before, Standing, Unattended, alerting};

/// How long requests that are under way may take at the end.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// Run twice a day, or whenever schedule.cron says, and tell people when something needs them
///
/// Stays, and answers /healthz, /readyz and /metrics. Each run is that of `leadq run`; leadq.toml is read anew for it.
/// Alerts go to alerts.webhook_file and alerts.smtp of leadq.toml: each when it opens and when it closes. SIGTERM and
/// Ctrl-C end it: a run that is committing commits, any other is dropped, and the next one takes in what it would have.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq schedule
  leadq schedule --listen 127.0.0.1:9000
  leadq schedule --once              one run and its alerts, for cron and Kubernetes
  leadq schedule --once --quiet      the same; the log tells only what is wrong

Exit codes: 0 told to stop; --once: those of `leadq run`; 2 leadq.toml is wrong; 5 the address is taken.")]
pub(crate) struct ScheduleArgs {
    /// One run now, its alerts, and leave with the exit code of the run
    #[arg(long, conflicts_with = "listen")]
    once: bool,
    /// Address of /healthz, /readyz and /metrics [default: schedule.listen, or else 127.0.0.1:9464]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    waiting: Waiting,
}

pub(super) async fn run(global: &Global, args: ScheduleArgs) -> Outcome<ExitCode> {
    let settings = global.settings()?;
    let job = Unattended::new(global.flags(), settings.clone(), args.waiting.wait);
    if args.once { once(job).await } else { stay(&settings, job, args.listen).await }
}

async fn once(mut job: Unattended) -> Outcome<ExitCode> {
    // A signal ends it as it does every command.
    let (_never, stop) = watch::channel(false);
    tracing::info!("a run begins");
    match job.run(&stop).await.failure {
        None => Ok(ExitCode::SUCCESS),
        Some(failure) => Err(failure),
    }
}

async fn stay(settings: &Settings, mut job: Unattended, listen: Option<SocketAddr>) -> Outcome<ExitCode> {
    let path = settings.configuration.as_deref();
    let schedule = Schedule::of_config(&settings.schedule).map_err(|error| config::wrong_in(path, error))?;
    // What is wrong with them is better told now than at night.
    alerting::channels(settings)?;
    let listen = listen.or(settings.schedule.listen).unwrap_or(DEFAULT_LISTEN);
    let hosts = settings.schedule.hosts.clone().unwrap_or_default();
    let server = Server::bind(listen, hosts).await.map_err(|error| alerting::failure(&error))?;
    let (stopper, stop) = watch::channel(false);
    let first = interrupts::first();
    tokio::spawn(async move {
        first.await;
        tracing::info!("told to stop; a second signal ends at once");
        stopper.send_replace(true);
    });
    let clock = Arc::new(SystemClock);
    let tolerance = Tolerance::of_config(&settings.schedule);
    let monitor = Arc::new(Monitor::new(Arc::clone(&clock) as _, tolerance, Systemd::of_this_process()));
    let address = server.address().unwrap_or(listen);
    tracing::info!(%address, zone = %schedule.zone(), "listening");
    let answering = tokio::spawn(server.serve(Arc::clone(&monitor), stop.clone()));
    let before = before(settings, &monitor).await;
    let start = Start::of_config(&settings.schedule, before.started);
    let next = schedule.next_after(clock.now()).map(|next| next.to_rfc3339()).unwrap_or_default();
    tracing::info!(next, "waiting for the times of the schedule");
    let each = async |_slot| job.run(&stop).await.result;
    run_loop(&schedule, &*clock, start, &monitor, each, stop.clone()).await;
    match tokio::time::timeout(LAST_ANSWERS, answering).await {
        Ok(Ok(Err(error))) => return Err(alerting::failure(&error)),
        Ok(Err(error)) => return Err(Failure::bug(error)),
        // Somebody who still reads is not waited for.
        Ok(Ok(Ok(()))) | Err(_) => {}
    }
    tracing::info!("ended");
    Ok(ExitCode::SUCCESS)
}

/// Tells the monitor how things stood before this process. A lake that cannot be read may be there at the first run.
async fn before(settings: &Settings, monitor: &Monitor) -> Before {
    let read = async {
        let edges = Edges::open(settings)?;
        let before = unattended::before(&edges.lake).await?;
        let figures = match before.succeeded.is_some() && edges.has_run().await? {
            true => Standing::read(&edges, settings, chrono::Utc::now()).await?.figures,
            false => Figures::default(),
        };
        Ok::<_, Failure>((before, figures))
    };
    match read.await {
        Ok((before, figures)) => {
            let Before { ended, succeeded, failures, .. } = before.clone();
            monitor.lake(Ok(()));
            monitor.before(ended, succeeded, failures, &figures);
            before
        }
        Err(failure) => {
            tracing::error!(error = %failure, hint = failure.advice().unwrap_or_default(), "the lake cannot be read");
            monitor.lake(Err(failure.to_string()));
            Before::default()
        }
    }
}
