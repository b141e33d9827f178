//! Column health: which columns of a snapshot are dead (spec 1.9).

use leadq_contract::ReportColumn;
use leadq_contract::column::ColumnSet;

/// Snapshots of fewer kept rows are not judged, and not judged by.
const MIN_ROWS: u64 = 50;
/// A column is dead only where at least this many informative cells were to be expected.
const MIN_EXPECTED: u64 = 10;

/// What a snapshot's columns hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ColumnCounts {
    /// Kept rows.
    pub kept: u64,
    /// Columns that have a header.
    pub present: ColumnSet,
    /// Informative own cells by column.
    pub informative: [u64; ReportColumn::COUNT],
}

/// A column that went dead, with the share of informative cells before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeadColumn {
    /// The column.
    pub column: ReportColumn,
    /// Informative cells and kept rows in the latest snapshot in which it was alive.
    pub before: (u64, u64),
}

/// What is remembered of each column: informative cells and kept rows of the latest judged snapshot in
/// which it was present and not dead.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct ColumnHealth {
    alive: [Option<(u64, u64)>; ReportColumn::COUNT],
}

impl ColumnHealth {
    /// Judges the next snapshot of the client.
    pub fn judge(&mut self, counts: &ColumnCounts) -> Vec<DeadColumn> {
        if counts.kept < MIN_ROWS {
            return Vec::new();
        }
        let mut dead = Vec::new();
        for column in counts.present.iter() {
            let informative = counts.informative[column.index()];
            let before = &mut self.alive[column.index()];
            match *before {
                // informative / kept before × kept now ≥ MIN_EXPECTED, without a division
                Some((had, of))
                    if informative == 0 && expected(had, counts.kept) >= expected(MIN_EXPECTED, of) =>
                {
                    dead.push(DeadColumn { column, before: (had, of) });
                }
                _ => *before = Some((informative, counts.kept)),
            }
        }
        dead
    }
}

fn expected(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(kept: u64, set: u64) -> ColumnCounts {
        let mut informative = [0; ReportColumn::COUNT];
        informative[ReportColumn::Set.index()] = set;
        ColumnCounts { kept, present: [ReportColumn::Set].into_iter().collect(), informative }
    }

    fn dead(snapshots: &[(u64, u64)]) -> Vec<bool> {
        let mut health = ColumnHealth::default();
        snapshots.iter().map(|(kept, set)| !health.judge(&counts(*kept, *set)).is_empty()).collect()
    }

    #[test]
    fn rules_of_1_9() {
        assert_eq!(
            dead(&[(100, 20), (100, 0), (100, 0), (100, 1), (100, 0)]),
            [false, true, true, false, false]
        );
        // never alive: nothing to compare with
        assert_eq!(dead(&[(100, 0), (100, 0)]), [false, false]);
        // under 50 rows: neither judged nor judged by
        assert_eq!(dead(&[(49, 40), (100, 0)]), [false, false]);
        assert_eq!(dead(&[(100, 40), (49, 0)]), [false, false]);
        // exactly 10 expected is enough, less is not
        assert_eq!(dead(&[(100, 20), (50, 0)]), [false, true]);
        assert_eq!(dead(&[(101, 20), (50, 0)]), [false, false]);
    }

    #[test]
    fn a_column_without_header_is_missing_not_dead() {
        let mut health = ColumnHealth::default();
        assert!(health.judge(&counts(100, 50)).is_empty());
        let missing = ColumnCounts { present: ColumnSet::default(), ..counts(100, 0) };
        assert!(health.judge(&missing).is_empty());
        let found = health.judge(&counts(100, 0));
        assert_eq!(found, [DeadColumn { column: ReportColumn::Set, before: (50, 100) }]);
    }
}
