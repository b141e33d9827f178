//! What the analysis found, as the pages and the workbook take it. Whoever calls fills it from a committed run.

use chrono::{DateTime, NaiveDateTime, Utc};
use leadq_contract::run::FileStatus;
use leadq_contract::vocabulary::{Claim, Verdict};
use leadq_contract::{Bucket, Finding};
use leadq_metrics::{Counts, Maturation, Segments, TrendPoint};

/// All that a report shows. What is empty or `None` is left out, or said to be missing.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// Number of the run.
    pub run: u64,
    /// When it was committed.
    pub committed_at: DateTime<Utc>,
    /// The clients and how far their reports reach, in the order in which they are shown.
    pub clients: Vec<ClientState>,
    /// All leads in scope.
    pub counts: Counts,
    /// The run before this one, if there was one.
    pub before: Option<EarlierRun>,
    /// What happened to leads between the latest snapshot and the one before it.
    pub changes: Option<Changes>,
    /// Over all clients (`client_id` is `None`) and each client; a client's points in snapshot order.
    pub trend: Vec<TrendPoint>,
    /// Over all clients first, then each client.
    pub maturation: Vec<Maturation>,
    /// One entry a cut, in the order in which they are shown.
    pub segments: Vec<Segments>,
    /// Column health (spec 1.9): clients and snapshots in order, a row a canonical column.
    pub columns: Vec<ColumnHealth>,
    /// Findings, worst first.
    pub findings: Vec<Finding>,
    /// Claims against the seller, and what the data says of them (spec 2.7).
    pub claims: Claims,
    /// What became of files and rows.
    pub files: Files,
}

/// A client, and how far its reports reach.
#[derive(Debug, Clone, Default)]
pub struct ClientState {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Zone of its wall times, `America/Los_Angeles`.
    pub timezone: String,
    /// Its latest snapshot, wall time of its zone; `None` before the first.
    pub latest_snapshot: Option<NaiveDateTime>,
    /// Snapshots taken in.
    pub snapshots: u64,
}

/// An earlier run, and what leads from its numbers to those of this one.
#[derive(Debug, Clone, Default)]
pub struct EarlierRun {
    /// Its number.
    pub run: u64,
    /// When it was committed.
    pub committed_at: DateTime<Utc>,
    /// Its numbers, as they were quoted then.
    pub counts: Counts,
    /// The causes of the difference, in the order in which they are shown; they need not add up.
    pub bridge: Vec<BridgeRow>,
}

/// One cause of a difference between two runs, with what it changed.
#[derive(Debug, Clone, Default)]
pub struct BridgeRow {
    /// The cause, in words: `new leads`, `news in new snapshots`.
    pub cause: String,
    /// Change of the leads delivered.
    pub delivered: i64,
    /// Change of the leads matched.
    pub matched: i64,
    /// Change of the leads set.
    pub set: i64,
    /// Change of the demos.
    pub demos: i64,
    /// Change of the sales.
    pub sold: i64,
}

/// How many leads changed between the latest snapshot and the one before it (spec chapter 3, changes).
#[derive(Debug, Clone, Copy, Default)]
pub struct Changes {
    /// The earlier snapshot; `None` over several clients.
    pub from: Option<NaiveDateTime>,
    /// The later one.
    pub to: Option<NaiveDateTime>,
    /// Became matched.
    pub matched: u64,
    /// Became set.
    pub set: u64,
    /// Are no longer set; they still count.
    pub unset: u64,
    /// Were demoed.
    pub demoed: u64,
    /// Were sold.
    pub sold: u64,
    /// Have another appointment than before.
    pub rescheduled: u64,
    /// All of their records are gone.
    pub vanished: u64,
}

/// The health of one column in one snapshot.
#[derive(Debug, Clone, Default)]
pub struct ColumnHealth {
    /// The client.
    pub client_id: String,
    /// Time of the snapshot, wall time of the client's zone.
    pub snapshot_at: NaiveDateTime,
    /// The file.
    pub file: String,
    /// Canonical name of the column.
    pub column: String,
    /// Kept rows of the snapshot.
    pub kept: u64,
    /// Informative cells: true for a boolean, not null for any other type.
    pub informative: u64,
    /// Whether the file has the column.
    pub present: bool,
    /// Whether it is dead there.
    pub dead: bool,
}

/// What a claim says against a lead, in words.
pub(crate) const fn claim_words(claim: Claim) -> &'static str {
    match claim {
        Claim::Duplicate => "duplicate",
        Claim::OutOfArea => "out of area",
        Claim::Other => "other",
    }
}

/// What the data says of a claim, in words.
pub(crate) const fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "supported",
        Verdict::Contradicted => "contradicted",
        Verdict::Unchecked => "cannot be checked",
    }
}

/// Claims of the clients against the seller.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// Sums by kind and verdict.
    pub sums: Vec<ClaimSum>,
    /// How many of the supported ones rest on another record of the same lead alone.
    pub entered_twice: u64,
    /// Contradicted ones; the caller may give only some of them.
    pub contradicted: Vec<ContradictedClaim>,
}

/// Claims of one kind with one verdict.
#[derive(Debug, Clone)]
pub struct ClaimSum {
    /// What they say.
    pub kind: Claim,
    /// What the data says.
    pub verdict: Verdict,
    /// How many.
    pub count: u64,
    /// Sum of the leads' prices, if they have any.
    pub price: Option<f64>,
}

/// A claim that the data contradicts.
#[derive(Debug, Clone, Default)]
pub struct ContradictedClaim {
    /// The client.
    pub client_id: String,
    /// The client's number of the lead.
    pub lead_number: Option<String>,
    /// The lead.
    pub lead_uuid: String,
    /// The disposition that makes the claim.
    pub dispo: String,
    /// What speaks against it.
    pub evidence: String,
    /// Price of the lead, if it has one.
    pub price: Option<f64>,
}

/// What became of files and rows.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// Files by what became of them.
    pub by_status: Vec<(FileStatus, u64)>,
    /// Rows read, by bucket.
    pub rows: Vec<(Bucket, u64)>,
}

impl Analysis {
    /// A client's name for people; its id where it has none.
    pub(crate) fn client_name<'a>(&'a self, id: &'a str) -> &'a str {
        let client = self.clients.iter().find(|client| client.id == id);
        client.map(|client| client.name.as_str()).filter(|name| !name.is_empty()).unwrap_or(id)
    }

    /// The trend over all clients; of the only client, where nothing else is given.
    pub(crate) fn overall_trend(&self) -> Vec<&TrendPoint> {
        let of = |client: Option<&str>| -> Vec<&TrendPoint> {
            self.trend.iter().filter(|point| point.client_id.as_deref() == client).collect()
        };
        match of(None) {
            all if !all.is_empty() => all,
            _ => self.trend.first().map(|first| of(first.client_id.as_deref())).unwrap_or_default(),
        }
    }
}
