//! The rows of one snapshot, record by record (spec 2.1), without looking at rows that stand as they stood.

use arrow::record_batch::RecordBatch;
use leadq_contract::KeptRows;

use super::group::Group;
use super::known::Slot;
use super::rows::{RowReader, RowValues};
use super::{ClientFold, FoldError, hash_of};

/// A record's rows in a snapshot: the first, and what they come to together if there are more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows {
    record: u32,
    pub(super) first: Slot,
    /// Line of the first.
    line: u64,
    /// One more than the place of the group of several rows; 0 if there is but one.
    several: u32,
}

/// A snapshot's rows by record, in the order of their first rows.
#[derive(Debug)]
pub(super) struct Grouping {
    /// By record: one more than its place in `rows`.
    places: Vec<u32>,
    rows: Vec<Rows>,
    several: Vec<Group>,
}

impl Grouping {
    /// None yet, of a snapshot of so many rows and a client with so many records.
    fn new(records: usize, rows: usize) -> Self {
        Self { places: vec![0; records], rows: Vec::with_capacity(rows), several: Vec::new() }
    }

    /// Notes a row of a record; gives the record's first row, if this is a further one.
    fn note(&mut self, record: u32, slot: Slot, line: u64) -> Option<(Slot, u64)> {
        if self.places.len() <= record as usize {
            self.places.resize(record as usize + 1, 0);
        }
        let place = &mut self.places[record as usize];
        match (*place as usize).checked_sub(1) {
            Some(at) => Some((self.rows[at].first, self.rows[at].line)),
            None => {
                self.rows.push(Rows { record, first: slot, line, several: 0 });
                *place = self.rows.len() as u32;
                None
            }
        }
    }

    /// Adds a further row of a record, each row with whether its disposition means a sale.
    fn further(&mut self, record: u32, first: (&RowValues, bool), row: (&RowValues, bool)) {
        let rows = &mut self.rows[self.places[record as usize] as usize - 1];
        if rows.several == 0 {
            self.several.push(Group::new(record, first.0, first.1));
            rows.several = self.several.len() as u32;
        }
        self.several[rows.several as usize - 1].add(row.0, row.1);
    }

    /// The records' rows, and the group of those that have several.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Rows, Option<&Group>)> {
        let several =
            |rows: &Rows| (rows.several as usize).checked_sub(1).and_then(|at| self.several.get(at));
        self.rows.iter().map(move |rows| (rows, several(rows)))
    }
}

impl Rows {
    /// The group of a row that is alone.
    pub(super) fn group_of_one(&self, fold: &mut ClientFold) -> Group {
        let values = fold.known.values(self.first, self.line);
        let sale = fold.is_sale(values.dispo);
        Group::new(self.record, &values, sale)
    }

    /// Place of the record.
    pub(super) const fn record(&self) -> u32 {
        self.record
    }

    /// Line of the first row.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }
}

impl ClientFold {
    /// Groups a snapshot's rows to records (2.1): all of them by `kept`, and the values of those that are fresh.
    pub(super) fn group<E: std::fmt::Display>(
        &mut self,
        file: &str,
        kept: &KeptRows,
        fresh: impl Iterator<Item = Result<RecordBatch, E>>,
    ) -> Result<Grouping, FoldError> {
        let mut grouping = Grouping::new(self.kept.records.len(), kept.len());
        if self.kept.records.is_empty() {
            self.reserve(kept.mark.fresh.len());
        }
        let differ = || FoldError::Numbers { file: file.to_owned() };
        let mut rows = kept.iter();
        for batch in fresh {
            let batch =
                batch.map_err(|e| FoldError::Rows { file: file.to_owned(), reason: e.to_string() })?;
            let mut reader = RowReader::new(&batch)?;
            for at in 0..batch.num_rows() {
                let (line, row) = loop {
                    let (line, row) = rows.next().ok_or_else(differ)?;
                    if kept.mark.fresh.contains(&row) {
                        break (line, row);
                    }
                    self.known_row(&mut grouping, line, row).ok_or_else(differ)?;
                };
                let values = RowValues { line, ..reader.values(at, &mut self.kept.texts) };
                self.is_sale(values.dispo);
                let record = self.record_of(reader.lead_number(at), &values);
                let slot = self.known.add(row, record, &values);
                self.row_of(&mut grouping, record, slot, line);
            }
        }
        for (line, row) in rows {
            self.known_row(&mut grouping, line, row).ok_or_else(differ)?;
        }
        Ok(grouping)
    }

    /// Makes room for the records of the first snapshot: nearly each of its rows is one.
    fn reserve(&mut self, rows: usize) {
        self.kept.records.reserve(rows);
        let (records, hasher) = (&self.kept.records, &self.hasher);
        self.index.reserve(rows, |place| hash_of(hasher, &records[*place as usize].natural));
    }

    /// Adds a row that is held; none if it is not.
    fn known_row(&mut self, grouping: &mut Grouping, line: u64, row: u32) -> Option<()> {
        let (slot, record) = self.known.find(row)?;
        self.row_of(grouping, record, slot, line);
        Some(())
    }

    fn row_of(&mut self, grouping: &mut Grouping, record: u32, slot: Slot, line: u64) {
        let Some((first, first_line)) = grouping.note(record, slot, line) else { return };
        self.known.is_alone(first, false);
        self.known.is_alone(slot, false);
        let (first, row) = (self.known.values(first, first_line), self.known.values(slot, line));
        let sales = (self.is_sale(first.dispo), self.is_sale(row.dispo));
        grouping.further(record, (&first, sales.0), (&row, sales.1));
    }
}
