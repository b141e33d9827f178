//! The rows below a report's header, each to its bucket (spec 1.7) and to the counts of its file.
//!
//! A line that the [`Book`] knows takes the short way ([`Body::known`]): its bucket, counts and findings are those
//! that it came to before. Any other is read cell by cell ([`Body::row`]).

use leadq_contract::rows::Bucket;
use leadq_contract::{FindingCode, QuarantinedRow, ReportColumn};

use crate::book::{Book, Numbered, Remembered};
use crate::forget::Suppression;
use crate::header::Header;
use crate::keying::Keying;
use crate::raw::{LineKey, RawRow};
use crate::report::{ReportOptions, ReportReading};
use crate::row::{BadCell, Cleaner, Says};
use crate::rows_out::BatchBuilder;
use crate::tally::Tally;
use crate::{IngestError, RestartableSink, redact, shape};

/// The rows below the header.
pub(crate) struct Body<'a> {
    header: Header,
    /// What stands between the cells of a line.
    delimiter: u8,
    cleaner: Cleaner<'a>,
    /// Who is forgotten, if anybody is.
    suppression: Option<Suppression<'a>>,
    reading: ReportReading,
    tally: Tally,
    /// Lines and rows that came before, in this file and in those before it.
    book: &'a mut Book,
    batch: BatchBuilder,
    sink: &'a mut dyn RestartableSink,
}

impl<'a> Body<'a> {
    /// No row yet. The book has begun the file.
    pub(crate) fn new(
        header: Header,
        delimiter: u8,
        options: &ReportOptions<'a>,
        tally: Tally,
        book: &'a mut Book,
        sink: &'a mut dyn RestartableSink,
    ) -> Self {
        let mut suppression = Suppression::of(options);
        if let Some(suppression) = &mut suppression {
            suppression.begin(&header);
        }
        let cleaner = Cleaner::new(options.client, options.algorithm, Keying::new(options.secret));
        let reading = ReportReading { present: header.present(), ..ReportReading::default() };
        let batch = BatchBuilder::new();
        Self { header, delimiter, cleaner, suppression, reading, tally, book, batch, sink }
    }

    /// Takes a line that was read before; the key of one that was not.
    pub(crate) fn known(&mut self, line: u64, text: &[u8]) -> Option<LineKey> {
        let key = self.book.key(text);
        let Some((Remembered { row, says, bad }, is_first)) = self.book.recall(key) else { return Some(key) };
        let (row, says) = (*row, *says);
        if !bad.is_empty() {
            let cell = |index| text.split(|byte| *byte == self.delimiter).nth(index).unwrap_or_default();
            count_bad_cells(&mut self.tally, bad, line, |index| String::from_utf8_lossy(cell(index)));
        }
        if is_first {
            self.count_kept(line, row, says);
        } else {
            self.reading.buckets.add(Bucket::Duplicate);
        }
        None
    }

    /// Takes a row that splits into cells.
    pub(crate) fn row(&mut self, raw: &RawRow) -> Result<(), IngestError> {
        if let Some(bucket) = shape::bucket(raw.cells(), &self.header) {
            if bucket == Bucket::Malformed {
                return self.set_aside(bucket, raw);
            }
            self.reading.buckets.add(bucket);
            return Ok(());
        }
        // Before its cells are read: how they are spelled first stays with a file.
        if self.suppression.as_mut().is_some_and(|suppression| suppression.drops(&self.header, raw)) {
            self.reading.buckets.add(Bucket::Forgotten);
            return Ok(());
        }
        self.cleaner.read(&self.header, |index| raw.cell(index));
        if self.cleaner.is_blank() {
            self.reading.buckets.add(Bucket::Blank);
            return Ok(());
        }
        count_bad_cells(&mut self.tally, &self.cleaner.bad, raw.line, |index| raw.cell(index));
        if !self.cleaner.has_identity() {
            return self.set_aside(Bucket::NoIdentity, raw);
        }
        self.keep(raw)
    }

    /// Keeps the row, unless the file has it already; hands it on, unless a file before had it.
    fn keep(&mut self, raw: &RawRow) -> Result<(), IngestError> {
        let says = self.cleaner.says(self.reading.present);
        self.cleaner.fill_from_location();
        let numbered = self.book.number(self.cleaner.digest())?;
        let (Numbered::Fresh(row) | Numbered::Again(row) | Numbered::Duplicate(row)) = numbered;
        if let Some(key) = raw.key {
            self.book.remember(key, Remembered { row, says, bad: self.cleaner.bad.as_slice().into() });
        }
        if matches!(numbered, Numbered::Duplicate(_)) {
            self.reading.buckets.add(Bucket::Duplicate);
            return Ok(());
        }
        self.count_kept(raw.line, row, says);
        if matches!(numbered, Numbered::Again(_)) {
            return Ok(());
        }
        self.batch.push(raw.line, &self.cleaner.row, &mut self.cleaner.categories)?;
        if self.batch.is_full(&self.cleaner.categories) { self.flush() } else { Ok(()) }
    }

    fn count_kept(&mut self, line: u64, row: u32, says: Says) {
        self.book.keep(line, row);
        let reading = &mut self.reading;
        reading.buckets.add(Bucket::Kept);
        says.informative.iter().for_each(|column| reading.informative[column.index()] += 1);
        if says.set {
            reading.rows_set[0] += 1;
            reading.rows_set[1] += u64::from(says.demo);
        }
        for (counts, algorithm) in reading.hash_digits.iter_mut().zip(says.algorithms) {
            if let Some(algorithm) = algorithm {
                counts[algorithm as usize] += 1;
            }
        }
        if let Some(date) = says.entry_date {
            let (from, to) = reading.entry_range.unwrap_or((date, date));
            reading.entry_range = Some((from.min(date), to.max(date)));
        }
    }

    /// Takes a row that cannot be split.
    pub(crate) fn malformed(&mut self, raw: &RawRow) -> Result<(), IngestError> {
        self.set_aside(Bucket::Malformed, raw)
    }

    /// Takes a row that is larger than one may be.
    pub(crate) fn oversized(&mut self, raw: &RawRow) -> Result<(), IngestError> {
        let line = raw.line;
        self.tally.add(FindingCode::OversizedRow, None, Some(line), || format!("line {line}"));
        self.set_aside(Bucket::Malformed, raw)
    }

    fn set_aside(&mut self, bucket: Bucket, raw: &RawRow) -> Result<(), IngestError> {
        self.reading.buckets.add(bucket);
        let code = if bucket == Bucket::Malformed { FindingCode::Malformed } else { FindingCode::NoIdentity };
        let (line, mut text) = (raw.line, redact::row(raw.raw()));
        let is_torn = bucket == Bucket::Malformed && !raw.is_cut;
        if let Some(suppression) = self.suppression.as_ref().filter(|_| is_torn)
            && let Some(scrubbed) = suppression.scrubbed(raw.raw())
        {
            text = redact::row(&scrubbed);
        }
        self.tally.add(code, None, Some(line), || format!("line {line}"));
        self.sink.quarantine(QuarantinedRow { line, reason: bucket.name(), text }).map_err(IngestError::Sink)
    }

    fn flush(&mut self) -> Result<(), IngestError> {
        let batch = self.batch.finish(&mut self.cleaner.categories)?;
        self.sink.rows(batch).map_err(IngestError::Sink)
    }

    /// Hands on what is left, and which rows the file has.
    pub(crate) fn finish(mut self) -> Result<ReportReading, IngestError> {
        if !self.batch.is_empty() {
            self.flush()?;
        }
        if let Some(kept) = self.book.finish() {
            self.sink.kept(kept).map_err(IngestError::Sink)?;
        }
        self.reading.findings = self.tally.finish();
        Ok(self.reading)
    }
}

/// Counts what is wrong with a row's cells; `cell` gives a cell's text.
fn count_bad_cells<T: AsRef<str>>(tally: &mut Tally, bad: &[BadCell], line: u64, cell: impl Fn(usize) -> T) {
    for BadCell { code, column, cell: index } in bad.iter().copied() {
        tally.add(code, Some(column.name()), Some(line), || {
            let text = cell(index);
            let text = text.as_ref().trim();
            match column {
                ReportColumn::EmailHash | ReportColumn::PhoneHash => {
                    format!("line {line}: {} characters", text.chars().count())
                }
                _ => format!("line {line}: {}", redact::cell(text)),
            }
        });
    }
}
