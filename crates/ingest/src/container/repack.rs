//! A file with other texts in it, packed again the way it was packed.

use std::collections::BTreeMap;
use std::io::{self, Cursor, SeekFrom, Write as _};

use leadq_contract::{FindingCode, Limits};

use super::archive::Archive;
use super::bounded::{Budget, Spent};
use super::magic::{self, Kind};
use super::{Decompressed, Limited, MAX_HELD, MAX_LAYERS, ReadSeek, Refusal, Reopen, Whole, held, note};

/// Writes contents anew.
pub(crate) trait Rewrite {
    /// The bytes in the place of a text; none if it stays.
    fn text(&mut self, source: &mut dyn Reopen) -> io::Result<Option<Vec<u8>>>;

    /// The bytes in the place of a workbook; none if it stays. `is_found`: [`Self::finds`] held for a part of it.
    fn workbook(&mut self, file: &mut dyn ReadSeek, is_found: bool) -> io::Result<Option<Vec<u8>>>;

    /// Whether a piece of a workbook's inner texts is one that may not stay.
    fn finds(&mut self, text: &str) -> bool;
}

/// A file, written anew.
#[derive(Debug, Default)]
pub(crate) struct Repacked {
    /// Its bytes; none if all of it stays.
    pub(crate) bytes: Option<Vec<u8>>,
    /// Members that cannot be looked into, by name; empty for the file itself. A note stands in their place.
    pub(crate) unread: Vec<String>,
}

/// Writes a file anew.
///
/// # Errors
/// What the input reports.
pub(crate) fn repack(
    file: &mut dyn ReadSeek,
    limits: &Limits,
    rewrite: &mut dyn Rewrite,
) -> io::Result<Repacked> {
    let packed = file.seek(SeekFrom::End(0))?;
    let spent = Spent::default();
    let mut repacking =
        Repacking { limits, packed, spent: &spent, member: None, layers: 0, rewrite, unread: Vec::new() };
    let bytes = match magic::kind_of(&mut Whole(file))? {
        Kind::Zip => repacking.zip(file)?,
        _ => repacking.visit(&mut Whole(file))?,
    };
    Ok(Repacked { bytes, unread: repacking.unread })
}

/// A file on its way through its containers, as `Unpacking` goes.
struct Repacking<'a> {
    limits: &'a Limits,
    packed: u64,
    spent: &'a Spent,
    member: Option<String>,
    layers: usize,
    rewrite: &'a mut dyn Rewrite,
    unread: Vec<String>,
}

impl<'a> Repacking<'a> {
    fn budget(&self) -> Budget<'a> {
        Budget::new(self.limits, self.packed, self.spent)
    }

    /// What stands in the place of a content that cannot be read, which is told.
    fn unread(&mut self, refusal: &Refusal) -> Vec<u8> {
        self.unread.push(self.member.clone().unwrap_or_default());
        note(refusal)
    }

    fn refused(&mut self, reason: String) -> Vec<u8> {
        self.unread(&Refusal::new(FindingCode::NotAReport, reason))
    }

    /// What becomes of a content that was tried to be written anew.
    fn rewritten(&mut self, tried: io::Result<Option<Vec<u8>>>) -> io::Result<Option<Vec<u8>>> {
        Ok(readable(tried)?.unwrap_or_else(|refusal| Some(self.unread(&refusal))))
    }

    fn visit(&mut self, source: &mut dyn Reopen) -> io::Result<Option<Vec<u8>>> {
        let kind = match readable(magic::kind_of(source))? {
            Ok(kind) => kind,
            Err(refusal) => return Ok(Some(self.unread(&refusal))),
        };
        let budget = self.budget();
        match kind {
            Kind::Gzip | Kind::Zstd if self.layers < MAX_LAYERS => {
                self.layers += 1;
                let inner = self.visit(&mut Decompressed { inner: source, kind, budget });
                self.layers -= 1;
                inner?.map(|bytes| pack(&bytes, kind)).transpose()
            }
            Kind::Gzip | Kind::Zstd => Ok(Some(self.refused(super::too_many_layers()))),
            Kind::Foreign(what) => Ok(Some(self.refused(super::foreign(what)))),
            Kind::TakenOut => Ok(None),
            Kind::Zip => match readable(held(source, MAX_HELD))? {
                Ok(bytes) => self.zip(&mut Cursor::new(bytes)),
                Err(refusal) => Ok(Some(self.unread(&refusal))),
            },
            Kind::Text => {
                let rewritten = self.rewrite.text(&mut Limited { inner: source, budget });
                self.rewritten(rewritten)
            }
        }
    }

    fn zip(&mut self, file: &mut dyn ReadSeek) -> io::Result<Option<Vec<u8>>> {
        let mut archive = match readable(Archive::open(file))? {
            Ok(archive) => archive,
            Err(refusal) => return Ok(Some(self.unread(&refusal))),
        };
        if archive.is_workbook() {
            let budget = self.budget();
            let rewritten = archive
                .check_workbook(&budget)
                .and_then(|()| archive.any_text(&mut |text| self.rewrite.finds(text)))
                .and_then(|is_found| self.rewrite.workbook(archive.into_file(), is_found));
            return self.rewritten(rewritten);
        }
        if self.member.is_some() {
            return Ok(Some(self.refused(super::nested())));
        }
        let members = match readable(archive.all())? {
            Ok(members) => members,
            Err(refusal) => return Ok(Some(self.unread(&refusal))),
        };
        let length = self.packed;
        let mut others = BTreeMap::new();
        for member in members {
            self.member = Some(member.name);
            self.packed = member.compressed.min(length);
            if member.encrypted {
                others.insert(member.index, self.refused(super::encrypted()));
            } else if let Some(bytes) = self.visit(&mut archive.member(member.index))? {
                others.insert(member.index, bytes);
            }
            self.spent.settle();
        }
        self.member = None;
        if others.is_empty() { Ok(None) } else { archive.with(others).map(Some) }
    }
}

/// What was read, or why the content keeps it from being read; an error if the disk does.
fn readable<T>(read: io::Result<T>) -> io::Result<Result<T, Refusal>> {
    match read {
        Err(error) if error.raw_os_error().is_none() => Ok(Err(Refusal::of(&error))),
        other => other.map(Ok),
    }
}

fn pack(bytes: &[u8], kind: Kind) -> io::Result<Vec<u8>> {
    if kind == Kind::Zstd {
        return zstd::encode_all(bytes, zstd::DEFAULT_COMPRESSION_LEVEL);
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}
