//! What is known of the leads that links and claims are about, and need not be held of all: the second pass.

use arrow::array::{Array, AsArray, Decimal128Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use hashbrown::HashMap;

use super::candidates::Candidate;
use super::claims::Claimable;
use super::leads::{LeadColumns, Leads};
use super::{LinkError, LinkInput};

/// A row of which no more is known.
const NO_SLOT: u32 = u32::MAX;

/// Leads by row: ids of those that are candidates, duplicates or evidence.
#[derive(Debug)]
pub(super) struct Details {
    /// By row.
    slots: Vec<u32>,
    /// By slot, where the id ends.
    ends: Vec<usize>,
    text: String,
    claimed: HashMap<u32, OfClaim>,
    /// Ids of the leads without a usable identifier, each behind the one before.
    unmatchable: (String, Vec<usize>),
}

/// What claims need of a lead.
#[derive(Debug, Clone, Default)]
pub(super) struct OfClaim {
    /// Wall time of delivery.
    pub(super) local: Option<i64>,
    pub(super) zip: Option<Box<str>>,
    pub(super) price: Option<i128>,
}

/// The columns of a batch that claims need.
struct ClaimColumns<'b> {
    local: &'b TimestampMicrosecondArray,
    zip: &'b StringArray,
    price: &'b Decimal128Array,
}

impl<'b> ClaimColumns<'b> {
    fn of(batch: &'b RecordBatch, known: &LeadColumns<'b>) -> Result<Self, LinkError> {
        let column = |name: &'static str| batch.column_by_name(name).ok_or(LinkError::Schema(name));
        Ok(Self {
            local: known.local,
            zip: column("zip")?.as_string_opt().ok_or(LinkError::Schema("zip"))?,
            price: column("price")?.as_primitive_opt().ok_or(LinkError::Schema("price"))?,
        })
    }

    fn row(&self, row: usize) -> OfClaim {
        OfClaim {
            local: self.local.is_valid(row).then(|| self.local.value(row)),
            zip: self.zip.is_valid(row).then(|| self.zip.value(row).into()),
            price: self.price.is_valid(row).then(|| self.price.value(row)),
        }
    }
}

impl Details {
    pub(super) fn read(
        input: &LinkInput<'_>,
        leads: &Leads,
        candidates: &[Candidate],
        claimable: &Claimable,
    ) -> Result<Self, LinkError> {
        let mut slots = vec![NO_SLOT; leads.rows()];
        let wanted = candidates.iter().map(|candidate| candidate.lead).chain(leads.paired());
        // Any slot marks a row that is wanted; which it gets is known when its turn comes.
        wanted.chain(claimable.rows()).for_each(|row| slots[row as usize] = 0);
        let mut details = Self {
            slots,
            ends: Vec::new(),
            text: String::new(),
            claimed: HashMap::new(),
            unmatchable: Default::default(),
        };
        let mut next = 0;
        for batch in input.leads.pass()? {
            let batch = batch?;
            let columns = LeadColumns::of(&batch)?;
            let of_claims = ClaimColumns::of(&batch, &columns)?;
            for row in 0..batch.num_rows() {
                if details.slots[next] != NO_SLOT {
                    details.slots[next] = details.ends.len() as u32;
                    details.text.push_str(columns.uuid.value(row));
                    details.ends.push(details.text.len());
                    if claimable.has(next as u32) {
                        details.claimed.insert(next as u32, of_claims.row(row));
                    }
                }
                if columns.is_unmatchable(row) && leads.stands(next as u32) {
                    let (text, ends) = &mut details.unmatchable;
                    text.push_str(columns.uuid.value(row));
                    ends.push(text.len());
                }
                next += 1;
            }
        }
        Ok(details)
    }

    /// Id of a lead; empty if nothing asked for it.
    pub(super) fn uuid(&self, row: u32) -> &str {
        let slot = self.slots[row as usize];
        if slot == NO_SLOT {
            return "";
        }
        let slot = slot as usize;
        let from = if slot == 0 { 0 } else { self.ends[slot - 1] };
        &self.text[from..self.ends[slot]]
    }

    /// Ids of the leads without a usable identifier.
    pub(super) fn unmatchable(&self) -> impl Iterator<Item = &str> {
        let (text, ends) = &self.unmatchable;
        let starts = std::iter::once(0).chain(ends.iter().copied());
        starts.zip(ends).map(|(from, to)| &text[from..*to])
    }

    /// Leads of which claims need more.
    pub(super) fn of_claims(&self) -> impl Iterator<Item = u32> + '_ {
        self.claimed.keys().copied()
    }

    /// What claims need of a lead.
    pub(super) fn of_claim(&self, row: u32) -> OfClaim {
        self.claimed.get(&row).cloned().unwrap_or_default()
    }
}
