//! A CRM record: its state, how a row changes it, and what it has ever reached (spec 2.2).

use leadq_contract::column::ColumnSet;
use leadq_contract::{IdentifierKey, ReportColumn, SurrogateKey};
use serde::{Deserialize, Serialize};

use super::rows::RowValues;
use super::symbols::Symbol;

/// What a version of a record holds; two versions differ if any of it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) email: Option<IdentifierKey>,
    pub(crate) phone: Option<IdentifierKey>,
    pub(crate) entry_date: Option<i32>,
    pub(crate) city: Option<Symbol>,
    pub(crate) state: Option<Symbol>,
    pub(crate) zip: Option<Symbol>,
    pub(crate) appt_at: Option<i64>,
    pub(crate) set: bool,
    /// `set` follows from a demo or an appointment date; no cell says it.
    pub(crate) inferred: bool,
    pub(crate) demo: bool,
    pub(crate) dispo: Option<Symbol>,
    pub(crate) job_status: Option<Symbol>,
}

impl State {
    /// Nothing known.
    const EMPTY: Self = Self {
        email: None,
        phone: None,
        entry_date: None,
        city: None,
        state: None,
        zip: None,
        appt_at: None,
        set: false,
        inferred: false,
        demo: false,
        dispo: None,
        job_status: None,
    };

    /// The state after a snapshot's row, given the state before. `unknown` are the snapshot's dead and
    /// missing columns: their cells say nothing, so what was known stands.
    pub(crate) fn after(row: &RowValues, before: Option<&Self>, unknown: ColumnSet) -> Self {
        use ReportColumn as C;
        let known = |column| !unknown.contains(column);
        let demo = row.demo.filter(|_| known(C::Demo)).unwrap_or_else(|| before.is_some_and(|b| b.demo));
        let appt_at = carry(row.appt_at, before.and_then(|b| b.appt_at), known(C::ApptAt));
        let said = row.set.filter(|_| known(C::Set));
        let (set, inferred) = said.map_or_else(|| infer_set(before, demo, appt_at), |set| (set, false));
        Self {
            email: carry(row.email, before.and_then(|b| b.email), known(C::EmailHash)),
            phone: carry(row.phone, before.and_then(|b| b.phone), known(C::PhoneHash)),
            entry_date: carry(row.entry_date, before.and_then(|b| b.entry_date), known(C::EntryDate)),
            city: carry(row.city, before.and_then(|b| b.city), known(C::City)),
            state: carry(row.state, before.and_then(|b| b.state), known(C::State)),
            zip: carry(row.zip, before.and_then(|b| b.zip), known(C::Zip)),
            appt_at,
            set,
            inferred,
            demo,
            dispo: carry(row.dispo, before.and_then(|b| b.dispo), known(C::Dispo)),
            job_status: carry(row.job_status, before.and_then(|b| b.job_status), known(C::JobStatus)),
        }
    }
}

/// A row's value; where its column is unknown and nothing filled it, the value before.
fn carry<T>(value: Option<T>, before: Option<T>, known: bool) -> Option<T> {
    if known { value } else { value.or(before) }
}

/// `set` and whether it is inferred, where no cell says it: what was set stays so; else new evidence sets it.
fn infer_set(before: Option<&State>, demo: bool, appt_at: Option<i64>) -> (bool, bool) {
    if let Some(before) = before.filter(|before| before.set) {
        return (true, before.inferred);
    }
    let new_demo = demo && !before.is_some_and(|b| b.demo);
    let new_appt = appt_at.is_some() && appt_at != before.and_then(|b| b.appt_at);
    let evidence = new_demo || new_appt;
    (evidence, evidence)
}

/// A place in the history: snapshot number, and line of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) snapshot: u32,
    pub(crate) line: u64,
}

/// A CRM record, as of the snapshots folded so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) key: SurrogateKey,
    pub(crate) natural: NaturalKey,
    pub(crate) state: State,
    /// Number of the current version, from 1, and where it began.
    pub(crate) version: u32,
    pub(crate) began: Origin,
    /// The current version took back a `set`.
    pub(crate) unset: bool,
    pub(crate) first: Origin,
    pub(crate) last: Origin,
    pub(crate) set: bool,
    /// Set in some version by a cell, not by inference.
    pub(crate) set_said: bool,
    pub(crate) demo_seen: bool,
    pub(crate) first_set: Option<u32>,
    pub(crate) first_demo: Option<u32>,
    pub(crate) first_sold: Option<u32>,
}

/// What makes rows of different snapshots one record (2.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum NaturalKey {
    Number(Box<str>),
    Identity(Box<(Option<IdentifierKey>, Option<IdentifierKey>, Option<i32>)>),
}

impl Record {
    /// A record of which no state is known yet: its version is 0 until [`Self::change`].
    pub(crate) const fn unseen(key: SurrogateKey, natural: NaturalKey) -> Self {
        let nowhere = Origin { snapshot: 0, line: 0 };
        Self {
            key,
            natural,
            state: State::EMPTY,
            version: 0,
            began: nowhere,
            unset: false,
            first: nowhere,
            last: nowhere,
            set: false,
            set_said: false,
            demo_seen: false,
            first_set: None,
            first_demo: None,
            first_sold: None,
        }
    }

    /// The current version's state, once there is one.
    pub(crate) fn current(&self) -> Option<&State> {
        (self.version > 0).then_some(&self.state)
    }

    /// Begins a new version.
    pub(crate) fn change(&mut self, state: State, origin: Origin, sale: bool) {
        self.unset = self.state.set && !state.set;
        self.state = state;
        self.version += 1;
        self.began = origin;
        if self.version == 1 {
            self.first = origin;
        }
        self.reach(origin.snapshot, sale);
    }

    /// Notes what the current version reached first. `sale`: its disposition means a sale.
    fn reach(&mut self, snapshot: u32, sale: bool) {
        self.set |= self.state.set;
        self.set_said |= self.state.set && !self.state.inferred;
        self.demo_seen |= self.state.demo;
        if self.set {
            self.first_set.get_or_insert(snapshot);
        }
        if self.demo() {
            self.first_demo.get_or_insert(snapshot);
            if sale {
                self.first_sold.get_or_insert(snapshot);
            }
        }
    }

    /// Set and demoed in any version.
    pub(crate) const fn demo(&self) -> bool {
        self.set && self.demo_seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> RowValues {
        RowValues::empty(2)
    }

    fn set_of(row: RowValues, before: Option<&State>, dead: &[ReportColumn]) -> (bool, bool) {
        let state = State::after(&row, before, dead.iter().copied().collect());
        (state.set, state.inferred)
    }

    fn state(set: bool, inferred: bool, demo: bool, appt_at: Option<i64>) -> State {
        let before = State::after(
            &RowValues { demo: Some(demo), appt_at, set: Some(set), ..row() },
            None,
            ColumnSet::default(),
        );
        State { inferred, ..before }
    }

    const DEAD: &[ReportColumn] = &[ReportColumn::Set];

    #[test]
    fn a_cell_that_is_known_decides_set() {
        let no = RowValues { set: Some(false), appt_at: Some(5), demo: Some(true), ..row() };
        assert_eq!(set_of(no, Some(&state(true, true, false, None)), &[]), (false, false));
        let yes = RowValues { set: Some(true), ..row() };
        assert_eq!(set_of(yes, Some(&state(true, true, false, None)), &[]), (true, false));
    }

    #[test]
    fn an_unknown_cell_keeps_what_was_set_and_how() {
        let dead = RowValues { set: Some(false), ..row() };
        assert_eq!(set_of(dead, Some(&state(true, false, false, None)), DEAD), (true, false));
        assert_eq!(set_of(dead, Some(&state(true, true, false, None)), DEAD), (true, true));
    }

    #[test]
    fn new_evidence_sets_by_inference() {
        let with = |demo, appt_at| RowValues { set: Some(false), demo: Some(demo), appt_at, ..row() };
        assert_eq!(set_of(with(true, None), None, DEAD), (true, true), "first seen with a demo");
        assert_eq!(set_of(with(false, Some(5)), None, DEAD), (true, true), "first seen with an appointment");
        assert_eq!(set_of(with(false, None), None, DEAD), (false, false));
        let before = state(false, false, true, Some(5));
        assert_eq!(
            set_of(with(true, Some(5)), Some(&before), DEAD),
            (false, false),
            "stood beside a known false"
        );
        assert_eq!(set_of(with(true, Some(6)), Some(&before), DEAD), (true, true), "another appointment");
        assert_eq!(
            set_of(with(true, None), Some(&before), DEAD),
            (false, false),
            "an appointment taken back"
        );
    }

    #[test]
    fn dead_and_missing_columns_keep_the_value_before() {
        let before = State { entry_date: Some(3), ..state(false, false, true, Some(5)) };
        let unknown: ColumnSet =
            [ReportColumn::EntryDate, ReportColumn::ApptAt, ReportColumn::Demo].into_iter().collect();
        let after = State::after(&RowValues { demo: Some(false), ..row() }, Some(&before), unknown);
        assert_eq!((after.entry_date, after.appt_at, after.demo), (Some(3), Some(5), true));
        let known = State::after(&row(), Some(&before), ColumnSet::default());
        assert_eq!(
            (known.entry_date, known.appt_at, known.demo),
            (None, None, true),
            "a null demo is unknown"
        );
    }

    #[test]
    fn a_value_filled_from_location_is_known() {
        let mut states = super::super::symbols::Symbols::exact();
        let (wa, nv) = (states.intern("WA"), states.intern("NV"));
        let before = State { state: Some(wa), ..state(false, false, false, None) };
        let dead: ColumnSet = [ReportColumn::State].into_iter().collect();
        assert_eq!(
            State::after(&RowValues { state: Some(nv), ..row() }, Some(&before), dead).state,
            Some(nv)
        );
        assert_eq!(State::after(&row(), Some(&before), dead).state, Some(wa));
    }

    #[test]
    fn milestones_are_reached_once() {
        let origin = |snapshot| Origin { snapshot, line: 1 };
        let key = SurrogateKey([0; 16]);
        let natural = NaturalKey::Number("1".into());
        let mut record = Record::unseen(key, natural);
        assert_eq!(record.current(), None);
        record.change(state(false, false, true, None), origin(1), true);
        assert_eq!((record.first_set, record.first_demo, record.first_sold), (None, None, None));
        record.change(state(true, true, true, None), origin(2), false);
        record.change(state(false, false, true, None), origin(3), true);
        assert!(record.unset && record.set && !record.set_said);
        assert_eq!((record.first_set, record.first_demo, record.first_sold), (Some(2), Some(2), Some(3)));
    }
}
