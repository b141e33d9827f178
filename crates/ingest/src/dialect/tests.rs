//! Laws of reading any CSV, over tables and texts that nobody thought of.

use encoding_rs::WINDOWS_1252;
use proptest::prelude::*;

use super::*;

type Table = Vec<Vec<String>>;

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
            let row: Vec<_> = kinds.into_iter().map(|kind| kind.prop_map(|c| c)).collect();
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

/// What is read of `lines` between rows that make a table of three columns.
fn among_rows_of_three(lines: &str) -> Vec<String> {
    let text = format!("{}{lines}\n{}", "a,b,c\n".repeat(3), "d,e,f\n".repeat(30));
    let rows = drain(Rows::with_dialect(text.as_bytes(), Dialect::default()).unwrap());
    let (read, after) = (rows.len() - 30, &rows[rows.len() - 30..]);
    assert!(after.iter().all(|row| row.concat() == "def"), "{lines}: the rows after it are whole");
    rows[3..read].iter().map(|row| row.join("|")).collect()
}

#[test]
fn rows_are_read_as_rfc_4180_has_them() {
    for (lines, expected) in [
        ("1,2,3", &["1|2|3"][..]),
        ("1,2\n\n \n1,2,3,4\n,", &["1|2", "1|2|3|4", "|"]),
        ("1,\"2, \"\"3\"\"\n4\",5", &["1|2, \"3\"\n4|5"]),
        ("\"\",\"\"\"\",\"\"\"\"\"\"", &["|\"|\"\""]),
        ("1, \"2,3\" ,4", &["1|2,3|4"]),
        ("5\" pipe,6'9\",x", &["5\" pipe|6'9\"|x"]),
        // too few cells are no reason to take two quotes for anything but one
        ("1,\"2\"\"3\"", &["1|2\"3"]),
    ] {
        assert_eq!(among_rows_of_three(lines), expected, "{lines}");
    }
}

#[test]
fn quotes_that_do_not_fit_are_read_so_that_the_row_has_its_width() {
    for (lines, expected) in [
        // a quote that opens nothing: at the start, in the middle, at the end of the row
        ("\"1,2,\"3, 4\"", "\"1|2|3, 4"),
        ("1,\"2,\"3, 4\"", "1|\"2|3, 4"),
        ("1,2,\"", "1|2|\""),
        ("1,\"2, 3\",\"", "1|2, 3|\""),
        // quotes within quotes that nobody doubled
        ("1,\"\"2, 3\",4", "1|\"2, 3|4"),
        ("1,\"say \"2, 3\" loud\",4", "1|say \"2, 3\" loud|4"),
        ("1,\"2, 24\"\",\"3, 4\"", "1|2, 24\"|3, 4"),
        ("1,\"line\nof \"2, 3\" and\nlines\",4", "1|line\nof \"2, 3\" and\nlines|4"),
        // a delimiter missing beside a quoted cell
        ("1\"2, 3, 4\",5", "1|2, 3, 4|5"),
        ("1,\"2, 3, 4\"5", "1|2, 3, 4|5"),
    ] {
        assert_eq!(among_rows_of_three(lines), [expected], "{lines}");
    }
}

#[test]
fn a_broken_quote_of_1_5_costs_its_line_only() {
    assert_eq!(among_rows_of_three("1,\"2"), ["1|\"2"]);
    assert_eq!(among_rows_of_three("\"1\n2\",\"3"), ["1\n2|\"3"]);
    assert_eq!(among_rows_of_three(&format!("1,\"{}\",3", "x\r\n".repeat(20))).len(), 1);
    assert_eq!(among_rows_of_three(&format!("1,\"{}\",3", "x\r\n".repeat(21))).len(), 22);
    let long = |length: usize| format!("1,\"{}\n\",3", "x".repeat(length));
    assert_eq!(among_rows_of_three(&long((64 << 10) - 1)).len(), 1);
    assert_eq!(among_rows_of_three(&long(64 << 10)).len(), 2);
}

#[test]
fn backslashes_escape_what_could_end_a_cell_and_nothing_else() {
    let dialect = Dialect::new(",", Quote::Double, Escape::Backslash).unwrap();
    let text = r#""a\"b\\",c\,d,\n\'e\"#;
    assert_eq!(drain(Rows::with_dialect(text.as_bytes(), dialect).unwrap()), [[r#"a"b\"#, "c,d", r"\n\'e\"]]);
}

#[test]
fn dialects_are_told() {
    let backslash = |delimiter| Dialect::new(delimiter, Quote::Double, Escape::Backslash).unwrap();
    let doubled = |delimiter, quote| Dialect::new(delimiter, quote, Escape::Doubled).unwrap();
    let (double, single) = (Quote::Double, Quote::Single);
    for (text, expected) in [
        ("", Dialect::default()),
        ("one\ntwo\n", Dialect::default()),
        ("John Smith\nJane Doe\nMary Major\n", Dialect::default()),
        ("Report of 2024-01-02\n\nid,name\n1,Ann\n2,Bob\n", Dialect::default()),
        ("id,name\n", Dialect::default()),
        ("at,what\n10:15,a b\n10:20,c d\n", Dialect::default()),
        ("price;weight\n1,50;2,5\n2,75;3,5\n", doubled(";", double)),
        ("id;text\n1;one, two, three\n2;four, five\n", doubled(";", double)),
        ("id\tname\n1\tAnn B\n2\tC, D\n", doubled("\t", double)),
        ("id|name\n1|Ann; B\n2|C, D\n", doubled("|", double)),
        ("id, name, city\n1, Ann, Rome\n2, Bob, Bonn\n", doubled(", ", double)),
        ("1 2.5 x\n2 3.5 y\n3 4.5 z\n", doubled(" ", double)),
        ("id,name\n1,'O, P'\n2,'Q, R'\n", doubled(",", single)),
        ("id,name\n1,O'Brien\n2,'t Hooft\n", doubled(",", double)),
        ("id,name\n1,\"a \\\"b\\\" c\"\n2,\"d, e\"\n", backslash(",")),
        ("id,path\n1,\"C:\\dir\\\"\n2,\"D:\\\"\n", Dialect::default()),
    ] {
        assert_eq!(Rows::detect(text.as_bytes()).unwrap().found().dialect, expected, "{text}");
    }
}

#[test]
fn what_is_rewritten_and_what_is_told_of_it() {
    let mut output = Vec::new();
    let told = rewrite(&b"\xFF\xFEa\0;\0'\0\r\0\n\0b\0;\0c\0\r\0\n\0"[..], &mut output).unwrap();
    assert_eq!(String::from_utf8(output).unwrap(), "a,\"'\"\nb,c\n");
    assert_eq!((told.rows, told.mended), (2, 0));
    let expected = "UTF-16LE, delimiter ';', quote \" (doubled within quotes), CRLF, 2 columns";
    assert_eq!(told.found.to_string(), expected);
    for (input, expected) in [("", ""), ("\n\n", ""), ("\"\"\n", "\"\"\n"), ("a\tb c\n", "a,\"b c\"\n")] {
        assert_eq!(String::from_utf8(rewritten(input.as_bytes())).unwrap(), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

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
