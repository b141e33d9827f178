//! Files leave the archive in time: history before is frozen, and what would change it is refused (spec 1.8, `too_late`).

use std::fs;
use std::io::Write as _;
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::place::{Place, lead, succeeded};

const CONFIG: &str = "leads = [\"leads\"]\n\n[[client]]\nid = \"acme\"\nreports = [\"reports\"]\n";

/// The report of a day: one record has an appointment from the 12th on, the other's place changes daily.
fn report(place: &Place, day: u32) {
    let set = u32::from(day >= 12);
    let first = format!("01/06/2023,1,a,a,98311,,{set},0,Data");
    let second = format!("01/07/2023,2,b,b,{},,0,0,Data", 89_000 + day);
    let name = format!("r_2023-01-{day}.csv");
    place.report(&name, &[&first, &second]);
    // Its time is to be trusted at once: then it is received once.
    let file = fs::File::options().append(true).open(place.path("reports").join(name)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
}

fn place(archive: &str) -> Place {
    let place = Place::new();
    place.write("leadq.toml", format!("{CONFIG}{archive}"));
    place.leads(
        "leads.parquet",
        &[lead("a", "a", "a", "2023-01-01T10:00:00"), lead("b", "b", "b", "2023-01-01T10:00:00")],
    );
    for day in 10..16 {
        report(&place, day);
        succeeded(place.leadq(&["run", "--quiet"]));
    }
    place
}

/// Files of reports and leads that the archive has the bytes of.
fn archived(place: &Place) -> usize {
    place.tree("lake/archive/blobs").len()
}

#[test]
fn what_leaves_the_archive_stays_in_the_tables() {
    let (all, few) = (place(""), place("\n[archive]\nkeep_files = 2\n"));
    assert_eq!((archived(&all), archived(&few)), (7, 3));
    let tables = |place: &Place, name: &str| place.export(name, &[]);
    assert_eq!(tables(&few, "few"), tables(&all, "all"));
    // A replay begins where history is frozen, and comes to the same.
    succeeded(few.leadq(&["replay", "--quiet"]));
    assert_eq!(tables(&few, "replayed"), tables(&all, "again"));
    // So does a run whose configuration reads otherwise, and a new report.
    for place in [&all, &few] {
        let text = fs::read_to_string(place.path("leadq.toml")).unwrap();
        place.write("leadq.toml", text.replace("id = \"acme\"", "id = \"acme\"\nmax_leads_per_key = 7"));
        report(place, 16);
        succeeded(place.leadq(&["run", "--quiet"]));
    }
    assert_eq!(tables(&few, "later"), tables(&all, "later"));
    // A replay keeps one fold, at its end: until what may leave has come so far, one report more is needed.
    assert_eq!(archived(&few), 4);
}

#[test]
fn what_would_change_frozen_history_is_refused_and_what_comes_after_it_is_not() {
    let place = place("\n[archive]\nkeep_files = 4\n");
    let before = place.table("record_version");
    // A correction of what is frozen, and a snapshot that was forgotten then.
    place.report("r_2023-01-11.csv", &["01/06/2023,1,a,a,98311,,1,1,Data"]);
    place.report("late_2023-01-10.csv", &["01/06/2023,1,a,a,98311,,1,1,Data"]);
    succeeded(place.leadq(&["run", "--quiet"]));
    assert_eq!(place.table("record_version"), before);
    let files = place.json(&["files"]);
    let late: Vec<_> = files.as_array().unwrap().iter().filter(|file| file["status"] == "rejected").collect();
    assert_eq!(late.len(), 2, "{files}");
    let found = place.json(&["findings", "--code", "too_late"]);
    assert_eq!(
        found.as_array().unwrap().iter().map(|f| f["count"].clone()).collect::<Vec<_>>(),
        [json!(1), json!(1)]
    );
    // One that is late, but not too late.
    place.report(
        "r_2023-01-14.csv",
        &["01/06/2023,1,a,a,98311,,1,1,Data", "01/07/2023,2,b,b,89014,,0,0,Data"],
    );
    succeeded(place.leadq(&["run", "--quiet"]));
    assert!(
        place
            .table("crm_record")
            .iter()
            .any(|record| record["first_demo_snapshot"].starts_with("2023-01-14"))
    );
    // What was refused stays refused.
    succeeded(place.leadq(&["replay", "--quiet"]));
    assert_eq!(place.json(&["findings", "--code", "too_late"]), found);
}

#[test]
fn what_is_frozen_and_comes_again_changes_nothing() {
    let place = place("\n[archive]\nkeep_files = 4\n");
    let before = place.table("record_version");
    // Under a name that comes first in order; what was dropped before, with a later time.
    fs::copy(place.path("reports/r_2023-01-10.csv"), place.path("reports/a_2023-01-10.csv")).unwrap();
    succeeded(place.leadq(&["run", "--quiet"]));
    assert_eq!(place.table("record_version"), before);
    let files = place.json(&["files"]);
    let again = files.as_array().unwrap().iter().find(|file| file["file"] == "a_2023-01-10.csv").unwrap();
    assert_eq!(again["status"], "already_ingested", "{again}");
    assert_eq!(place.json(&["findings", "--code", "too_late"]), json!([]));
}

#[test]
fn an_archive_that_is_frozen_in_part_is_replayed_whole() {
    let place = Place::new();
    place.write("leadq.toml", format!("{CONFIG}\n[archive]\nkeep_files = 1\n"));
    place.leads("leads.parquet", &[lead("a", "a", "a", "2023-01-01T10:00:00")]);
    // The first member is of a day long gone, the other of a day to come.
    let mut zip = zip::ZipWriter::new(fs::File::create(place.path("reports/all.zip")).unwrap());
    for (name, demo) in [("r_2023-01-10.csv", "0"), ("r_2023-01-20.csv", "1")] {
        place.report(name, &[&format!("01/06/2023,1,a,a,98311,,1,{demo},Data")]);
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&fs::read(place.path("reports").join(name)).unwrap()).unwrap();
        fs::remove_file(place.path("reports").join(name)).unwrap();
    }
    zip.finish().unwrap();
    succeeded(place.leadq(&["run", "--quiet"]));
    for day in 21..23 {
        report(&place, day);
        succeeded(place.leadq(&["run", "--quiet"]));
    }
    let before = place.table("record_version");
    for _ in 0..2 {
        succeeded(place.leadq(&["replay", "--quiet"]));
        assert_eq!(place.table("record_version"), before);
    }
}
