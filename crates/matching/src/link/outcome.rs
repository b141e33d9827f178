//! What became of a lead, by the records that are linked to it (spec 2.5).
//!
//! It has the outcome of all of them; what a record has one value of comes from the primary record: furthest stage, then
//! latest entry, then smallest lead number, then first seen.

use std::cmp::Reverse;

use super::candidates::{Candidate, Links};
use crate::ClientFold;
use crate::fold::Record;

/// What became of a lead that is matched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    /// Place of the primary record.
    pub(super) primary: u32,
    /// How the best of the links was found.
    pub(super) match_type: &'static str,
    pub(super) records: u32,
    pub(super) set: bool,
    pub(super) set_said: bool,
    pub(super) set_now: bool,
    pub(super) appointment: bool,
    pub(super) demo: bool,
    pub(super) demo_now: bool,
    pub(super) sold: bool,
    pub(super) cancelled: bool,
    /// Snapshots, by number.
    pub(super) first_matched: u32,
    pub(super) first_set: Option<u32>,
    pub(super) first_demo: Option<u32>,
    pub(super) first_sold: Option<u32>,
}

/// Outcomes by row of the lead.
#[derive(Debug)]
pub(super) struct Outcomes {
    all: Vec<Outcome>,
    /// By row: one more than the outcome's place, or 0.
    places: Vec<u32>,
}

impl Outcomes {
    /// Of so many rows of leads.
    pub(super) fn of(links: &Links, fold: &ClientFold, rows: usize) -> Self {
        let mut selected: Vec<&Candidate> = links.selected().collect();
        selected.sort_unstable_by_key(|link| (link.lead, link.record));
        let cancelled = CancelledStatuses::of(fold);
        let mut outcomes = Self { all: Vec::new(), places: vec![0; rows] };
        for links in selected.chunk_by(|a, b| a.lead == b.lead) {
            if let Some(outcome) = outcome(links, fold, &cancelled) {
                outcomes.all.push(outcome);
                outcomes.places[links[0].lead as usize] = outcomes.all.len() as u32;
            }
        }
        outcomes
    }

    /// The outcome of a lead, if it is matched.
    pub(super) fn get(&self, row: u32) -> Option<&Outcome> {
        let place = (self.places[row as usize] as usize).checked_sub(1)?;
        self.all.get(place)
    }
}

/// Which job statuses mean that a sale was cancelled, by symbol.
struct CancelledStatuses(Vec<bool>);

impl CancelledStatuses {
    fn of(fold: &ClientFold) -> Self {
        let vocabulary = &fold.settings().vocabulary;
        Self(fold.job_statuses().map(|status| vocabulary.is_cancelled(status)).collect())
    }

    fn has(&self, record: &Record) -> bool {
        record.state.job_status.is_some_and(|status| self.0[status.index()])
    }
}

fn outcome(links: &[&Candidate], fold: &ClientFold, cancelled: &CancelledStatuses) -> Option<Outcome> {
    let records = fold.held();
    let of = |link: &&Candidate| &records[link.record as usize];
    let primary = links.iter().copied().min_by(|a, b| primacy(fold, of(a)).cmp(&primacy(fold, of(b))))?;
    let best = links.iter().min_by_key(|link| (link.tier, link.by_phone))?;
    let any = |test: &dyn Fn(&Record) -> bool| links.iter().any(|link| test(of(link)));
    let first =
        |snapshot: &dyn Fn(&Record) -> Option<u32>| links.iter().filter_map(|l| snapshot(of(l))).min();
    let set = any(&|record| record.set);
    let sold = any(&|record| fold.is_sold(record));
    Some(Outcome {
        primary: primary.record,
        match_type: best.match_type(),
        records: links.len() as u32,
        set,
        set_said: any(&|record| record.set_said),
        set_now: any(&|record| record.state.set),
        appointment: any(&|record| record.set && record.state.appt_at.is_some()),
        demo: any(&|record| record.demo()),
        demo_now: any(&|record| record.state.set && record.state.demo),
        sold,
        cancelled: sold && links.iter().map(of).all(|record| cancelled.has(record) || !fold.is_sold(record)),
        first_matched: first(&|record| Some(record.first.snapshot))?,
        first_set: first(&|record| record.first_set),
        first_demo: first(&|record| record.first_demo),
        first_sold: first(&|record| record.first_sold.filter(|_| fold.is_sold(record))),
    })
}

/// What tells the primary record: the least has it.
fn primacy<'r>(fold: &ClientFold, record: &'r Record) -> impl Ord + use<'r> {
    let stage = match record {
        record if fold.is_sold(record) => 0,
        record if record.demo() => 1,
        record if record.set => 2,
        _ => 3,
    };
    let number = record.number();
    let first = (record.first.snapshot, record.first.line);
    (stage, Reverse(record.state.entry_date), number.is_none(), number, first, record.key)
}
