//! A damaged archive ends the run, as its own fault and no client's; nothing of that run is ever seen.

use std::fs;
use std::io::Write as _;

use crate::place::{Place, lead, succeeded};

/// Reports of several chunks of the archive's encryption, one that is rejected by its first lines, and a packed one.
fn place() -> Place {
    let place = Place::new();
    place.write("leadq.toml", "leads = [\"leads\"]\n\n[[client]]\nid = \"acme\"\nreports = [\"reports\"]\n");
    place.leads("leads.parquet", &[lead("a", "a", "a", "2023-01-01T10:00:00")]);
    for day in 10..12 {
        let rows: Vec<String> = (0..3_000)
            .map(|record| format!("01/06/2023,{record},p{record},q{day}{record},98311,,0,0,Data"))
            .collect();
        place.report(&format!("r_2023-01-{day}.csv"), &rows.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let report = fs::read(place.path("reports/r_2023-01-11.csv")).unwrap();
    let words = String::from_utf8(report.clone()).unwrap().replace(',', ";x ").replace("ENTRYDATE", "");
    place.write("reports/no_report.txt", words.lines().skip(1).collect::<Vec<_>>().join("\n"));
    place.write("reports/r_2023-01-12.csv.gz", gzipped(&report));
    succeeded(place.leadq(&["run", "--quiet"]));
    place
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

#[test]
fn damage_in_the_archive_is_told_as_such_and_changes_nothing() {
    let place = place();
    let blobs = place.tree("lake/archive/blobs");
    assert_eq!(blobs.len(), 5);
    let (before, files) = (place.table("crm_record"), place.table("report_file"));
    for (number, blob) in blobs.iter().enumerate() {
        let whole = fs::read(blob).unwrap();
        let flipped = |at: usize| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            bytes
        };
        let other = fs::read(&blobs[(number + 1) % blobs.len()]).unwrap();
        let (middle, end) = (whole.len() / 2, whole.len() - 20);
        for damaged in [flipped(middle), flipped(end), whole[..middle].to_vec(), other] {
            fs::write(blob, damaged).unwrap();
            let output = place.leadq(&["replay", "--quiet"]);
            let told = String::from_utf8_lossy(&output.stderr).replace('\n', " ");
            assert!(!output.status.success(), "blob {number}");
            assert!(told.contains("archive") && told.contains("backup"), "blob {number}: {told}");
        }
        fs::write(blob, whole).unwrap();
        assert_eq!(place.table("crm_record"), before);
        assert_eq!(place.table("report_file"), files);
    }
    succeeded(place.leadq(&["replay", "--quiet"]));
    assert_eq!(place.table("crm_record"), before);
}
