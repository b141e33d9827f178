//! Laws of reading any CSV, over tables and texts that nobody thought of.

use encoding_rs::WINDOWS_1252;
use proptest::prelude::*;

use super::*;

type Table = Vec<Vec<String>>;

fn table(rows: &[&[&str]]) -> Table {
    rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
}

fn drain(mut rows: Rows<&[u8]>) -> Table {
    let mut all = Vec::new();
    while let Some(row) = rows.next_row().unwrap() {
        all.push(row.cells.iter().map(str::to_owned).collect());
    }
    all
}

fn read(input: &[u8]) -> Table {
    drain(Rows::detect(input).unwrap())
}

fn rewritten(input: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    rewrite(input, &mut output).unwrap();
    output
}

/// Writes a table as a careful writer does: a cell is quoted where it must be, or where `quote_all` says so.
fn written(table: &Table, dialect: &Dialect, line_end: &str, quote_all: bool) -> String {
    let quote = char::from(dialect.quote.byte());
    let backslash = dialect.escape == Escape::Backslash;
    let mut text = String::new();
    for row in table {
        for (at, cell) in row.iter().enumerate() {
            if at > 0 {
                text.push_str(&dialect.delimiter);
            }
            let special = |c| ['"', '\'', '\\', '\n', '\r'].contains(&c) || dialect.delimiter.contains(c);
            let alone = row.len() == 1 && cell.trim().is_empty();
            if !(quote_all || alone || cell.contains(special)) {
                text.push_str(cell);
                continue;
            }
            text.push(quote);
            for c in cell.chars() {
                match c {
                    '\\' if backslash => text.push('\\'),
                    _ if c == quote => text.push(if backslash { '\\' } else { quote }),
                    _ => {}
                }
                text.push(c);
            }
            text.push(quote);
        }
        text.push_str(line_end);
    }
    text
}

fn bytes_in(charset: Charset, text: &str) -> Vec<u8> {
    let utf16 = |mark: &[u8], bytes: fn(u16) -> [u8; 2]| {
        [mark.to_vec(), text.encode_utf16().flat_map(bytes).collect()].concat()
    };
    match charset {
        Charset::Utf8 => text.as_bytes().to_vec(),
        Charset::Utf16Le => utf16(b"\xFF\xFE", u16::to_le_bytes),
        Charset::Utf16Be => utf16(b"\xFE\xFF", u16::to_be_bytes),
        Charset::Windows1252 => WINDOWS_1252.encode(text).0.into_owned(),
    }
}

fn charsets() -> impl Strategy<Value = Charset> {
    use Charset::{Utf8, Utf16Be, Utf16Le, Windows1252};
    prop::sample::select(vec![Utf8, Utf16Le, Utf16Be, Windows1252])
}

fn dialects(delimiters: &'static [&'static str]) -> impl Strategy<Value = Dialect> {
    let quotes = prop::sample::select(vec![Quote::Double, Quote::Single]);
    let escapes = prop::sample::select(vec![Escape::Doubled, Escape::Backslash]);
    (prop::sample::select(delimiters), quotes, escapes).prop_map(|(d, q, e)| Dialect::new(d, q, e).unwrap())
}

fn line_ends() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["\n", "\r\n", "\r"])
}

/// Rows of one width of cells that hold anything.
fn any_tables() -> impl Strategy<Value = Table> {
    let cell = "[a-c1 ,;\t|'\"\\\\\né]{0,6}";
    (1..6_usize).prop_flat_map(move |width| {
        prop::collection::vec(prop::collection::vec(cell.prop_map(|c| c), width), 1..8)
    })
}

/// Rows of cells that have a type by column, below a header, as most files do.
fn typed_tables() -> impl Strategy<Value = Table> {
    let kinds = [
        "[1-9][0-9]{0,4}",
        "[0-9]{1,3}\\.[0-9]{2}",
        "2024-0[1-9]-1[0-9]",
        "1[0-9]:[0-5][0-9]",
        "[A-Z][a-z]{2,7}",
        "[A-Z]{2}-[0-9]{4}",
        "[a-z]{3,6}@[a-z]{3,6}\\.com",
        "[A-Z][a-z]{2,6}( [a-z]{2,6}){1,4}(, [a-z]{2,6})?\\.",
        "[A-Z][a-z]{2,5}( \"[a-z]{2,5}\")? [a-z]{2,5}",
        "(yes|no)?",
    ];
    (prop::collection::vec(prop::sample::select(kinds.to_vec()), 3..9), 5..25_usize).prop_flat_map(
        |(kinds, rows)| {
            let header: Vec<_> = (0..kinds.len()).map(|at| format!("Col{at}")).collect();
            let row: Vec<_> = kinds.iter().map(|kind| kind.prop_map(|c| c)).collect();
            prop::collection::vec(row, rows).prop_map(move |mut rows| {
                rows.insert(0, header.clone());
                rows
            })
        },
    )
}

/// Texts full of what makes a reader stumble.
fn wild() -> impl Strategy<Value = String> {
    "([a-c1]|[,;\t| ^]|[\"'\\\\]|\n|\r|\"\"|,\"|\",|a b|, ){0,60}"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_a_careful_writer_wrote_is_read_back_in_its_dialect(
        table in any_tables(),
        dialect in dialects(&[",", ";", "\t", "|", " ", "~", ", ", "||"]),
        (line_end, charset, quote_all) in (line_ends(), charsets(), any::<bool>()),
    ) {
        let bytes = bytes_in(charset, &written(&table, &dialect, line_end, quote_all));
        prop_assert_eq!(drain(Rows::with_dialect(&bytes[..], dialect).unwrap()), table);
    }

    #[test]
    fn a_table_of_typed_columns_is_read_back_untold(
        table in typed_tables(),
        dialect in dialects(&[",", ";", "\t", "|", "^", "~", ", ", "; "]),
        (line_end, charset, quote_all) in (line_ends(), charsets(), any::<bool>()),
    ) {
        let bytes = bytes_in(charset, &written(&table, &dialect, line_end, quote_all));
        prop_assert_eq!(read(&bytes), table);
    }

    #[test]
    fn no_letter_is_lost_and_none_is_added(text in wild()) {
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        prop_assert_eq!(letters(&read(text.as_bytes()).concat().concat()), letters(&text));
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = rewritten(&bytes);
    }

    #[test]
    fn what_was_rewritten_is_rewritten_as_it_is(text in wild()) {
        let once = rewritten(text.as_bytes());
        prop_assert_eq!(String::from_utf8(rewritten(&once)).unwrap(), String::from_utf8(once).unwrap());
    }
}
