//! Records and versions as rows of the tables `record_version` and `crm_record`.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use arrow::record_batch::RecordBatch;
use leadq_contract::{IdentifierKey, Table};

use super::record::{Origin, Record, State};
use super::symbols::{Symbol, Symbols};
use super::{ClientFold, FoldError, SnapshotMeta};

/// Rows in a batch.
pub(super) const BATCH_ROWS: usize = 8192;

/// Versions that the latest snapshot ended.
pub(super) fn closed_versions(fold: &ClientFold, closed: &[Record]) -> Result<Vec<RecordBatch>, FoldError> {
    let valid_to = fold.kept.snapshots.last().map(|snapshot| snapshot.at);
    closed.chunks(BATCH_ROWS).map(|records| versions(fold, records, valid_to)).collect()
}

/// The versions that are open.
pub(super) fn open_versions(fold: &ClientFold, records: &[Record]) -> Result<RecordBatch, FoldError> {
    versions(fold, records, None)
}

fn versions(fold: &ClientFold, records: &[Record], valid_to: Option<i64>) -> Result<RecordBatch, FoldError> {
    let rows = Rows { fold, records };
    let began = |record: &Record| rows.snapshot(record.began).at;
    let mut columns = vec![
        rows.keys(),
        rows.client(),
        rows.lead_numbers(),
        rows.integers(|r| i64::from(r.version)),
        rows.times(|r| Some(began(r))),
        rows.times(|_| valid_to),
        rows.integers(|r| i64::from(r.began.snapshot)),
        rows.texts(|r| Some(&rows.snapshot(r.began).file)),
        rows.integers(|r| r.began.line as i64),
    ];
    columns.extend(rows.state());
    columns.extend([
        rows.flags(|r| r.state.set),
        rows.flags(|r| r.state.inferred),
        rows.flags(|r| r.state.demo),
        rows.symbols(&fold.kept.texts.dispo, |s| s.dispo),
        rows.symbols(&fold.kept.texts.job_status, |s| s.job_status),
        rows.flags(|r| r.unset),
    ]);
    Ok(RecordBatch::try_new(Table::RecordVersion.schema(&[]), columns)?)
}

/// Records with their latest state and what they have reached.
pub(super) fn records(fold: &ClientFold, records: &[Record]) -> Result<RecordBatch, FoldError> {
    let rows = Rows { fold, records };
    let at = |number: Option<u32>| number.map(|snapshot| fold.snapshot(snapshot).at);
    let sold = |r: &Record| fold.is_sold(r);
    let mut columns = vec![
        rows.keys(),
        rows.client(),
        rows.lead_numbers(),
        rows.integers(|r| i64::from(r.version)),
        rows.integers(|r| i64::from(r.first.snapshot)),
        rows.times(|r| Some(rows.snapshot(r.first).at)),
        rows.integers(|r| r.first.line as i64),
        rows.integers(|r| i64::from(r.last.snapshot)),
        rows.times(|r| Some(rows.snapshot(r.last).at)),
        rows.texts(|r| Some(&rows.snapshot(r.last).file)),
        rows.integers(|r| r.last.line as i64),
        rows.texts(|r| Some(fold.presence(r))),
    ];
    columns.extend(rows.state());
    columns.extend([
        rows.flags(|r| r.state.demo),
        rows.symbols(&fold.kept.texts.dispo, |s| s.dispo),
        rows.symbols(&fold.kept.texts.job_status, |s| s.job_status),
        rows.flags(|r| r.set),
        rows.flags(|r| r.set_said),
        rows.flags(|r| r.set && !r.set_said),
        rows.flags(|r| r.state.set),
        rows.flags(|r| r.state.inferred),
        rows.flags(Record::demo),
        rows.flags(|r| r.demo_seen),
        rows.flags(|r| r.state.set && r.state.demo),
        rows.flags(sold),
        rows.times(|r| at(r.first_set)),
        rows.times(|r| at(r.first_demo)),
        rows.times(|r| at(r.first_sold.filter(|_| sold(r)))),
    ]);
    Ok(RecordBatch::try_new(Table::CrmRecord.schema(&[]), columns)?)
}

/// Records of one fold, column by column.
#[derive(Clone, Copy)]
struct Rows<'a> {
    fold: &'a ClientFold,
    records: &'a [Record],
}

impl<'a> Rows<'a> {
    fn snapshot(self, origin: Origin) -> &'a SnapshotMeta {
        self.fold.snapshot(origin.snapshot)
    }

    fn keys(self) -> ArrayRef {
        Arc::new(BinaryArray::from_iter_values(self.records.iter().map(|r| r.key.0)))
    }

    fn client(self) -> ArrayRef {
        let id = self.fold.client.id.0.as_str();
        Arc::new(StringArray::from_iter_values(self.records.iter().map(|_| id)))
    }

    fn lead_numbers(self) -> ArrayRef {
        self.texts(Record::number)
    }

    fn integers(self, value: impl Fn(&Record) -> i64) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(self.records.iter().map(value)))
    }

    fn times(self, value: impl Fn(&Record) -> Option<i64>) -> ArrayRef {
        Arc::new(self.records.iter().map(value).collect::<TimestampMicrosecondArray>())
    }

    fn flags(self, value: impl Fn(&Record) -> bool) -> ArrayRef {
        Arc::new(self.records.iter().map(|record| Some(value(record))).collect::<BooleanArray>())
    }

    fn texts<'t>(self, value: impl Fn(&'a Record) -> Option<&'t str>) -> ArrayRef {
        Arc::new(self.records.iter().map(value).collect::<StringArray>())
    }

    fn symbols(self, texts: &Symbols, value: impl Fn(&State) -> Option<Symbol>) -> ArrayRef {
        let text = |record: &Record| value(&record.state).map(|symbol| texts.text(symbol));
        Arc::new(self.records.iter().map(text).collect::<StringArray>())
    }

    fn identifiers(self, value: impl Fn(&State) -> Option<&IdentifierKey>) -> ArrayRef {
        let key = |record: &'a Record| value(&record.state).map(|key| key.0.to_vec());
        Arc::new(self.records.iter().map(key).collect::<BinaryArray>())
    }

    /// The columns that both tables have in the middle.
    fn state(self) -> [ArrayRef; 7] {
        let texts = &self.fold.kept.texts;
        let dates = self.records.iter().map(|r| r.state.entry_date);
        [
            self.identifiers(|s| s.email.as_ref()),
            self.identifiers(|s| s.phone.as_ref()),
            Arc::new(dates.collect::<Date32Array>()),
            self.symbols(&texts.city, |s| s.city),
            self.symbols(&texts.state, |s| s.state),
            self.symbols(&texts.zip, |s| s.zip),
            self.times(|r| r.state.appt_at),
        ]
    }
}
