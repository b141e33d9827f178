//! Which rows a report file has, kept until its turn comes.

use std::sync::Arc;

use arrow::array::{AsArray as _, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, UInt32Type, UInt64Type};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use leadq_contract::{BookMark, KeptRows, RowRun};

use crate::spool::Spool;

/// Runs in a batch.
const BATCH_RUNS: usize = 1 << 16;

/// The kept rows of a file, in a spool.
pub(crate) struct SpooledRows {
    pub(crate) mark: BookMark,
    runs: Spool,
}

impl SpooledRows {
    /// Puts rows into an empty spool.
    pub(crate) fn new(rows: &KeptRows, mut spool: Spool) -> Result<Self, ArrowError> {
        let field = |name, data_type| Field::new(name, data_type, false);
        let schema = Arc::new(Schema::new(vec![
            field("line", DataType::UInt64),
            field("row", DataType::UInt32),
            field("count", DataType::UInt32),
        ]));
        for runs in rows.runs.chunks(BATCH_RUNS) {
            let batch = RecordBatch::try_new(
                Arc::clone(&schema),
                vec![
                    Arc::new(UInt64Array::from_iter_values(runs.iter().map(|run| run.line))),
                    Arc::new(UInt32Array::from_iter_values(runs.iter().map(|run| run.row))),
                    Arc::new(UInt32Array::from_iter_values(runs.iter().map(|run| run.count))),
                ],
            )?;
            spool.push(batch)?;
        }
        spool.close()?;
        Ok(Self { mark: rows.mark.clone(), runs: spool })
    }

    /// The rows.
    pub(crate) fn into_rows(self) -> Result<KeptRows, ArrowError> {
        let mut rows = KeptRows { mark: self.mark, runs: Vec::new() };
        for batch in self.runs.into_batches()? {
            let batch = batch?;
            let lines = batch.column(0).as_primitive::<UInt64Type>().values();
            let numbers = batch.column(1).as_primitive::<UInt32Type>().values();
            let counts = batch.column(2).as_primitive::<UInt32Type>().values();
            let runs = lines.iter().zip(numbers).zip(counts);
            rows.runs.extend(runs.map(|((line, row), count)| RowRun {
                line: *line,
                row: *row,
                count: *count,
            }));
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::SpoolMemory;
    use leadq_contract::BookId;

    #[test]
    fn rows_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut rows = KeptRows::of_file(BookId(7), 3, 10);
        (0..100_000).for_each(|n| rows.push(u64::from(n) * 2 + 2, n + n / 3));
        for room in [0, 1 << 30] {
            let spool = Spool::new(&SpoolMemory::new(room), folder.path());
            assert_eq!(SpooledRows::new(&rows, spool).unwrap().into_rows().unwrap(), rows);
        }
    }
}
