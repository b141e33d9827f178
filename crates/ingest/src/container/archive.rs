//! A zip: its members, and whether it is a workbook.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write as _};

use leadq_contract::FindingCode;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::bounded::{Bounded, Budget};
use super::{ReadSeek, Refusal, Reopen, any_piece};

/// The most members of an archive.
const MAX_MEMBERS: usize = 10_000;
/// The most bytes of a workbook's parts together: its texts are held in memory to read it.
const MAX_WORKBOOK: u64 = 1 << 30;
/// The most bytes of one text of a workbook; Excel itself has 32,767 characters.
const MAX_TEXT: usize = 1 << 20;
/// The most bytes of a workbook's table of texts.
const MAX_SHARED_STRINGS: u64 = 256 << 20;

/// A member as the archive lists it.
pub(super) struct Listed {
    pub(super) index: usize,
    /// A label: no part of it leaves the archive.
    pub(super) name: String,
    pub(super) compressed: u64,
    pub(super) encrypted: bool,
}

/// An archive, open.
pub(super) struct Archive<'a>(ZipArchive<&'a mut dyn ReadSeek>);

impl<'a> Archive<'a> {
    pub(super) fn open(file: &'a mut dyn ReadSeek) -> io::Result<Self> {
        Ok(Self(ZipArchive::new(file).map_err(told)?))
    }

    fn holds(&self, begins: &str) -> bool {
        self.0.file_names().any(|name| name.is_ok_and(|name| name.starts_with(begins)))
    }

    /// Whether it is an Excel workbook in the form of Office Open XML.
    pub(super) fn is_workbook(&self) -> bool {
        self.holds("[Content_Types].xml") && self.holds("xl/")
    }

    pub(super) fn into_file(self) -> &'a mut dyn ReadSeek {
        self.0.into_inner()
    }

    /// Objects to a workbook whose parts are more than can be held. Sizes that it states are not believed.
    pub(super) fn check_workbook(&mut self, budget: &Budget<'_>) -> io::Result<()> {
        let mut read = 0;
        for index in 0..self.0.len() {
            let part = self.0.by_index(index).map_err(told)?;
            let name = part.name().map_err(told)?.to_ascii_lowercase();
            if !(name.ends_with(".xml") || name.ends_with(".rels")) {
                continue;
            }
            let most = if name.ends_with("sharedstrings.xml") { MAX_SHARED_STRINGS } else { MAX_WORKBOOK };
            let budget =
                budget.at_most(most.min(MAX_WORKBOOK - read), "more than a workbook may; send it as CSV");
            read += io::copy(&mut Bounded::new(part, budget), &mut Texts::default())?;
        }
        Ok(())
    }

    /// The members that are looked at (spec 1.1), in the archive's order.
    pub(super) fn members(&mut self) -> io::Result<Vec<Listed>> {
        if self.holds("[Content_Types].xml") || self.holds("mimetype") {
            return refused("it is a document of another program; send it as CSV or as an .xlsx workbook");
        }
        if self.0.len() > MAX_MEMBERS {
            return refused(format!("it holds more than {MAX_MEMBERS} files"));
        }
        let mut members = Vec::new();
        for index in 0..self.0.len() {
            // By the archive's list alone: a member that is damaged is found out when its turn comes.
            let member = self.0.by_index_data(index).map_err(told)?;
            let name = label(&String::from_utf8_lossy(member.name_raw()));
            if member.is_dir() || name.split('/').any(crate::names::is_passed_over) {
                continue;
            }
            let (compressed, encrypted) = (member.compressed_size(), member.encrypted());
            members.push(Listed { index, name, compressed, encrypted });
        }
        if members.is_empty() {
            return refused("it is an archive without files");
        }
        Ok(members)
    }

    /// Every file that it holds, looked at or not, in the archive's order.
    pub(super) fn all(&mut self) -> io::Result<Vec<Listed>> {
        let mut all = Vec::new();
        for index in 0..self.0.len() {
            let member = self.0.by_index_data(index).map_err(told)?;
            if !member.is_dir() {
                let name = String::from_utf8_lossy(member.name_raw()).into_owned();
                let (compressed, encrypted) = (member.compressed_size(), member.encrypted());
                all.push(Listed { index, name, compressed, encrypted });
            }
        }
        Ok(all)
    }

    /// The archive with other bytes in some of its members, by index; the rest as it is.
    pub(super) fn with(&mut self, mut others: BTreeMap<usize, Vec<u8>>) -> io::Result<Vec<u8>> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for index in 0..self.0.len() {
            let member = self.0.by_index_raw(index).map_err(told)?;
            let Some(bytes) = others.remove(&index) else {
                writer.raw_copy_file(member).map_err(told)?;
                continue;
            };
            let name = String::from_utf8_lossy(member.name_raw()).into_owned();
            let time = member.last_modified().unwrap_or_default();
            drop(member);
            let options = SimpleFileOptions::default().last_modified_time(time);
            writer.start_file(name, options).map_err(told)?;
            writer.write_all(&bytes)?;
        }
        Ok(writer.finish().map_err(told)?.into_inner())
    }

    /// Whether a test holds for a piece of the text of any part; see [`any_piece`].
    pub(super) fn any_text(&mut self, test: &mut dyn FnMut(&str) -> bool) -> io::Result<bool> {
        for index in 0..self.0.len() {
            if any_piece(&mut self.0.by_index(index).map_err(told)?, test)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) const fn member(&mut self, index: usize) -> Member<'_, 'a> {
        Member { archive: self, index }
    }
}

/// A member of an archive.
pub(super) struct Member<'m, 'a> {
    archive: &'m mut Archive<'a>,
    index: usize,
}

impl Reopen for Member<'_, '_> {
    fn open(&mut self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.archive.0.by_index(self.index).map_err(told)?))
    }
}

/// Takes the bytes of a part of a workbook, and objects to a text that no cell can have.
#[derive(Default)]
struct Texts {
    /// Bytes since the last tag.
    run: usize,
}

impl io::Write for Texts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let first = memchr::memchr(b'<', bytes);
        self.run += first.unwrap_or(bytes.len());
        if self.run > MAX_TEXT {
            return refused(format!("a cell of it has more than {MAX_TEXT} bytes"));
        }
        if let Some(last) = memchr::memrchr(b'<', bytes) {
            // What lies between two tags of one write is shorter than the write.
            self.run = bytes.len() - last;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A member's name without anything that leads out of the archive or that a terminal would obey.
fn label(name: &str) -> String {
    let parts = name.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | ".."));
    crate::names::shown(&parts.collect::<Vec<_>>().join("/"))
}

fn told(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        ZipError::UnsupportedArchive(_) => io::Error::other(Refusal::new(
            FindingCode::NotAReport,
            "it is packed in a way that leadq does not read; send it as an ordinary zip",
        )),
        other => io::Error::other(other),
    }
}

fn refused<T>(reason: impl Into<String>) -> io::Result<T> {
    Err(io::Error::other(Refusal::new(FindingCode::NotAReport, reason)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_the_archive() {
        for (name, expected) in [
            ("a/b.csv", "a/b.csv"),
            ("../../etc/x", "etc/x"),
            ("C:\\a\\..\\b.csv", "C:/a/b.csv"),
            ("/x", "x"),
            ("..", ""),
            ("a\u{1b}]0;b\u{7}", "a\u{fffd}]0;b\u{fffd}"),
        ] {
            assert_eq!(label(name), expected);
        }
    }
}
