//! Errors as people see them: what, where, what to do next, and the exit code.

use std::fmt::Display;
use std::process::ExitCode;

use leadq_ingest::IngestError;
use leadq_matching::FoldError;
use leadq_matching::link::LinkError;
use leadq_pipeline::RunError;
use leadq_pipeline::ports::{Fault, PortError};
use miette::{Diagnostic, NamedSource, SourceSpan};

/// What kind of thing went wrong; each has an exit code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The command line or the configuration.
    Usage,
    /// The data that were given, or a table that is not there.
    Data,
    /// Somebody else writes to the lake.
    Lock,
    /// The machine: disk, memory, permissions, a lake or secret that does not fit.
    Environment,
    /// leadq itself.
    Bug,
    /// Ctrl-C or SIGTERM.
    Interrupted,
}

/// Exit code of a committed run with new things to look at, under `--strict`.
pub(crate) const EXIT_NEW_FINDINGS: u8 = 10;

impl Kind {
    pub(crate) const fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Data => 3,
            Self::Lock => 4,
            Self::Environment => 5,
            Self::Bug => 101,
            Self::Interrupted => 130,
        }
    }
}

/// What `--help` says of the exit codes.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    done
  2    the command line or leadq.toml is wrong
  3    the data are: a missing folder, leads without their columns, no such run or lead
  4    another run is writing to the lake
  5    the machine: disk, memory, permissions; another secret; a newer lake
  10   run --strict: committed, with new findings to look at
  101  a bug in leadq
  130  interrupted";

/// A command failed.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    message: String,
    #[help]
    help: Option<String>,
    #[source_code]
    text: Option<NamedSource<String>>,
    #[label("here")]
    place: Option<SourceSpan>,
}

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Display) -> Self {
        Self { kind, message: message.to_string(), help: None, text: None, place: None }
    }

    pub(crate) fn usage(message: impl Display) -> Self {
        Self::new(Kind::Usage, message)
    }

    pub(crate) fn data(message: impl Display) -> Self {
        Self::new(Kind::Data, message)
    }

    pub(crate) fn environment(message: impl Display) -> Self {
        Self::new(Kind::Environment, message)
    }

    pub(crate) fn bug(message: impl Display) -> Self {
        Self::new(Kind::Bug, message).help("this is a bug in leadq; please report it with this message")
    }

    pub(crate) fn interrupted() -> Self {
        Self::new(Kind::Interrupted, "interrupted; nothing was committed")
    }

    /// What was said to do about it.
    pub(crate) fn advice(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// What to do about it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Where in a file it is.
    pub(crate) fn at(mut self, name: &str, text: &str, place: Option<std::ops::Range<usize>>) -> Self {
        if text.is_empty() {
            return self;
        }
        self.text = Some(NamedSource::new(name, text.to_owned()));
        self.place = place.map(SourceSpan::from);
        self
    }

    /// Tells it on stderr.
    #[expect(clippy::print_stderr, reason = "the one place that tells errors")]
    pub(crate) fn report(self) -> ExitCode {
        let code = ExitCode::from(self.kind.exit_code());
        eprintln!("{:?}", miette::Report::new(self));
        code
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        let kind = match error.fault {
            Fault::Locked => Kind::Lock,
            Fault::Permanent | Fault::Query => Kind::Data,
            Fault::Transient | Fault::Exhausted | Fault::Denied | Fault::Incompatible => Kind::Environment,
        };
        let failure = Self::new(kind, &error);
        match error.hint {
            Some(hint) => failure.help(hint),
            None => failure,
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Port(error) => error.into(),
            RunError::NoLeads => Self::data(&error)
                .help("give the folder of the Parquet files that the backend exports with --leads, or in leadq.toml"),
            RunError::Changed { .. } => Self::data(&error)
                .help("make the tables anew from what the archive has with `leadq replay`"),
            RunError::Leads { source: IngestError::Read(_), .. } => {
                Self::data(&error).help("a file that is named must be readable; nothing was committed")
            }
            RunError::Leads { source: IngestError::Column { .. }, .. } => Self::data(&error).help(
                "export the column in a type that fits, with nothing else in it; a missing part of the leads \
                 would make every rate wrong, so nothing was committed",
            ),
            RunError::Leads { .. } => Self::data(&error).help(
                "a leads file needs the column lead_uuid and one of email_hash and phone_hash; \
                 a missing part of the leads would make every rate wrong, so nothing was committed",
            ),
            RunError::Scratch(_) => {
                Self::environment(&error).help("look at the space left where TMPDIR points to")
            }
            RunError::Fold { source: FoldError::Kept(_), .. } => Self::data(&error)
                .help("what the last run left is damaged: make the tables anew from the archive with `leadq replay`"),
            RunError::Link { source: LinkError::Leads(_), .. } => {
                Self::environment(&error).help("look at the space left where TMPDIR points to")
            }
            RunError::Link { source: LinkError::File(_), .. } => Self::data(&error)
                .help("make the tables anew from what the archive has with `leadq replay`"),
            RunError::Fold { .. } | RunError::Link { .. } | RunError::Build { .. } | RunError::Task(_) => {
                Self::bug(&error)
            }
        }
    }
}

/// The outcome of a command.
pub(crate) type Outcome<T> = Result<T, Failure>;
