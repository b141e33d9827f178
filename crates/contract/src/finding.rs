//! Data-quality findings: their codes, severities, and what to do about each (spec 1 and 2.6).

use crate::ClientId;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warning,
    /// Numbers suffer until it is mended.
    Error,
}

impl Severity {
    /// Name in tables and output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

macro_rules! finding_codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $severity:ident, $advice:literal;)*) => {
        /// What was found.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum FindingCode { $($(#[$doc])* #[serde(rename = $name)] $variant,)* }

        impl FindingCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Name in tables and output.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $name,)* } }

            /// How bad it is.
            #[must_use]
            pub const fn severity(self) -> Severity { match self { $(Self::$variant => Severity::$severity,)* } }

            /// What it means and what to do about it, one line.
            #[must_use]
            pub const fn advice(self) -> &'static str { match self { $(Self::$variant => $advice,)* } }
        }
    };
}

finding_codes! {
    /// A header that no canonical column knows.
    UnknownColumn = "unknown_column", Info, "column is none that leadq knows and is not used; give its header to a column in schemas.json if it is one";
    /// A canonical column without a header.
    MissingColumn = "missing_column", Info, "column is not in the file; its values are unknown there";
    /// Lines above the header.
    Preamble = "preamble", Info, "lines above the header were passed over";
    /// The file is no report.
    NotAReport = "not_a_report", Error, "file was rejected whole; ask the client for the report with its header";
    /// More bytes than a file may have.
    TooLarge = "too_large", Error, "file was rejected whole: it is larger than allowed; ask for a smaller one or raise max_file_size";
    /// A small file that decompresses to a very large one.
    CompressionRatio = "compression_ratio", Error, "file was rejected whole: it decompresses to a suspicious size; look at it by hand";
    /// More columns than a file may have.
    TooManyColumns = "too_many_columns", Error, "file was rejected whole: its header has more columns than allowed";
    /// A row larger than a row may be.
    OversizedRow = "oversized_row", Warning, "rows are longer than 4 MiB, or wider than a sheet can be; they were set aside";
    /// A cell that is no hash.
    InvalidHash = "invalid_hash", Warning, "cells are no hash; these rows match by the other identifier only";
    /// A cell that is no date.
    InvalidDate = "invalid_date", Warning, "cells are no date; they count as empty";
    /// A cell that is no timestamp.
    InvalidTimestamp = "invalid_timestamp", Warning, "cells are no date and time; they count as empty";
    /// A cell that is no boolean.
    InvalidBoolean = "invalid_boolean", Warning, "cells are neither yes nor no; they count as empty";
    /// A cell that is no state.
    InvalidState = "invalid_state", Info, "cells are no US state; they count as empty";
    /// A cell that is no ZIP code.
    InvalidZip = "invalid_zip", Info, "cells are no ZIP code; they count as empty";
    /// The hash of a placeholder.
    JunkHash = "junk_hash", Warning, "a placeholder was hashed; the cells count as empty";
    /// Plain text where a hash should be.
    PlaintextPii = "plaintext_pii", Error, "the client sends plain emails or phones; ask it to hash them";
    /// A row that cannot be read.
    Malformed = "malformed", Warning, "rows cannot be read; see the quarantine for file and line";
    /// A row without any identifier.
    NoIdentity = "no_identity", Warning, "rows have no email, phone or lead number";
    /// A lead without its id.
    NoLeadUuid = "no_lead_uuid", Error, "leads without lead_uuid are not counted";
    /// A lead of a client that is not configured.
    UnknownClient = "unknown_client", Error, "leads of a client that is not configured are not counted";
    /// A column went dead (1.9).
    DeadColumn = "dead_column", Error, "column broke in the client's export; last known values are kept, ask the client to repair it";
    /// No new report for longer than is usual.
    StaleReport = "stale_report", Warning, "the client's latest snapshot is older than expected; ask for a new one";
    /// What it would change is frozen.
    TooLate = "too_late", Warning, "file came when its place in the history was frozen, and was rejected; keep files in the archive for longer if clients correct so late";
    /// Half of the rows are gone.
    RowCountDrop = "row_count_drop", Error, "snapshot has under half of the rows of the one before; ask whether the export was cut";
    /// Demo without an appointment set.
    DemoWithoutSet = "demo_without_set", Warning, "records say demo but not set; they count as neither";
    /// Set without a date.
    SetWithoutAppt = "set_without_appt", Warning, "records are set but have no appointment date";
    /// A date without set.
    ApptWithoutSet = "appt_without_set", Warning, "records have an appointment date but are not set";
    /// Sale without a demo.
    SaleWithoutDemo = "sale_without_demo", Warning, "records are sold without a demo";
    /// Demo before the appointment.
    DemoBeforeAppt = "demo_before_appt", Warning, "records say demo before the appointment's time";
    /// Entered after the snapshot.
    EntryAfterSnapshot = "entry_after_snapshot", Warning, "records are entered after the snapshot that shows them";
    /// Set taken back.
    Unset = "unset", Info, "appointments that were set are no longer; they still count as set";
    /// A record vanished.
    Vanished = "vanished", Warning, "records disappeared though the export's window still covers them";
    /// A record left the window.
    AgedOut = "aged_out", Info, "records left the client's rolling window; their last state stands";
    /// Set by inference only.
    SetInferred = "set_inferred", Warning, "records count as set by a demo or an appointment date only; no cell says set";
    /// One identity, several lead numbers.
    SharedIdentity = "shared_identity", Info, "one person stands under several lead numbers";
    /// One lead number, several identities.
    SplitIdentity = "split_identity", Warning, "one lead number stands for several persons in one snapshot";
    /// One city, several states.
    CityInManyStates = "city_in_many_states", Info, "cities stand with several states";
    /// An identifier of many.
    HubIdentifier = "hub_identifier", Warning, "identifier of too many, or a hashed placeholder; not used for matching";
    /// The two sides hash differently.
    HashConventionMismatch = "hash_convention_mismatch", Error, "the client hashes otherwise than we do; of a person whose email or phone you know, leadq hash EMAIL|PHONE --is DIGEST tells how the client made its hash";
    /// The same person delivered twice.
    DuplicateLead = "duplicate_lead", Warning, "leads with the email and phone of an earlier one";
    /// A lead without identifiers.
    UnmatchableLead = "unmatchable_lead", Warning, "leads have no usable hash; they count as delivered and can never match";
    /// Several leads fit equally.
    AmbiguousLink = "ambiguous_link", Info, "records fit several leads equally well; the link is a convention";
    /// The link contradicts itself.
    ConflictLink = "conflict_link", Warning, "records match a lead by one identifier while the other differs";
    /// A disposition of unknown meaning.
    UnmappedDisposition = "unmapped_disposition", Warning, "dispositions that no rule of the vocabulary knows; they count for no outcome until schemas.json says what they mean";
    /// A claim that the data bear out.
    ClaimSupported = "claim_supported", Warning, "claims against us that the data bear out; money may be due: leadq claims shows the evidence";
    /// A claim that the data speak against.
    ClaimContradicted = "claim_contradicted", Warning, "claims against us that the data speak against; look before crediting: leadq claims --verdict contradicted";
}

impl FindingCode {
    /// The code of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

/// One finding: a code at one place, with how often and a few samples.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Finding {
    /// What was found.
    pub code: FindingCode,
    /// Whose data it is.
    pub client: ClientId,
    /// In which file, if in one.
    pub file: Option<String>,
    /// Physical line of the first occurrence, 1-based.
    pub line: Option<u64>,
    /// In which column, if in one.
    pub column: Option<String>,
    /// How often.
    pub count: u64,
    /// Up to [`Self::MAX_SAMPLES`] occurrences, redacted.
    pub samples: Vec<String>,
}

impl Finding {
    /// The most samples that a finding keeps (spec 2.6).
    pub const MAX_SAMPLES: usize = 20;
    /// The most characters of a sample.
    pub const SAMPLE_LENGTH: usize = 200;
}
