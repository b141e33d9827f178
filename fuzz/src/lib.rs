//! What the fuzz targets share: a file read as a run reads it, and what must hold of any reading.

use std::io::Cursor;

use arrow::record_batch::RecordBatch;
use leadq_contract::{Bucket, ClientId, ClientSettings, IdentifierSecret, KeptRows, Limits, QuarantinedRow};
use leadq_ingest::cells::hash::HashAlgorithm;
use leadq_ingest::container::unpack;
use leadq_ingest::{Book, Forgotten, ReportOptions, RestartableSink, RowSink, SinkError, read_report};

/// Limits under which a fuzzer does not wait.
const LIMITS: Limits = Limits { max_file_size: 8 << 20, max_ratio: 200, max_columns: 1000 };

#[derive(Default)]
struct Counted {
    rows: u64,
    kept: u64,
    aside: u64,
}

impl RowSink for Counted {
    fn rows(&mut self, batch: RecordBatch) -> Result<(), SinkError> {
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn quarantine(&mut self, _: QuarantinedRow) -> Result<(), SinkError> {
        self.aside += 1;
        Ok(())
    }
}

impl RestartableSink for Counted {
    fn restart(&mut self) {
        *self = Self::default();
    }

    fn kept(&mut self, rows: KeptRows) -> Result<(), SinkError> {
        self.kept = rows.iter().count() as u64;
        Ok(())
    }
}

/// Reads a file; every row must be in one bucket (promise 5).
pub fn read_file(bytes: &[u8]) {
    let client = ClientSettings::with_id(ClientId::default_client());
    let Ok(secret) = IdentifierSecret::new(&[7; 32]) else { return };
    let options =
        ReportOptions { client: &client, secret: &secret, algorithm: HashAlgorithm::Sha256, limits: &LIMITS, forgotten: Forgotten::nobody() };
    let mut book = Book::default();
    let mut read = || {
        let mut readings = Vec::new();
        let done = unpack(&mut Cursor::new(bytes), &LIMITS, &mut |part| {
            let mut counted = Counted::default();
            let reading = read_report(part.content, &options, &mut book, &mut counted)?;
            if reading.rejected.is_none() {
                let count = |bucket| reading.buckets.get(bucket);
                assert_eq!(counted.kept, count(Bucket::Kept));
                assert!(counted.rows <= counted.kept);
                assert_eq!(counted.aside, count(Bucket::Malformed) + count(Bucket::NoIdentity));
            }
            readings.push(format!("{reading:?}"));
            Ok(())
        });
        assert!(done.is_ok(), "only a sink can fail");
        readings
    };
    let first = read();
    assert_eq!(first, read(), "lines that are known read as they did before");
}
