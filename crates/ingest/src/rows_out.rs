//! Kept rows to Arrow batches.

use std::sync::Arc;

use arrow::array::{
    BooleanBuilder, Date32Builder, FixedSizeBinaryBuilder, StringBuilder, TimestampMicrosecondBuilder,
    UInt64Builder,
};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use leadq_contract::{IdentifierKey, rows};

use crate::row::{Categories, CleanRow};

/// Rows in a batch.
const BATCH_ROWS: usize = 8192;
/// Rows that there is room for at first: most files have few that are fresh.
const FIRST_ROOM: usize = 256;
/// Bytes of text after which a batch is full, however few its rows.
const BATCH_BYTES: usize = 32 << 20;

/// Builds batches of [`rows::report_rows`].
pub(crate) struct BatchBuilder {
    line: UInt64Builder,
    entry_date: Date32Builder,
    lead_number: StringBuilder,
    email: FixedSizeBinaryBuilder,
    phone: FixedSizeBinaryBuilder,
    appt_at: TimestampMicrosecondBuilder,
    set: BooleanBuilder,
    demo: BooleanBuilder,
    rows: usize,
    bytes: usize,
}

impl BatchBuilder {
    pub(crate) fn new() -> Self {
        Self::with_room(FIRST_ROOM)
    }

    /// For so many rows, before it has to grow.
    fn with_room(rows: usize) -> Self {
        Self {
            line: UInt64Builder::with_capacity(rows),
            entry_date: Date32Builder::with_capacity(rows),
            lead_number: StringBuilder::with_capacity(rows, rows * 8),
            email: FixedSizeBinaryBuilder::with_capacity(rows, 32),
            phone: FixedSizeBinaryBuilder::with_capacity(rows, 32),
            appt_at: TimestampMicrosecondBuilder::with_capacity(rows),
            set: BooleanBuilder::with_capacity(rows),
            demo: BooleanBuilder::with_capacity(rows),
            rows: 0,
            bytes: 0,
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub(crate) const fn is_full(&self, categories: &Categories) -> bool {
        self.rows >= BATCH_ROWS || self.bytes + categories.bytes() > BATCH_BYTES
    }

    pub(crate) fn push(
        &mut self,
        line: u64,
        row: &CleanRow,
        categories: &mut Categories,
    ) -> Result<(), ArrowError> {
        self.rows += 1;
        self.bytes += row.lead_number.as_deref().map_or(0, str::len);
        self.line.append_value(line);
        self.entry_date.append_option(row.entry_date);
        self.lead_number.append_option(row.lead_number.as_deref());
        append_key(&mut self.email, row.email)?;
        append_key(&mut self.phone, row.phone)?;
        categories.city.push(row.city);
        categories.state.push(row.state);
        categories.zip.push(row.zip);
        self.appt_at.append_option(row.appt_at);
        self.set.append_option(row.set);
        self.demo.append_option(row.demo);
        categories.dispo.push(row.dispo);
        categories.job_status.push(row.job_status);
        Ok(())
    }

    pub(crate) fn finish(&mut self, categories: &mut Categories) -> Result<RecordBatch, ArrowError> {
        let mut full =
            std::mem::replace(self, Self::with_room(if self.rows < BATCH_ROWS { 0 } else { BATCH_ROWS }));
        // No column of its own: it has filled city and state.
        categories.location.trim();
        RecordBatch::try_new(
            rows::report_rows(),
            vec![
                Arc::new(full.line.finish()),
                Arc::new(full.entry_date.finish()),
                Arc::new(full.lead_number.finish()),
                Arc::new(full.email.finish()),
                Arc::new(full.phone.finish()),
                categories.city.finish()?,
                categories.state.finish()?,
                categories.zip.finish()?,
                Arc::new(full.appt_at.finish()),
                Arc::new(full.set.finish()),
                Arc::new(full.demo.finish()),
                categories.dispo.finish()?,
                categories.job_status.finish()?,
            ],
        )
    }
}

fn append_key(builder: &mut FixedSizeBinaryBuilder, key: Option<IdentifierKey>) -> Result<(), ArrowError> {
    match key {
        Some(key) => builder.append_value(key.0),
        None => {
            builder.append_null();
            Ok(())
        }
    }
}
