//! The law of the book: files read with one come out as each read with one of its own.

use arrow::array::{Array as _, ArrayRef, RecordBatch};
use arrow::util::display::array_value_to_string;
use leadq_contract::rows::field;
use leadq_contract::schema::SchemasFile;
use leadq_contract::{ClientId, ClientSettings, IdentifierKind, IdentifierSecret, Limits};
use proptest::prelude::*;
use std::collections::HashMap;

use super::*;
use crate::cells::hash::HashAlgorithm;
use crate::container::Content;
use crate::report::tests::Taken;
use crate::{Forgotten, ReportOptions, ReportReading, read_report};

const SHA1: &str = "3b7c33e84ea3ae8b249dc1e1578fc84cb4047ac4";

/// Headers: as usual, in another order and with a location, and in Windows-1252 by an accent further down.
const HEADERS: [&str; 3] = [
    "Entry Date,Lead #,Email,City,State,Set,Demo,Dispo,location",
    "Lead #,Entry Date,Email,City,State,Set,Demo,Dispo,location",
    "Entry Date;Lead #;Email;City;State;Set;Demo;Dispo;Job Status",
];

/// Lines of which files are made, so that they share many: equal rows in two spellings, bad cells, junk, a person who
/// is forgotten, quotes, what is no row.
fn lines() -> Vec<String> {
    let mut lines: Vec<String> = [
        "1/2/2023,1,{h},Reno,NV,1,0,Sale,",
        "01/02/2023,1,{h},RENO,Nevada,true,0,SALE,",
        "1/2/2023,1,{h},,,1,0,sale,Reno|NV",
        "1/2/2023,1,{h},Reno,,1,0,sale,Reno|NV",
        "13/45/2023,2,a@b.c,Reno,ZZ,maybe,,ND,",
        "1/3/2023,3,none,Reno,NV,x,y,Data,",
        "1/3/2023,3,none,Reno,NV,x,y,DATA,",
        "1/3/2023,4,jane@example.com,Reno,NV,1,1,Set,",
        "1/3/2023,\"5\",{h},\"Reno, NV\",NV,1,1,Set,",
        ",,,Reno,NV,1,1,Set,",
        "-----,-----,-,-,-,-,-,-,-",
        "too,few",
        "",
        "(2 rows affected)",
        "Entry Date,Lead #,Email,City,State,Set,Demo,Dispo,location",
        "1/4/2023,6,{h},\u{d1}and\u{fa},NV,1,1,Set,",
        "1/4/2023,7,{h},Reno,NV,1,1,\"open",
    ]
    .map(|line| line.replace("{h}", SHA1))
    .to_vec();
    lines.extend((10..30).map(|n| format!("1/5/2023,{n},{SHA1},Reno,NV,{},0,Data,", n % 2)));
    lines
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    let line = prop::sample::select(lines());
    (0..HEADERS.len(), prop::collection::vec(line, 0..25), any::<bool>(), 0..12u8).prop_map(
        |(header, lines, windows, kind)| {
            let mark = if HEADERS[header].contains(';') { ";" } else { "," };
            let mut text = format!("{}\n", HEADERS[header]);
            lines.iter().for_each(|line| text.push_str(&format!("{}\r\n", line.replace(',', mark))));
            match kind {
                0 => b"no report".to_vec(),
                // Taken for UTF-8 at first, and read anew.
                1 => [text.as_bytes(), "\u{e9}\n".as_bytes(), b"\xE9\n"].concat(),
                _ if windows => text.chars().map(|c| if c.is_ascii() { c as u8 } else { 0xD1 }).collect(),
                _ => text.into_bytes(),
            }
        },
    )
}

fn with_options<T>(use_them: impl FnOnce(&ReportOptions<'_>) -> T) -> T {
    let secret = IdentifierSecret::new(&[1; 32]).unwrap();
    let jane = crate::forget::identifiers_of("jane@example.com", IdentifierKind::Email, &secret).unwrap();
    let forgotten: Forgotten = jane.into_iter().collect();
    let schemas = r#"{"input_schemas": {"contractor_reports": {"entries": [
        {"name": "Set", "new_name": "set", "true": ["1", "true", "x"], "false": ["0", "y"]}]}}}"#;
    let client = ClientSettings::with_id(ClientId::default_client())
        .with_schemas(&SchemasFile::parse(schemas).unwrap());
    use_them(&ReportOptions {
        client: &client,
        secret: &secret,
        algorithm: HashAlgorithm::Sha256,
        limits: &Limits::default(),
        forgotten: &forgotten,
    })
}

/// A file with a book: what was read, what was set aside, and the values of all its rows with their lines, those that
/// are not fresh from `known`. Categories that are compared without regard to case are so here.
fn read(
    bytes: &[u8],
    book: &mut Book,
    known: &mut HashMap<(BookId, u32), String>,
) -> (String, Vec<String>, Vec<String>) {
    let mut taken = Taken::default();
    let reading: ReportReading = with_options(|options| {
        read_report(Content::Text(&mut { bytes }), options, book, &mut taken).unwrap()
    });
    if reading.rejected.is_some() {
        return (format!("{reading:?}"), Vec::new(), Vec::new());
    }
    let kept = taken.kept.unwrap();
    let fresh = taken.batches.iter().flat_map(values);
    for (row, values) in kept.mark.fresh.clone().zip(fresh) {
        known.insert((kept.mark.book, row), values);
    }
    let rows = kept.iter().map(|(line, row)| format!("{line}: {}", known[&(kept.mark.book, row)])).collect();
    (format!("{reading:?}"), taken.aside.iter().map(|row| format!("{row:?}")).collect(), rows)
}

fn values(batch: &RecordBatch) -> Vec<String> {
    let cell = |(index, column): (usize, &ArrayRef), row| {
        let text = array_value_to_string(column, row).unwrap();
        let folds = [field::DISPO, field::JOB_STATUS].contains(&index);
        if column.is_null(row) {
            "-".to_owned()
        } else if folds {
            text.to_lowercase()
        } else {
            text
        }
    };
    let columns = || batch.columns().iter().enumerate().filter(|(index, _)| *index != field::LINE);
    (0..batch.num_rows()).map(|row| columns().map(|c| cell(c, row)).collect::<Vec<_>>().join("|")).collect()
}

proptest! {
    #[test]
    fn files_read_with_one_book_read_as_with_one_each(
        files in prop::collection::vec(file(), 1..8),
        most in prop::sample::select(vec![0, 3, 1000]),
    ) {
        let (mut book, mut known) = (Book::new(most), HashMap::new());
        for bytes in &files {
            let alone = read(bytes, &mut Book::default(), &mut HashMap::new());
            prop_assert_eq!(read(bytes, &mut book, &mut known), alone);
        }
    }

    #[test]
    fn who_follows_knows_the_rows(files in prop::collection::vec(file(), 1..8)) {
        // Whatever the order, and whatever is left out: if a mark says that it follows, all rows are known.
        let mut book = Book::default();
        let mut read = Vec::new();
        for bytes in &files {
            let mut taken = Taken::default();
            with_options(|options| read_report(Content::Text(&mut { &**bytes }), options, &mut book, &mut taken)).unwrap();
            read.extend(taken.kept);
        }
        for (before, kept) in read.iter().flat_map(|before| read.iter().map(move |kept| (before, kept))) {
            if kept.mark.follows(Some(&before.mark)) && kept.mark.fresh.start > 0 {
                let known: std::collections::HashSet<_> = before.iter().map(|(_, row)| row).collect();
                let all = kept.iter().all(|(_, row)| kept.mark.fresh.contains(&row) || known.contains(&row));
                prop_assert!(all, "{:?} after {:?}", kept.mark, before.mark);
            }
        }
    }
}

/// Reads one file; how many rows are fresh and how many are kept.
fn fresh(book: &mut Book, rows: std::ops::Range<u32>) -> (usize, usize) {
    let mut text = format!("{}\n", HEADERS[0]);
    rows.for_each(|n| text.push_str(&format!("1/5/2023,{n},{SHA1},Reno,NV,1,0,Data,\n")));
    let mut taken = Taken::default();
    with_options(|options| read_report(Content::Text(&mut text.as_bytes()), options, book, &mut taken))
        .unwrap();
    let kept = taken.kept.unwrap();
    (kept.mark.fresh.len(), kept.iter().count())
}

#[test]
fn what_a_file_lacks_is_dropped() {
    let mut book = Book::default();
    assert_eq!(fresh(&mut book, 0..5000), (5000, 5000));
    assert_eq!(fresh(&mut book, 4000..6000), (1000, 2000));
    assert_eq!((book.lines.len(), book.numbers.len()), (2000, 2000));
    assert_eq!(fresh(&mut book, 0..5000), (4000, 5000));
    assert_eq!((book.lines.len(), book.numbers.len()), (5000, 5000));
}

#[test]
fn a_book_that_gave_out_many_numbers_begins_anew() {
    let mut book = Book::default();
    let first = book.id;
    for file in 0..12 {
        fresh(&mut book, file * 100_000..(file + 1) * 100_000);
        assert!(book.numbers.given_out() as usize <= MAX_NUMBERS + 100_000);
    }
    assert_ne!(book.id, first);
}
