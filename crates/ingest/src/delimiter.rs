//! Which character separates the cells of a report (spec 1.5): the one by which its header is understood best.

use std::io::{self, Read};

use leadq_contract::ReportSchema;

use crate::header::Header;
use crate::raw::{Rows, Step};
use crate::records::RecordReader;

/// The delimiters, in the order in which ties are decided.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Bytes of the beginning that are looked at first.
const HEAD: usize = 64 << 10;
/// Bytes of the beginning that are looked at at most: the header is among the first lines.
const MAX_HEAD: usize = 32 << 20;

/// A delimiter's name for people.
pub(crate) const fn name(delimiter: u8) -> &'static str {
    match delimiter {
        b';' => "semicolon",
        b'\t' => "tab",
        b'|' => "pipe",
        _ => "comma",
    }
}

/// The beginning of a text, and the delimiter that it tells.
pub(crate) struct Head {
    /// What was read; it comes before what the input still has.
    pub(crate) bytes: Vec<u8>,
    /// `None` if no line is a header by any of them.
    pub(crate) delimiter: Option<u8>,
}

/// Reads as much of the beginning of a text as tells the delimiter.
///
/// # Errors
/// What the input reports.
pub(crate) fn choose(input: &mut impl Read, schema: &ReportSchema) -> io::Result<Head> {
    choose_from(input, schema, HEAD)
}

fn choose_from(input: &mut impl Read, schema: &ReportSchema, first: usize) -> io::Result<Head> {
    let mut bytes = Vec::new();
    let mut wanted = first;
    loop {
        let ended = fill(input, &mut bytes, wanted)?;
        let whole = ended || wanted >= MAX_HEAD;
        let mut best = None;
        let mut cut = false;
        for delimiter in DELIMITERS {
            let mut rows = RecordReader::new(&bytes[..], delimiter);
            let header = Header::find(&mut rows, schema, |_| {})?;
            // What was read last may be the beginning of something else.
            cut |= !whole && rows.next_row()? == Step::End;
            let recognised = header.map_or(0, |header| header.recognised());
            if recognised > best.map_or(0, |(most, _)| most) {
                best = Some((recognised, delimiter));
            }
        }
        if !cut {
            return Ok(Head { bytes, delimiter: best.map(|(_, delimiter)| delimiter) });
        }
        wanted = (wanted * 4).min(MAX_HEAD);
    }
}

/// Reads until `bytes` has as many as are wanted; true at the end of the input.
fn fill(input: &mut impl Read, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<bool> {
    let mut filled = bytes.len();
    // Room beyond what is wanted: a reader of text needs room for a whole character.
    bytes.resize(wanted + 64, 0);
    while filled < wanted {
        match input.read(&mut bytes[filled..]) {
            Ok(0) => {
                bytes.truncate(filled);
                return Ok(true);
            }
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                bytes.truncate(filled);
                return Err(error);
            }
        }
    }
    bytes.truncate(filled);
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delimiter(text: &str) -> Option<char> {
        let by_any_cut = [1, 7, HEAD].map(|first| {
            let mut input = text.as_bytes();
            let head = choose_from(&mut input, &ReportSchema::default(), first).unwrap();
            assert_eq!([&head.bytes[..], input].concat(), text.as_bytes());
            head.delimiter.map(char::from)
        });
        assert!(by_any_cut.iter().all(|found| *found == by_any_cut[0]), "{by_any_cut:?}");
        by_any_cut[0]
    }

    #[test]
    fn the_delimiter_of_1_5_is_the_one_with_most_recognised_cells() {
        for mark in [',', ';', '\t', '|'] {
            let text = "Report, run at; 5|\nLead #,Email,Set,Demo\n1,x,1,1\n".replace(',', &mark.to_string());
            assert_eq!(delimiter(&text), Some(mark), "{text}");
        }
        // cells of the one within the other
        assert_eq!(delimiter("Lead #;Email;Set;City,State,Zip\n"), Some(';'));
        assert_eq!(delimiter("Lead #,Email,Set;Lead #;Email;Set;Demo\n"), Some(';'));
        // a tie goes to the comma; what is quoted does not separate
        assert_eq!(delimiter("Lead #,Email,Set\nLead #;Email;Set\n"), Some(','));
        assert_eq!(delimiter("\"Lead #;x\",\"Email;y\";Lead #;Email;Set\n"), Some(';'));
        assert_eq!(delimiter("nothing,to,see\n"), None);
        assert_eq!(delimiter(""), None);
    }

    #[test]
    fn a_header_far_down_is_found_and_one_too_far_is_not() {
        let after = |blank: usize, titles: usize| {
            format!("{}{}Lead #;Email;Set\n1;2;3\n", "\n".repeat(blank), "a title\n".repeat(titles))
        };
        assert_eq!(delimiter(&after(100_000, 24)), Some(';'));
        assert_eq!(delimiter(&after(0, 25)), None);
    }
}
