//! A report file: bytes in, clean rows out, every row in its bucket (spec 1.4 to 1.7).

use std::io::{self, Read};

use hashbrown::HashSet;
use leadq_contract::column::ColumnSet;
use leadq_contract::rows::{Bucket, BucketCounts};
use leadq_contract::{
    ClientSettings, FindingCode, IdentifierSecret, QuarantinedRow, ReportColumn, ReportSchema,
};

use crate::cells::hash::HashAlgorithm;
use crate::header::{Header, MAX_LINES};
use crate::keying::Keying;
use crate::records::{RecordReader, Step};
use crate::row::{BadCell, Cleaner};
use crate::rows_out::BatchBuilder;
use crate::tally::{FileFinding, Tally};
use crate::{IngestError, RowSink, redact, shape};

/// What a report is read with.
#[derive(Debug, Clone, Copy)]
pub struct ReportOptions<'a> {
    /// Whose report it is.
    pub client: &'a ClientSettings,
    /// What identifiers are keyed with.
    pub secret: &'a IdentifierSecret,
    /// How plain text is hashed where a hash should be: as most of the client's leads are.
    pub algorithm: HashAlgorithm,
}

/// What was read of a report file, beside its rows.
#[derive(Debug, Clone, Default)]
pub struct ReportReading {
    /// Why the file is no report, if it is none; nothing else of it counts then.
    pub rejected: Option<String>,
    /// Rows by bucket.
    pub buckets: BucketCounts,
    /// What was found.
    pub findings: Vec<FileFinding>,
    /// Columns that have a header.
    pub present: ColumnSet,
    /// Informative own cells by column, over the kept rows (1.9).
    pub informative: [u64; ReportColumn::COUNT],
    /// Earliest and latest entry date of the kept rows, in days since the epoch.
    pub entry_range: Option<(i32, i32)>,
    /// Kept rows whose `set` cell is true; and whose `demo` cell is true too.
    pub rows_set: [u64; 2],
    /// Kept rows by digits of the hash as received (64, 40, 32), for email and phone.
    pub hash_digits: [[u64; 3]; 2],
    /// Plain digest of the content.
    pub digest: [u8; 32],
    /// Size of the content in bytes.
    pub bytes: u64,
}

/// Reads a report. Rows go to the sink in the order of the file; if the reading is `rejected`, what the
/// sink got is void.
///
/// # Errors
/// If the input cannot be read or the sink gives up. What is wrong with the content is no error.
pub fn read_report(
    input: impl Read,
    options: &ReportOptions<'_>,
    sink: &mut dyn RowSink,
) -> Result<ReportReading, IngestError> {
    let mut digest = Digesting { input, hasher: blake3::Hasher::new(), bytes: 0 };
    let mut reading = read_rows(&mut digest, options, sink)?;
    io::copy(&mut digest, &mut io::sink())?;
    reading.digest = *digest.hasher.finalize().as_bytes();
    reading.bytes = digest.bytes;
    Ok(reading)
}

fn read_rows(
    input: impl Read,
    options: &ReportOptions<'_>,
    sink: &mut dyn RowSink,
) -> Result<ReportReading, IngestError> {
    let mut records = RecordReader::new(input, b',')?;
    let mut tally = Tally::default();
    let Some(header) = find_header(&mut records, &options.client.reports, &mut tally)? else {
        let reason = format!("no header among the first {MAX_LINES} lines");
        return Ok(rejected(reason));
    };
    if let Some(objection) = header.objection() {
        return Ok(rejected(objection));
    }
    let keying = Keying::new(options.secret);
    let cleaner = Cleaner::new(options.client, options.algorithm, keying);
    let reading = ReportReading { present: header.present(), ..ReportReading::default() };
    let mut body =
        Body { header, cleaner, reading, tally, seen: HashSet::new(), batch: BatchBuilder::new(), sink };
    loop {
        match records.next_row()? {
            Step::Row => body.row(&records)?,
            Step::Malformed => body.set_aside(Bucket::Malformed, &records)?,
            Step::End => return body.finish(),
        }
    }
}

/// Nothing of a file that is no report reaches the tables but that it is none (1.3).
fn rejected(reason: String) -> ReportReading {
    let mut tally = Tally::default();
    tally.add(FindingCode::NotAReport, None, None, || reason.clone());
    ReportReading { rejected: Some(reason), findings: tally.finish(), ..ReportReading::default() }
}

/// Goes to the header; non-blank lines above it are counted as preamble.
fn find_header<R: Read>(
    records: &mut RecordReader<R>,
    schema: &ReportSchema,
    tally: &mut Tally,
) -> Result<Option<Header>, IngestError> {
    let mut lines = 0;
    while lines < MAX_LINES {
        let step = records.next_row()?;
        if step == Step::End {
            break;
        }
        if step == Step::Row {
            if records.cells().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            if let Some(header) = Header::read(records.cells(), schema) {
                header.report(records.cells(), records.line(), tally);
                return Ok(Some(header));
            }
        }
        lines += 1;
        tally.add(FindingCode::Preamble, None, Some(records.line()), || redact::cell(records.raw()));
    }
    Ok(None)
}

/// The rows below the header.
struct Body<'a> {
    header: Header,
    cleaner: Cleaner<'a>,
    reading: ReportReading,
    tally: Tally,
    /// Digests of the rows kept so far.
    seen: HashSet<u128>,
    batch: BatchBuilder,
    sink: &'a mut dyn RowSink,
}

impl Body<'_> {
    fn row<R: Read>(&mut self, records: &RecordReader<R>) -> Result<(), IngestError> {
        if let Some(bucket) = shape::bucket(records.cells(), &self.header) {
            if bucket == Bucket::Malformed {
                return self.set_aside(bucket, records);
            }
            self.reading.buckets.add(bucket);
            return Ok(());
        }
        self.cleaner.read(&self.header, |index| records.cell(index));
        if self.cleaner.is_blank() {
            self.reading.buckets.add(Bucket::Blank);
            return Ok(());
        }
        self.count_bad_cells(records);
        if !self.cleaner.has_identity() {
            return self.set_aside(Bucket::NoIdentity, records);
        }
        self.keep(records.line())
    }

    /// Keeps the row, unless the file has it already.
    fn keep(&mut self, line: u64) -> Result<(), IngestError> {
        let mut informative = ColumnSet::default();
        for column in self.reading.present.iter().filter(|c| self.cleaner.is_informative(*c)) {
            informative.insert(column);
        }
        self.cleaner.fill_from_location();
        if !self.seen.insert(self.cleaner.digest()) {
            self.reading.buckets.add(Bucket::Duplicate);
            return Ok(());
        }
        self.reading.buckets.add(Bucket::Kept);
        informative.iter().for_each(|column| self.reading.informative[column.index()] += 1);
        self.count_kept();
        self.batch.push(line, &self.cleaner.row, &mut self.cleaner.categories)?;
        if self.batch.is_full(&self.cleaner.categories) { self.flush() } else { Ok(()) }
    }

    fn count_kept(&mut self) {
        let (row, reading) = (&self.cleaner.row, &mut self.reading);
        if row.set == Some(true) {
            reading.rows_set[0] += 1;
            reading.rows_set[1] += u64::from(row.demo == Some(true));
        }
        for (counts, algorithm) in reading.hash_digits.iter_mut().zip(row.algorithms) {
            if let Some(algorithm) = algorithm {
                counts[algorithm as usize] += 1;
            }
        }
        if let Some(date) = row.entry_date {
            let (from, to) = reading.entry_range.unwrap_or((date, date));
            reading.entry_range = Some((from.min(date), to.max(date)));
        }
    }

    fn count_bad_cells<R: Read>(&mut self, records: &RecordReader<R>) {
        let line = records.line();
        for BadCell { code, column, cell } in self.cleaner.bad.iter().copied() {
            self.tally.add(code, Some(column.name()), Some(line), || {
                let text = records.cell(cell);
                match column {
                    ReportColumn::EmailHash | ReportColumn::PhoneHash => {
                        format!("line {line}: {} characters", text.trim().chars().count())
                    }
                    _ => format!("line {line}: {}", redact::cell(text.trim())),
                }
            });
        }
    }

    fn set_aside<R: Read>(&mut self, bucket: Bucket, records: &RecordReader<R>) -> Result<(), IngestError> {
        self.reading.buckets.add(bucket);
        let code = if bucket == Bucket::Malformed { FindingCode::Malformed } else { FindingCode::NoIdentity };
        let (line, text) = (records.line(), redact::row(records.raw()));
        self.tally.add(code, None, Some(line), || format!("line {line}"));
        self.sink.quarantine(QuarantinedRow { line, reason: bucket.name(), text }).map_err(IngestError::Sink)
    }

    fn flush(&mut self) -> Result<(), IngestError> {
        let batch = self.batch.finish(&mut self.cleaner.categories)?;
        self.sink.rows(batch).map_err(IngestError::Sink)
    }

    fn finish(mut self) -> Result<ReportReading, IngestError> {
        if !self.batch.is_empty() {
            self.flush()?;
        }
        self.reading.findings = self.tally.finish();
        Ok(self.reading)
    }
}

/// Digests what is read through it.
struct Digesting<R> {
    input: R,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(out)?;
        self.hasher.update(&out[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
