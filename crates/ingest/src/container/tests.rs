//! Containers of 1.1, whole and broken, and those made to do harm (promise 10).

use std::io::Write;

use super::*;
use proptest::prelude::*;
use zip::write::SimpleFileOptions;

const SMALL: Limits = Limits { max_file_size: 64 << 20, max_ratio: 200, max_columns: 100 };

/// What is found in a file: `member packing: text`, or why it is refused.
fn parts(bytes: &[u8], limits: &Limits) -> Vec<String> {
    let mut found = Vec::new();
    unpack(&mut Cursor::new(bytes), limits, &mut |part| {
        let label = format!("{}[{}]", part.member.unwrap_or_default(), part.packing.join(" "));
        found.push(match part.content {
            Content::Text(source) => {
                let mut texts = [String::new(), String::new()];
                let read =
                    texts.iter_mut().try_for_each(|text| source.open()?.read_to_string(text).map(drop));
                match read {
                    Ok(()) => {
                        assert!(texts[0] == texts[1], "opened anew it is the same");
                        format!("{label} {}", texts[0])
                    }
                    Err(error) => format!("{label} ! {}", Refusal::of(&error).code.name()),
                }
            }
            Content::Workbook(_) => format!("{label} workbook"),
            Content::Refused(refusal) => format!("{label} ! {}: {refusal}", refusal.code.name()),
        });
        Ok(())
    })
    .unwrap();
    found
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd_of(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn containers_of_1_1_are_told_by_their_content() {
    let text = b"a,b";
    let cases = [
        (text.to_vec(), vec!["[] a,b"]),
        (Vec::new(), vec!["[] "]),
        (gzip(text), vec!["[gzip] a,b"]),
        ([gzip(b"a,"), gzip(b"b")].concat(), vec!["[gzip] a,b"]),
        (zstd_of(text), vec!["[zstd] a,b"]),
        (gzip(&zstd_of(text)), vec!["[gzip zstd] a,b"]),
        ([&b"\x5A\x2A\x4D\x18\x02\0\0\0xx"[..], &zstd_of(text)].concat(), vec!["[zstd] a,b"]),
        (
            zip_of(&[
                ("a.csv", text),
                ("sub/b.csv", b"c"),
                ("__MACOSX/._a.csv", b"x"),
                ("d.csv.gz", &gzip(b"d")),
            ]),
            vec!["a.csv[zip] a,b", "sub/b.csv[zip] c", "d.csv.gz[zip gzip] d"],
        ),
        (gzip(&zip_of(&[("a.csv", text)])), vec!["a.csv[gzip zip] a,b"]),
        (zip_of(&[("[Content_Types].xml", b""), ("xl/workbook.xml", b"")]), vec!["[] workbook"]),
        (
            zip_of(&[("x.xlsx", &zip_of(&[("[Content_Types].xml", b""), ("xl/workbook.xml", b"")]))]),
            vec!["x.xlsx[zip] workbook"],
        ),
    ];
    for (bytes, expected) in cases {
        assert_eq!(parts(&bytes, &SMALL), expected);
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    let mut encrypted = zip_of(&[("a.csv", b"a,b"), ("b.csv", b"c")]);
    for signature in [&b"PK\x03\x04"[..], b"PK\x01\x02"] {
        let at = encrypted.windows(4).position(|bytes| bytes == signature).unwrap();
        encrypted[at + if signature[2] == 3 { 6 } else { 8 }] |= 1;
    }
    let zipped = zip_of(&[("a.csv", b"a,b")]);
    let cases: Vec<(Vec<u8>, Vec<&str>)> = vec![
        (encrypted, vec!["a.csv[zip] ! not_a_report: it is encrypted", "b.csv[zip] c"]),
        (zip_of(&[]), vec!["[] ! not_a_report: it is an archive without files"]),
        (
            zip_of(&[("x.zip", &zipped)]),
            vec!["x.zip[zip] ! not_a_report: it is an archive within an archive"],
        ),
        (
            zip_of(&[("mimetype", b"application/vnd.oasis"), ("content.xml", b"")]),
            vec![
                "[] ! not_a_report: it is a document of another program; send it as CSV or as an .xlsx workbook",
            ],
        ),
        (
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec(),
            vec![
                "[] ! not_a_report: it is an old Excel workbook (.xls) or an encrypted one; \
                 send it as CSV or as an .xlsx workbook",
            ],
        ),
        (
            gzip(&[&b"y.csv"[..], &[0; 252], b"ustar\x0000"].concat()),
            vec!["[gzip] ! not_a_report: it is a tar archive; send it as CSV or as an .xlsx workbook"],
        ),
        (
            gzip(&gzip(&gzip(&gzip(b"a")))),
            vec!["[gzip gzip gzip] ! not_a_report: it is compressed more than 3 times over"],
        ),
    ];
    for (bytes, expected) in cases {
        assert_eq!(parts(&bytes, &SMALL), expected);
    }
    // one damaged member takes no other with it
    let mut one_bad = zip_of(&[("a.csv", b"a,b"), ("b.csv", b"c"), ("d.csv", b"e")]);
    let second = one_bad.windows(5).position(|bytes| bytes == b"b.csv").unwrap() - 30;
    one_bad[second] = b'x';
    let found = parts(&one_bad, &SMALL);
    assert_eq!((found[0].as_str(), found[2].as_str()), ("a.csv[zip] a,b", "d.csv[zip] e"));
    assert!(found[1].starts_with("b.csv[zip] ! not_a_report"), "{found:?}");
    // cut short, at any place
    for whole in [gzip(&[b'x'; 1000]), zstd_of(&[b'x'; 1000]), zipped] {
        for length in 4..whole.len() {
            let found = parts(&whole[..length], &SMALL);
            assert!(found.len() == 1 && found[0].contains(" ! not_a_report"), "{length}: {found:?}");
        }
    }
}

#[test]
fn bombs_are_refused_in_time() {
    let bomb = gzip(&vec![0; 32 << 20]);
    assert_eq!(parts(&bomb, &SMALL), ["[gzip] ! compression_ratio"]);
    assert_eq!(parts(&zip_of(&[("a", &vec![b'x'; 32 << 20])]), &SMALL), ["a[zip] ! compression_ratio"]);
    // gzip within gzip is measured against the file
    assert_eq!(parts(&gzip(&bomb), &SMALL), ["[gzip gzip] ! compression_ratio"]);
    // what is not suspicious may still be too much, and members count together
    let limits = Limits { max_file_size: 1 << 20, ..SMALL };
    let noise: Vec<u8> = (0..700_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8 | 1).collect();
    assert_eq!(parts(&vec![b'x'; 2 << 20], &limits), ["[] ! too_large"]);
    let found = parts(&zip_of(&[("a", &vec![b'x'; 700_000]), ("b", &noise), ("c", b"d")]), &limits);
    assert!(found[0].starts_with("a[zip] x") && found[1] == "b[zip] ! too_large", "{}", found[1]);
    // a workbook is weighed before it is opened
    let workbook =
        |texts: &str| zip_of(&[("[Content_Types].xml", b""), ("xl/sharedStrings.xml", texts.as_bytes())]);
    let found = parts(&workbook(&"<si/>".repeat(6 << 20)), &SMALL);
    assert!(found[0].starts_with("[] ! compression_ratio"), "{found:?}");
    let found = parts(&workbook(&format!("<t>{}</t>", "x".repeat(2 << 20))), &SMALL);
    assert!(found[0].starts_with("[] ! not_a_report: a cell of it"), "{found:?}");
    // what an archive says of its members is not believed
    let mut lying = zip_of(&[("a", &vec![b'x'; 32 << 20])]);
    let listed = lying.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    lying[listed + 20..listed + 24].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0x7F]);
    let found = parts(&lying, &SMALL);
    assert!(found[0].contains(" ! "), "{}", &found[0][..40]);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 0..5usize, at in any::<prop::sample::Index>()) {
        let magic = [&b"\x1F\x8B\x08"[..], b"\x28\xB5\x2F\xFD", b"PK\x03\x04", b"PK\x05\x06", b""][kind];
        parts(&[magic, &bytes].concat(), &SMALL).len();
        let mut damaged = zip_of(&[("a.csv", b"Lead #,Email,Set"), ("b.csv", b"c")]);
        let place = at.index(damaged.len());
        damaged[place] ^= bytes.first().copied().unwrap_or(1);
        parts(&damaged, &SMALL).len();
    }
}
