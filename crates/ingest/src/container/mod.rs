//! What a file holds, told by its content: text, a workbook, or these within gzip, zstd or a zip (spec 1.1).
//!
//! Nothing is unpacked to disk, and names of members are labels only. Text streams through; what must be
//! read out of order (a workbook, an archive) within another container is held in memory, up to [`MAX_HELD`].

mod archive;
mod bounded;
mod magic;
mod note;
mod repack;

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use leadq_contract::{FindingCode, Limits};

use crate::IngestError;
use archive::Archive;
use bounded::{Bounded, Budget, Spent};
use magic::Kind;

pub use bounded::Refusal;
pub use note::{TAKEN_OUT, note};
pub(crate) use repack::{Repacked, Rewrite, repack};

/// The most bytes of a workbook or an archive within another container.
const MAX_HELD: u64 = 256 << 20;
/// The most compressions around one another.
const MAX_LAYERS: usize = 3;

/// What can be read in any order.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// Bytes that can be read more than once.
pub trait Reopen {
    /// Begins at the first byte.
    ///
    /// # Errors
    /// What the input reports.
    fn open(&mut self) -> io::Result<Box<dyn Read + '_>>;
}

impl Reopen for &[u8] {
    fn open(&mut self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(*self))
    }
}

/// A content that a report may be in.
pub enum Content<'a> {
    /// Text.
    Text(&'a mut dyn Reopen),
    /// An Excel workbook.
    Workbook(&'a mut dyn ReadSeek),
    /// None that can be read.
    Refused(Refusal),
}

/// A file, or a member of an archive.
pub struct Part<'a, 'c> {
    /// Name of the member within the archive, with `/` between its parts.
    pub member: Option<&'a str>,
    /// What it holds.
    pub content: Content<'c>,
    /// What was taken off, outermost first: `zip`, `gzip`, `zstd`.
    pub packing: &'a [&'static str],
}

/// Takes each part of a file.
pub type Each<'a> = dyn FnMut(Part<'_, '_>) -> Result<(), IngestError> + 'a;

/// Shows the parts of a file to `each`: the file itself, or each member of an archive. A damaged, encrypted
/// or oversized container is a part that is [`Content::Refused`].
///
/// # Errors
/// What `each` reports.
pub fn unpack(file: &mut dyn ReadSeek, limits: &Limits, each: &mut Each<'_>) -> Result<(), IngestError> {
    let length = file.seek(SeekFrom::End(0)).unwrap_or(0);
    let spent = Spent::default();
    let mut unpacking =
        Unpacking { limits, packed: length, spent: &spent, member: None, packing: Vec::new(), each };
    match magic::kind_of(&mut Whole(file)) {
        Ok(Kind::Zip) => unpacking.zip(file),
        _ => unpacking.visit(&mut Whole(file)),
    }
}

/// A file that is read as it is.
struct Whole<'a>(&'a mut dyn ReadSeek);

impl Reopen for Whole<'_> {
    fn open(&mut self) -> io::Result<Box<dyn Read + '_>> {
        self.0.seek(SeekFrom::Start(0))?;
        Ok(Box::new(&mut *self.0))
    }
}

/// A compressed content, decompressed.
struct Decompressed<'a> {
    inner: &'a mut dyn Reopen,
    kind: Kind,
    budget: Budget<'a>,
}

impl Reopen for Decompressed<'_> {
    fn open(&mut self) -> io::Result<Box<dyn Read + '_>> {
        let budget = self.budget.clone();
        let inner = self.inner.open()?;
        Ok(match self.kind {
            Kind::Gzip => Box::new(Bounded::new(flate2::read::MultiGzDecoder::new(inner), budget)),
            _ => Box::new(Bounded::new(zstd::stream::read::Decoder::new(inner)?, budget)),
        })
    }
}

/// Bytes that may not be more than a file may have.
struct Limited<'a> {
    inner: &'a mut dyn Reopen,
    budget: Budget<'a>,
}

impl Reopen for Limited<'_> {
    fn open(&mut self) -> io::Result<Box<dyn Read + '_>> {
        let budget = self.budget.clone();
        Ok(Box::new(Bounded::new(self.inner.open()?, budget)))
    }
}

/// A file on its way through its containers.
struct Unpacking<'a, 'e> {
    limits: &'a Limits,
    /// Bytes of the outermost container of what is read.
    packed: u64,
    /// Bytes that the members before came to.
    spent: &'a Spent,
    member: Option<String>,
    packing: Vec<&'static str>,
    each: &'a mut Each<'e>,
}

impl<'a> Unpacking<'a, '_> {
    fn budget(&self) -> Budget<'a> {
        Budget::new(self.limits, self.packed, self.spent)
    }

    fn give(&mut self, content: Content<'_>) -> Result<(), IngestError> {
        (self.each)(Part { member: self.member.as_deref(), content, packing: &self.packing })
    }

    fn refuse(&mut self, reason: String) -> Result<(), IngestError> {
        self.give(Content::Refused(Refusal::new(FindingCode::NotAReport, reason)))
    }

    /// An error of reading a container, as a refusal.
    fn damaged(&mut self, error: &io::Error) -> Result<(), IngestError> {
        let refusal = Refusal::of(error);
        self.give(Content::Refused(refusal))
    }

    /// A content that is read from its beginning to its end.
    fn visit(&mut self, source: &mut dyn Reopen) -> Result<(), IngestError> {
        let kind = match magic::kind_of(source) {
            Ok(kind) => kind,
            Err(error) => return self.damaged(&error),
        };
        match kind {
            Kind::Gzip | Kind::Zstd if self.packing.len() >= MAX_LAYERS => self.refuse(too_many_layers()),
            Kind::Gzip | Kind::Zstd => {
                self.packing.push(kind.name());
                let budget = self.budget();
                self.visit(&mut Decompressed { inner: source, kind, budget })
            }
            Kind::Zip => match held(source, MAX_HELD) {
                Ok(bytes) => self.zip(&mut Cursor::new(bytes)),
                Err(error) => self.damaged(&error),
            },
            Kind::Foreign(what) => self.refuse(foreign(what)),
            Kind::TakenOut => match note::read(source) {
                Ok(refusal) => self.give(Content::Refused(refusal)),
                Err(error) => self.damaged(&error),
            },
            Kind::Text => {
                let budget = self.budget();
                self.give(Content::Text(&mut Limited { inner: source, budget }))
            }
        }
    }

    /// A zip: a workbook, or an archive whose members are files of their own.
    fn zip(&mut self, file: &mut dyn ReadSeek) -> Result<(), IngestError> {
        let mut archive = match Archive::open(file) {
            Ok(archive) => archive,
            Err(error) => return self.damaged(&error),
        };
        if archive.is_workbook() {
            return match archive.check_workbook(&self.budget()) {
                Ok(()) => self.give(Content::Workbook(archive.into_file())),
                Err(error) => self.damaged(&error),
            };
        }
        if self.member.is_some() {
            return self.refuse(nested());
        }
        let members = match archive.members() {
            Ok(members) => members,
            Err(error) => return self.damaged(&error),
        };
        self.packing.push(Kind::Zip.name());
        let length = self.packed;
        for member in members {
            self.member = Some(member.name);
            // What the archive says of a member is not believed beyond its own size.
            self.packed = member.compressed.min(length);
            let packing = self.packing.len();
            if member.encrypted {
                self.refuse(encrypted())?;
            } else {
                self.visit(&mut archive.member(member.index))?;
            }
            self.packing.truncate(packing);
            self.spent.settle();
        }
        Ok(())
    }
}

/// Why contents are refused that are none to look into.
fn too_many_layers() -> String {
    format!("it is compressed more than {MAX_LAYERS} times over")
}

fn foreign(what: &str) -> String {
    format!("it is {what}; send it as CSV or as an .xlsx workbook")
}

fn nested() -> String {
    "it is an archive within an archive".to_owned()
}

fn encrypted() -> String {
    "it is encrypted".to_owned()
}

/// Bytes that are looked at together.
const PIECE: usize = 1 << 20;
/// Bytes that are looked at again with the next: more than an identifier has.
const OVERLAP: usize = 512;

/// Whether a test holds for a piece of a text. Each is shown with the end of the one before.
pub(crate) fn any_piece(input: &mut dyn Read, test: &mut dyn FnMut(&str) -> bool) -> io::Result<bool> {
    let (mut bytes, mut piece) = (vec![0; PIECE], Vec::new());
    loop {
        let read = input.read(&mut bytes)?;
        piece.extend_from_slice(&bytes[..read]);
        // A reader may give little at once.
        if piece.len() < PIECE && read > 0 {
            continue;
        }
        if test(&String::from_utf8_lossy(&piece)) {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        piece.drain(..piece.len() - OVERLAP);
    }
}

/// The whole of a content.
fn held(source: &mut dyn Reopen, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.open()?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let reason = format!("an archive or workbook within another of over {} MiB", most >> 20);
        return Err(io::Error::other(Refusal::new(FindingCode::TooLarge, reason)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
