//! The second half of room 2: a client's records and leads to links, outcomes and findings (spec 2.3 to 2.7).
//!
//! This is the fast path of the model, and the only one: typed columns in memory and hash tables on the smaller side,
//! which is that of the records. The leads may be many more than fit: they are read in passes, a batch at a time, and
//! what is held of each is a fixed few dozen bytes ([`leads`]). In the order in which things happen:
//!
//! 1. [`leads`]: the first pass. Which row of a lead stands, who is in scope, who is a duplicate.
//! 2. [`carriers`]: the pairs of identifiers that records ever carried, by identifier.
//! 3. [`hubs`]: identifiers that are not used.
//! 4. [`candidates`]: which leads share an identifier with which records, in what tier, in what order.
//! 5. [`outcome`]: what became of a lead, by the records linked to it.
//! 6. [`claims`]: what the data say to claims against the seller.
//! 7. [`tables`]: a further pass, from which rows of `dim_lead` and `fact_lead_outcome` come; rows of `lead_link`.
//! 8. [`rules`]: the findings that are told from all this.
//!
//! Keyed identifiers and surrogate keys are compared by their first 128 bits: they are digests under the installation's
//! secret, or SHA-1 of what is unique, so that two of them agree in 128 bits by chance about once in 10^24 runs over
//! ten million leads.

mod candidates;
mod carriers;
mod claims;
mod conventions;
mod details;
mod hubs;
mod leads;
mod outcome;
mod places;
mod rules;
mod samples;
mod tables;

use arrow::record_batch::RecordBatch;
use leadq_contract::{Finding, IdentifierKey};

use crate::ClientFold;
use candidates::Links;
use carriers::Carriers;
use claims::{Claimable, Claimed};
use details::Details;
use hubs::Hub;
use leads::Leads;
use outcome::Outcomes;
pub use tables::LeadTables;

/// Why records and leads cannot be linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The leads could not be had.
    #[error("cannot read the leads: {0}")]
    Leads(String),
    /// What is known of the leads does not fit their rows.
    #[error("leads are of {0}, which is none of the leads files")]
    File(String),
    /// The rows are not those of the contract.
    #[error("column {0} of the clean leads is missing or of another type")]
    Schema(&'static str),
    /// Arrow could not build a table.
    #[error("cannot build rows: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
}

/// A pass over clean leads.
pub type LeadBatches<'a> = Box<dyn Iterator<Item = Result<RecordBatch, LinkError>> + 'a>;

/// A client's clean leads, batches of [`lead_rows`](leadq_contract::rows::lead_rows) that can be read over and over in
/// the same order; more columns than those do not matter.
pub trait LeadPasses {
    /// Begins a pass.
    ///
    /// # Errors
    /// If the rows cannot be had.
    fn pass(&self) -> Result<LeadBatches<'_>, LinkError>;

    /// Rows of a pass.
    fn rows(&self) -> usize;
}

/// What links are made of.
pub struct LinkInput<'a> {
    /// The client's records.
    pub fold: &'a ClientFold,
    /// Its leads.
    pub leads: &'a dyn LeadPasses,
    /// Leads files in their order; a lead's last row stands (spec 1.2).
    pub files: &'a [String],
    /// The instant of the client's latest snapshot, in microseconds since the epoch.
    pub latest: Option<i64>,
    /// Cells by digits of the hash as received (64, 40, 32), for email and phone: of the leads, and of the reports.
    pub digits: [[[u64; 3]; 2]; 2],
    /// The leads' dimensions.
    pub dimensions: &'a [String],
}

/// A client's records and leads, linked.
pub struct Linked<'a> {
    input: LinkInput<'a>,
    leads: Leads,
    /// Whether any record has a usable email; or phone.
    carried: [bool; 2],
    hubs: Vec<Hub>,
    links: Links,
    details: Details,
    outcomes: Outcomes,
    claimed: Vec<Claimed>,
}

/// An identifier as it is compared: none is 0.
type Id = u128;

/// No identifier.
const NONE: Id = 0;

/// An identifier, or a surrogate key, as it is compared.
fn id(bytes: &[u8]) -> Id {
    bytes.first_chunk::<16>().map_or(NONE, |first| Id::from_le_bytes(*first))
}

fn id_of(key: Option<IdentifierKey>) -> Id {
    key.map_or(NONE, |key| id(&key.0))
}

impl<'a> Linked<'a> {
    /// Links records with leads. Reads the leads twice.
    ///
    /// # Errors
    /// If the leads cannot be had.
    pub fn new(input: LinkInput<'a>) -> Result<Self, LinkError> {
        let fold = input.fold;
        let mut leads = Leads::read(&input)?;
        let mut carriers = Carriers::of(fold);
        let hubs = hubs::find(fold, &leads, &carriers);
        leads.pass_over(&hubs);
        carriers.pass_over(&hubs);
        let candidates = candidates::find(&mut leads, &carriers);
        let claimable = Claimable::of(fold, &leads, &carriers, &candidates);
        let details = Details::read(&input, &leads, &candidates, &claimable)?;
        let links = Links::rank(candidates, &leads, &details, fold);
        leads.mark_duplicates(&details);
        let outcomes = Outcomes::of(&links, fold, leads.rows());
        let claimed = claims::judge(fold, &leads, &carriers, &links, &details);
        let carried = carriers.has();
        Ok(Self { input, leads, carried, hubs, links, details, outcomes, claimed })
    }

    /// Whether every lead is from `dim_lead`, and nothing changed in it. Rows are known to be from it by its columns
    /// `duplicate_lead` and `in_scope`.
    #[must_use]
    pub fn leads_are_stored(&self) -> bool {
        self.leads.are_stored()
    }

    /// Rows of `dim_lead` and `fact_lead_outcome`. Reads the leads once more.
    ///
    /// # Errors
    /// If the leads cannot be had.
    pub fn lead_tables(&self) -> Result<LeadTables<'_>, LinkError> {
        LeadTables::of(self)
    }

    /// First and last day, from the epoch, on which a lead was delivered.
    #[must_use]
    pub fn days(&self) -> Option<(i32, i32)> {
        self.leads.days()
    }

    /// Rows of `lead_link`.
    pub fn links(&self) -> impl Iterator<Item = Result<RecordBatch, LinkError>> + '_ {
        tables::of_links(self)
    }

    /// Rows of `claim`.
    ///
    /// # Errors
    /// If they cannot be built.
    pub fn claims(&self) -> Result<RecordBatch, LinkError> {
        tables::of_claims(self)
    }

    /// What the rules of 2.6 find among records, leads and links.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        rules::all(self)
    }
}

#[cfg(test)]
mod tests;
