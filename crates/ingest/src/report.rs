//! A report file: bytes in, clean rows out, every row in its bucket (spec 1.4 to 1.7).

use std::io::{self, Read};
use std::sync::Mutex;

use leadq_contract::column::ColumnSet;
use leadq_contract::rows::BucketCounts;
use leadq_contract::{ClientSettings, FindingCode, IdentifierSecret, Limits, ReportColumn};

use crate::body::Body;
use crate::book::Book;
use crate::cells::hash::HashAlgorithm;
use crate::container::{Content, ReadSeek, Refusal, Reopen};
use crate::encoding::{self, Encoding, Utf8Reader};
use crate::forget::Forgotten;
use crate::header::{Header, MAX_LINES};
use crate::raw::{RawRow, Rows, Step};
use crate::records::RecordReader;
use crate::sheet::Workbook;
use crate::tally::{FileFinding, Tally};
use crate::{IngestError, RestartableSink, delimiter, redact};

/// What a report is read with.
#[derive(Debug, Clone, Copy)]
pub struct ReportOptions<'a> {
    /// Whose report it is.
    pub client: &'a ClientSettings,
    /// What identifiers are keyed with.
    pub secret: &'a IdentifierSecret,
    /// How plain text is hashed where a hash should be: as most of the client's leads are.
    pub algorithm: HashAlgorithm,
    /// What a file may be at most.
    pub limits: &'a Limits,
    /// Whose rows are dropped.
    pub forgotten: &'a Forgotten,
}

/// What was read of a report file, beside its rows.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct ReportReading {
    /// Why the file is no report, if it is none; nothing else of it counts then.
    pub rejected: Option<String>,
    /// What it was read as: encoding and delimiter, or the sheet of a workbook.
    pub form: String,
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

/// Reads a report. Rows that are not in the book go to the sink, in the order of the file; if the reading is
/// `rejected`, what the sink got is void.
///
/// # Errors
/// If the sink gives up. What is wrong with the content, or keeps it from being read, rejects it.
pub fn read_report(
    content: Content<'_>,
    options: &ReportOptions<'_>,
    book: &mut Book,
    sink: &mut dyn RestartableSink,
) -> Result<ReportReading, IngestError> {
    book.open();
    let read = match content {
        Content::Text(source) => read_text(source, options, book, sink),
        Content::Workbook(file) => read_workbook(file, options, book, sink),
        Content::Refused(refusal) => Ok(rejected(refusal)),
    };
    match read {
        Err(IngestError::Read(error)) => Ok(rejected(Refusal::of(&error))),
        other => other,
    }
}

/// Reads text; anew, where its first part was taken for UTF-8 and the rest shows that it is not.
fn read_text(
    source: &mut dyn Reopen,
    options: &ReportOptions<'_>,
    book: &mut Book,
    sink: &mut dyn RestartableSink,
) -> Result<ReportReading, IngestError> {
    match read_text_as(None, source, options, book, sink) {
        Err(IngestError::Read(error)) if encoding::is_not_utf8(&error) => {
            sink.restart();
            book.open();
            read_text_as(Some(Encoding::Windows1252), source, options, book, sink)
        }
        other => other,
    }
}

fn read_text_as(
    known: Option<Encoding>,
    source: &mut dyn Reopen,
    options: &ReportOptions<'_>,
    book: &mut Book,
    sink: &mut dyn RestartableSink,
) -> Result<ReportReading, IngestError> {
    let mut digest = Digesting { input: source.open()?, hasher: blake3::Hasher::new(), bytes: 0 };
    let mut text = Utf8Reader::new(&mut digest, known);
    let head = delimiter::choose(&mut text, &options.client.reports)?;
    let mut reading = match head.delimiter {
        None => rejected(no_header("lines")),
        Some(mark) => {
            let mut rows = RecordReader::new(head.bytes.chain(&mut text), mark);
            let read = read_rows(&mut rows, mark, options, book, sink)?;
            let read = read.unwrap_or_else(|| rejected(no_header("lines")));
            ReportReading { form: format!("{}, {}", text.encoding().name(), delimiter::name(mark)), ..read }
        }
    };
    io::copy(&mut digest, &mut io::sink())?;
    reading.digest = *digest.hasher.finalize().as_bytes();
    reading.bytes = digest.bytes;
    Ok(reading)
}

/// Reads the first visible sheet that has a header.
fn read_workbook(
    file: &mut dyn ReadSeek,
    options: &ReportOptions<'_>,
    book: &mut Book,
    sink: &mut dyn RestartableSink,
) -> Result<ReportReading, IngestError> {
    file.rewind()?;
    let mut digest = Digesting { input: &mut *file, hasher: blake3::Hasher::new(), bytes: 0 };
    io::copy(&mut digest, &mut io::sink())?;
    let (hasher, bytes) = (digest.hasher, digest.bytes);
    // Its texts are held in memory: one workbook at a time.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock();
    let mut reading = read_sheets(file, options, book, sink)?;
    reading.digest = *hasher.finalize().as_bytes();
    reading.bytes = bytes;
    Ok(reading)
}

fn read_sheets(
    file: &mut dyn ReadSeek,
    options: &ReportOptions<'_>,
    book: &mut Book,
    sink: &mut dyn RestartableSink,
) -> Result<ReportReading, IngestError> {
    let mut workbook = Workbook::open(file)?;
    for sheet in workbook.visible_sheets() {
        if let Some(reading) = read_rows(&mut workbook.rows(&sheet)?, SHEET, options, book, sink)? {
            return Ok(ReportReading { form: format!("xlsx, sheet {}", redact::cell(&sheet)), ..reading });
        }
    }
    Ok(rejected(no_header("rows of a visible sheet")))
}

/// What stands for a delimiter where there is none.
const SHEET: u8 = 0;

/// Reads rows; `None` if there is no header among them.
fn read_rows(
    rows: &mut impl Rows,
    delimiter: u8,
    options: &ReportOptions<'_>,
    book: &mut Book,
    sink: &mut dyn RestartableSink,
) -> Result<Option<ReportReading>, IngestError> {
    let mut tally = Tally::default();
    let preamble = |row: &RawRow| {
        tally.add(FindingCode::Preamble, None, Some(row.line), || redact::cell(row.raw()));
    };
    let Some(header) = Header::find(rows, &options.client.reports, preamble)? else { return Ok(None) };
    if let Some(objection) = objection(&header, options.limits) {
        return Ok(Some(rejected(objection)));
    }
    header.report(rows.row().cells(), rows.row().line, &mut tally);
    book.begin(rows.row().cells(), delimiter);
    let mut body = Body::new(header, delimiter, options, tally, book, sink);
    loop {
        match rows.next_new(|line, text| body.known(line, text))? {
            Step::Row => body.row(rows.row())?,
            Step::Malformed => body.malformed(rows.row())?,
            Step::Oversized => body.oversized(rows.row())?,
            Step::End => return body.finish().map(Some),
        }
    }
}

fn no_header(among: &str) -> Refusal {
    Refusal::new(FindingCode::NotAReport, format!("no header among the first {MAX_LINES} {among}"))
}

/// Why a file is no report in spite of its header, if it is none.
pub(crate) fn objection(header: &Header, limits: &Limits) -> Option<Refusal> {
    let (columns, most) = (header.normalised.len(), limits.max_columns);
    if columns > most as usize {
        let reason =
            format!("its header has {columns} columns, more than {most} (max_columns under [limits])");
        return Some(Refusal::new(FindingCode::TooManyColumns, reason));
    }
    header.objection().map(|reason| Refusal::new(FindingCode::NotAReport, reason))
}

/// Nothing of a file that is no report reaches the tables but that it is none (1.3).
fn rejected(refusal: Refusal) -> ReportReading {
    let Refusal { code, reason } = refusal;
    let mut tally = Tally::default();
    tally.add(code, None, None, || reason.clone());
    ReportReading { rejected: Some(reason), findings: tally.finish(), ..ReportReading::default() }
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
pub(crate) mod tests;
