//! What several rows of one snapshot that are one CRM record come to together (spec 2.1).

use leadq_contract::IdentifierKey;

use super::rows::RowValues;

/// How far along a row is, by its own cells (2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Other,
    Set,
    Demo,
    Sold,
}

impl Stage {
    pub(crate) const fn of(set: bool, demo: bool, sale: bool) -> Self {
        match (set, demo, sale) {
            (true, true, true) => Self::Sold,
            (true, true, false) => Self::Demo,
            (true, false, _) => Self::Set,
            (false, ..) => Self::Other,
        }
    }
}

/// Order of the rows of a group: furthest stage, latest entry, latest appointment (null last), highest line.
type Rank = (Stage, Option<i32>, Option<i64>, u64);

/// The rows of a snapshot that are one CRM record.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// The record's place in the client's state.
    pub(crate) record: u32,
    /// The best row; `set` and `demo` are the group's.
    pub(crate) values: RowValues,
    rank: Rank,
    pair: Option<(IdentifierKey, IdentifierKey)>,
    /// Rows carry different pairs of usable hashes (2.6, `split_identity`).
    pub(crate) split: bool,
    others: Vec<Identifiers>,
}

/// Identifiers of a row, email and phone.
pub(crate) type Identifiers = (Option<IdentifierKey>, Option<IdentifierKey>);

impl Group {
    pub(crate) fn new(record: u32, row: &RowValues, sale: bool) -> Self {
        Self {
            record,
            values: *row,
            rank: rank(row, sale),
            pair: pair(row),
            split: false,
            others: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, row: &RowValues, sale: bool) {
        let (set, demo) = (either(self.values.set, row.set), either(self.values.demo, row.demo));
        let rank = rank(row, sale);
        let mut passed_over = identifiers(row);
        if rank > self.rank {
            passed_over = identifiers(&self.values);
            self.rank = rank;
            self.values = *row;
        }
        if passed_over != identifiers(&self.values) {
            self.others.push(passed_over);
        }
        (self.values.set, self.values.demo) = (set, demo);
        match (self.pair, pair(row)) {
            (Some(first), Some(other)) => self.split |= first != other,
            (None, other) => self.pair = other,
            (Some(_), None) => {}
        }
    }
}

impl Group {
    /// Identifiers that only rows passed over for the best one carry.
    pub(crate) fn passed_over(&self) -> impl Iterator<Item = Identifiers> {
        self.others.iter().copied().filter(|other| *other != identifiers(&self.values))
    }
}

const fn identifiers(row: &RowValues) -> Identifiers {
    (row.email, row.phone)
}

fn rank(row: &RowValues, sale: bool) -> Rank {
    let stage = Stage::of(row.set == Some(true), row.demo == Some(true), sale);
    (stage, row.entry_date, row.appt_at, row.line)
}

fn pair(row: &RowValues) -> Option<(IdentifierKey, IdentifierKey)> {
    row.email.zip(row.phone)
}

/// True if true in either, else false if false in either, else null.
const fn either(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), _) | (_, Some(false)) => Some(false),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: u64) -> RowValues {
        RowValues::empty(line)
    }

    fn best(rows: &[(RowValues, bool)]) -> RowValues {
        let mut group = Group::new(0, &rows[0].0, rows[0].1);
        rows[1..].iter().for_each(|(row, sale)| group.add(row, *sale));
        group.values
    }

    #[test]
    fn the_best_row_of_2_1() {
        let set = RowValues { set: Some(true), ..row(1) };
        let demo = RowValues { set: Some(true), demo: Some(true), ..row(2) };
        let late = RowValues { entry_date: Some(9), ..row(3) };
        let appt = RowValues { appt_at: Some(9), ..row(4) };
        assert_eq!(best(&[(late, false), (set, false)]).line, 1);
        assert_eq!(best(&[(set, false), (demo, false)]).line, 2);
        assert_eq!(best(&[(RowValues { line: 7, ..demo }, true), (demo, false)]).line, 7);
        assert_eq!(best(&[(late, false), (row(9), false)]).line, 3);
        assert_eq!(best(&[(row(9), false), (appt, false)]).line, 4);
        assert_eq!(best(&[(row(9), false), (row(8), false)]).line, 9);
        // a demo without set is no further along than nothing
        assert_eq!(best(&[(RowValues { demo: Some(true), ..row(1) }, true), (row(2), false)]).line, 2);
    }

    #[test]
    fn set_and_demo_are_the_groups() {
        let said = |set, demo| RowValues { set, demo, ..row(1) };
        let group = best(&[
            (said(Some(true), None), false),
            (RowValues { line: 5, ..said(Some(false), Some(false)) }, false),
        ]);
        assert_eq!((group.line, group.set, group.demo), (1, Some(true), Some(false)));
        let group = best(&[(said(None, None), false), (RowValues { line: 5, ..said(None, None) }, false)]);
        assert_eq!((group.set, group.demo), (None, None));
    }

    #[test]
    fn identifiers_of_rows_passed_over_are_known() {
        let person = |n: u8, line| RowValues { email: Some(IdentifierKey([n; 32])), ..row(line) };
        let mut group = Group::new(0, &person(1, 1), false);
        for (n, line) in [(1, 2), (2, 3), (3, 9), (3, 4), (1, 5)] {
            group.add(&person(n, line), false);
        }
        let mut passed: Vec<_> =
            group.passed_over().filter_map(|(email, _)| email.map(|key| key.0[0])).collect();
        passed.sort_unstable();
        passed.dedup();
        assert_eq!((group.values.line, passed), (9, vec![1, 2]));
    }

    #[test]
    fn a_second_pair_splits_the_identity() {
        let person = |n: u8| RowValues {
            email: Some(IdentifierKey([n; 32])),
            phone: Some(IdentifierKey([n; 32])),
            ..row(1)
        };
        let mut group = Group::new(0, &RowValues { phone: None, ..person(1) }, false);
        group.add(&person(2), false);
        assert!(!group.split);
        group.add(&person(3), false);
        assert!(group.split);
    }
}
