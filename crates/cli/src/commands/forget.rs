//! `leadq forget`: takes a person out of everything that the lake has, for good, and proves it.

mod prove;
mod show;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use leadq_contract::{IdentifierKey, IdentifierKind};
use leadq_ingest::forget::identifiers_of;
use leadq_pipeline::forget::{Person, Redacted, Scope, Whom, find, redact};
use leadq_pipeline::ports::{Archive, Fault, Lake as _, LakeWriter, PortError};
use leadq_pipeline::{RunError, RunRequest};

use super::{Global, Printing, Waiting};
use crate::edges::Edges;
use crate::failure::{Failure, Kind, Outcome};
use crate::forgetting;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::work::{self, Order};

/// How often a lake that somebody else writes to is tried again.
const AGAIN: Duration = Duration::from_secs(2);
/// How long others are waited for once it has begun.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Take a person out of all tables, older runs and the archive, for good
///
/// Rows of reports go; leads stay delivered, without identifiers and place. Keyed entries are kept, so that later files
/// cannot bring the person back. Only the last run stays readable. At the end everything is searched for the person. If
/// it is interrupted, the same command goes on. docs/forgetting.md says more, and what this cannot reach.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq forget --email jane@example.com --phone '+1 415 555 0123'
  leadq forget --lead 5b0c7a52-63f8-4a3e-9f5d-0c1d2e3f4a5b --dry-run
  leadq forget --email - --yes < email.txt    not in the shell's history

Exit codes: 0 done, and nothing found; 2 no email, no phone, or nobody confirmed; 3 no such lead, or something was \
found; 4 another run is writing to the lake, and nothing was done.")]
pub(crate) struct ForgetArgs {
    /// The person's email in plain text; - reads it from stdin
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["phone", "lead"])]
    email: Option<String>,
    /// The person's phone in plain text; - reads it from stdin
    #[arg(long, value_name = "TEXT")]
    phone: Option<String>,
    /// A lead of the person
    #[arg(long, value_name = "LEAD_UUID", conflicts_with_all = ["email", "phone"])]
    lead: Option<String>,
    /// The client whose lead it is
    #[arg(long, value_name = "ID", requires = "lead")]
    client: Option<String>,
    /// Show what there is of the person; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    printing: Printing,
}

/// What there is of a person.
struct Found {
    person: Person,
    archive: Redacted,
}

pub(super) async fn run(global: &Global, args: &ForgetArgs) -> Outcome<ExitCode> {
    let settings = global.settings()?;
    let edges = Edges::open(&settings)?;
    edges.check_made().await?;
    let archive = edges.archive(&settings).await?;
    let request = work::request(&settings, &edges, false).await?;
    let person = person(args, &edges, &request).await?;
    let with = with(&request, &person);
    let found = Found { archive: redact(&with, &archive, Scope::Look).await?, person };
    if args.dry_run {
        show::found(&found, args.printing.format)?;
        return Ok(ExitCode::SUCCESS);
    }
    confirm(args, &found)?;
    let out = take_out(&settings, &edges, &archive, args, &found.person).await?;
    if edges.lake.last_run().await?.is_some() {
        let order = Order { wait: Some(PATIENCE), replay: false };
        work::take_in(&settings, &edges, &archive, order, Arc::new(Progress::new(global.quiet))).await?;
        hold(&edges, &request, Some(PATIENCE)).await?.tidy(1).await?;
    }
    let proof = prove::search(&settings, &edges, &archive).await?;
    show::done(&found.person, &out, &proof, args.printing.format)?;
    Ok(if proof.is_clean() { ExitCode::SUCCESS } else { ExitCode::from(Kind::Data.exit_code()) })
}

/// The request of a run that knows the person as forgotten.
fn with(request: &RunRequest, person: &Person) -> RunRequest {
    let forgotten = request.forgotten.keys().chain(&person.identifiers).copied().collect();
    RunRequest { forgotten, ..request.clone() }
}

/// Who is meant.
async fn person(args: &ForgetArgs, edges: &Edges, request: &RunRequest) -> Outcome<Person> {
    let mut keys = Vec::new();
    for (given, kind) in [(&args.email, IdentifierKind::Email), (&args.phone, IdentifierKind::Phone)] {
        if let Some(text) = given {
            keys.extend(plain(text, kind, request)?);
        }
    }
    let whom = match &args.lead {
        Some(uuid) => Whom::Lead { uuid, client: args.client.as_deref() },
        None => Whom::Carrier(&keys),
    };
    if edges.lake.last_run().await?.is_none() {
        let identifiers = keys.into_iter().collect();
        return match args.lead {
            Some(_) => Err(unknown_lead()),
            None => Ok(Person { identifiers, ..Person::default() }),
        };
    }
    let person = find(&edges.view(None).await?, whom).await?;
    match (&args.lead, person.named) {
        (None, _) | (Some(_), 1) => Ok(person),
        (Some(_), 0) => Err(unknown_lead()),
        (Some(_), _) => {
            Err(Failure::usage("several clients have a lead of this UUID")
                .help("say whose it is with --client"))
        }
    }
}

fn unknown_lead() -> Failure {
    Failure::data("there is no such lead").help("give the lead_uuid as the leads files have it")
}

/// The keyed identifiers of what was given. It is not repeated in errors: they end in logs.
fn plain(text: &str, kind: IdentifierKind, request: &RunRequest) -> Outcome<Vec<IdentifierKey>> {
    let (flag, what) = match kind {
        IdentifierKind::Email => ("--email", "an email with its @"),
        IdentifierKind::Phone => ("--phone", "a phone; outside of the United States with + and country code"),
    };
    let mut line = String::new();
    if text == "-" {
        let read = std::io::stdin().lock().read_line(&mut line);
        read.map_err(|error| Failure::environment(format!("cannot read stdin: {error}")))?;
    } else {
        line.push_str(text);
    }
    identifiers_of(&line, kind, &request.secret)
        .ok_or_else(|| Failure::usage(format!("{flag}: this is nobody's")).help(format!("give {what}")))
}

/// Asks, where somebody can answer.
fn confirm(args: &ForgetArgs, found: &Found) -> Outcome<()> {
    if args.yes {
        return Ok(());
    }
    let refused =
        || Failure::usage("nobody confirmed; nothing was done").help("give --yes to go on without asking");
    if !std::io::stdin().is_terminal() {
        return Err(refused());
    }
    show::ask(found)?;
    let mut answer = String::new();
    let read = std::io::stdout().flush().and_then(|()| std::io::stdin().lock().read_line(&mut answer));
    read.map_err(|error| Failure::environment(format!("cannot ask: {error}")))?;
    if answer.trim().eq_ignore_ascii_case("yes") { Ok(()) } else { Err(refused()) }
}

/// The person goes to the list, then out of the archive; from then on any run leaves it out.
async fn take_out(
    settings: &Settings,
    edges: &Edges,
    archive: &dyn Archive,
    args: &ForgetArgs,
    person: &Person,
) -> Outcome<Redacted> {
    let request = work::request(settings, edges, false).await?;
    let held = hold(edges, &request, args.waiting.wait).await?;
    let keys: Vec<IdentifierKey> = person.identifiers.iter().copied().collect();
    let forgotten = forgetting::add(&edges.lake, &keys).await?;
    let request = RunRequest { forgotten, ..request };
    let redacted = forgetting::take_out(&request, &edges.lake, archive, Scope::All).await?;
    drop(held);
    Ok(redacted)
}

/// Holds the lake, once whoever writes to it has ended.
async fn hold(
    edges: &Edges,
    request: &RunRequest,
    wait: Option<Duration>,
) -> Result<Box<dyn LakeWriter>, RunError> {
    let begun = Instant::now();
    loop {
        match edges.lake.write(&request.secret.check_value()).await {
            Err(PortError { fault: Fault::Locked, .. })
                if wait.is_some_and(|wait| begun.elapsed() < wait) =>
            {
                tokio::time::sleep(AGAIN).await;
            }
            other => return Ok(other?),
        }
    }
}
