//! Room 1: bytes of a report or a leads file to clean rows, a bucket for every row, findings, quarantine.
//!
//! Nothing here opens a file or knows where it came from: readers take bytes, and hand rows to a sink.
//! Identifiers are keyed here, at the door; no received hash leaves this crate.

mod body;
mod book;
mod category;
pub mod cells;
pub mod container;
pub mod convention;
mod delimiter;
pub mod dialect;
mod digest;
mod encoding;
pub mod forget;
mod header;
mod keying;
pub mod leads;
mod lines;
pub mod names;
mod raw;
mod records;
pub mod redact;
pub mod report;
mod row;
mod rows_out;
mod shape;
mod sheet;
pub mod snapshot_time;
mod tally;
pub mod timeline;

pub use book::Book;
pub use forget::{Forgotten, Redaction, redact_leads, redact_report};
pub use leads::{LeadOptions, LeadReading, check_leads, read_leads};
pub use report::{ReportOptions, ReportReading, read_report};
pub use sheet::is_guarded;
pub use tally::FileFinding;

use arrow::record_batch::RecordBatch;
use leadq_contract::{KeptRows, QuarantinedRow};

/// What a sink reports when it cannot take more.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Takes what a reader makes of a file.
pub trait RowSink {
    /// Takes a batch of clean rows.
    ///
    /// # Errors
    /// Whatever keeps the sink from taking it; reading stops then.
    fn rows(&mut self, batch: RecordBatch) -> Result<(), SinkError>;

    /// Takes a row that was set aside.
    ///
    /// # Errors
    /// Whatever keeps the sink from taking it; reading stops then.
    fn quarantine(&mut self, row: QuarantinedRow) -> Result<(), SinkError>;
}

/// A sink of the reader of reports: it may have to begin anew, and knows rows that came before. It gets the rows that
/// no earlier file of the [`Book`] had, and at the end which rows the file has.
pub trait RestartableSink: RowSink {
    /// What was taken so far is void.
    fn restart(&mut self);

    /// Takes which rows were kept, at the end of a file. Those that are fresh are the rows of the batches, in order.
    ///
    /// # Errors
    /// Whatever keeps the sink from taking it.
    fn kept(&mut self, rows: KeptRows) -> Result<(), SinkError>;
}

/// Why a file could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The bytes could not be had.
    #[error("cannot read: {0}")]
    Read(#[from] std::io::Error),
    /// The Parquet file is damaged or of an unknown kind.
    #[error("cannot read as Parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// A column has a type that nothing can be made of.
    #[error("cannot use column {column}: {reason}")]
    Column {
        /// The column as the file names it.
        column: String,
        /// Why.
        reason: String,
    },
    /// A leads file without its columns.
    #[error("no column {0}")]
    MissingLeadColumn(&'static str),
    /// Arrow could not build a batch.
    #[error("cannot build rows: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    /// The sink gave up.
    #[error("cannot pass rows on: {0}")]
    Sink(SinkError),
}
