//! Whether a report file as received holds a forgotten person anywhere: a second look, which does not go by rows.

use std::io;

use super::suppress::Suppression;
use crate::IngestError;
use crate::container::{ReadSeek, Reopen, Rewrite, any_piece, repack};
use crate::encoding::Utf8Reader;
use crate::report::ReportOptions;

/// Whether anything in a report file, packed as it may be, holds a hash or an email of a forgotten person, or could
/// not be looked into. All texts and the inner texts of workbooks are searched, whether a reader would read them or not.
///
/// # Errors
/// What the input reports.
pub fn is_in_report(file: &mut dyn ReadSeek, options: &ReportOptions<'_>) -> Result<bool, IngestError> {
    let Some(suppression) = Suppression::of(options) else { return Ok(false) };
    let mut looking = Looking { suppression, is_found: false };
    let unread = repack(file, options.limits, &mut looking)?.unread;
    Ok(looking.is_found || !unread.is_empty())
}

struct Looking<'a> {
    suppression: Suppression<'a>,
    is_found: bool,
}

impl Rewrite for Looking<'_> {
    fn text(&mut self, source: &mut dyn Reopen) -> io::Result<Option<Vec<u8>>> {
        let suppression = &self.suppression;
        let mut text = Utf8Reader::new(source.open()?, None);
        let found = match any_piece(&mut text, &mut |piece| suppression.finds(piece)) {
            Err(error) if crate::encoding::is_not_utf8(&error) => {
                drop(text);
                any_piece(&mut source.open()?, &mut |piece| suppression.finds(piece))
            }
            other => other,
        };
        self.is_found |= found?;
        Ok(None)
    }

    fn workbook(&mut self, _: &mut dyn ReadSeek, is_found: bool) -> io::Result<Option<Vec<u8>>> {
        self.is_found |= is_found;
        Ok(None)
    }

    fn finds(&mut self, text: &str) -> bool {
        self.suppression.finds(text)
    }
}
