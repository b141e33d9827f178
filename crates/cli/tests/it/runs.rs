//! Runs: the same files give the same tables, readers see one run, one writer at a time, nothing half done.

use std::fs::{self, File};

use serde_json::json;

use crate::place::{Place, failed, lead, repository, succeeded};

/// The sample's first files, copied, so that a test may move them.
fn sample(place: &Place, snapshots: u32) {
    let source = repository().join("source");
    fs::copy(source.join("leads/leads.parquet"), place.path("leads/leads.parquet")).unwrap();
    for n in 1..=snapshots {
        let name = format!("data_{n}.csv");
        fs::copy(source.join("contractor_reports").join(&name), place.path("reports").join(&name)).unwrap();
    }
}

#[test]
fn the_same_files_give_the_same_tables_in_any_arrival() {
    let place = Place::new();
    sample(&place, 18);
    place.run();
    let first = place.export("first", &[]);
    // again; then scattered over folders, given in another order, with other times, to another lake
    place.run();
    assert_eq!(place.export("second", &[]), first);
    for n in 1..=18 {
        let to = place.path(&format!("heap/{}", n % 5));
        fs::create_dir_all(&to).unwrap();
        let to = to.join(format!("data_{n}.csv"));
        fs::copy(place.path(&format!("reports/data_{n}.csv")), &to).unwrap();
        let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(100 * (30 - n));
        File::open(&to).unwrap().set_modified(time).unwrap();
    }
    let folders: Vec<_> = [3, 0, 4, 1, 2].map(|n| format!("heap/{n}")).to_vec();
    let mut arguments = vec!["run", "--lake", "other", "--leads", "leads", "--reports"];
    arguments.extend(folders.iter().map(String::as_str));
    succeeded(place.leadq(&arguments));
    assert_eq!(place.export("third", &["--lake", "other"]), first);
}

#[test]
fn a_run_is_read_as_it_was_quoted() {
    let place = Place::new();
    sample(&place, 4);
    place.run();
    let quoted = place.json(&["metrics"]);
    sample(&place, 9);
    place.run();
    assert_ne!(place.json(&["metrics"]), quoted);
    assert_eq!(place.json(&["metrics", "--run", "1"]), quoted);
    assert_eq!(place.json(&["files", "--run", "1"]).as_array().unwrap().len(), 4);
}

#[test]
fn one_writer_at_a_time() {
    let place = Place::new();
    sample(&place, 1);
    place.run();
    let lock = File::options().write(true).open(place.path("lake/.lock")).unwrap();
    lock.try_lock().unwrap();
    let told = failed(place.leadq(&["replay"]), 4);
    assert!(told.contains("another"), "{told}");
    // who would write nothing need not wait
    assert!(
        succeeded(place.leadq(&["run", "--leads", "leads", "--reports", "reports"]))
            .contains("Nothing new since run 1")
    );
    // readers are not disturbed
    assert!(place.json(&["metrics"])["rows"][0]["delivered"].as_u64().unwrap() > 0);
    drop(lock);
    place.run();
}

#[test]
fn a_dry_run_writes_nothing() {
    let place = Place::new();
    sample(&place, 2);
    let told = succeeded(place.leadq(&["run", "--dry-run", "--leads", "leads", "--reports", "reports"]));
    assert!(told.contains("data_2.csv") && told.contains("Run 1 would"), "{told}");
    assert!(place.tree("lake").is_empty());
}

#[test]
fn strict_tells_of_what_is_new() {
    let place = Place::new();
    sample(&place, 2);
    let arguments = ["run", "--strict", "--quiet", "--leads", "leads", "--reports", "reports"];
    failed(place.leadq(&arguments), 10);
    succeeded(place.leadq(&arguments));
    let report = fs::read_to_string(place.path("reports/data_2.csv")).unwrap();
    // another layout's date in one row more
    let row = report.lines().nth(2).unwrap().replacen(|c: char| c.is_ascii_digit(), "9", 2);
    place.write("reports/data_3.csv", format!("{report}{row}\r\n"));
    failed(place.leadq(&arguments), 10);
}

#[test]
fn exports_have_their_columns_in_order() {
    let place = Place::new();
    sample(&place, 2);
    place.write("leadq.toml", "dimensions = [\"source\"]\n");
    place.run();
    place.leadq_export("fact_lead_outcome", &[]);
    let csv = fs::read_to_string(place.path("fact_lead_outcome.csv")).unwrap();
    let header = csv.lines().next().unwrap();
    assert!(
        header.starts_with("lead_uuid,client_id,delivered_at,matched,match_type,records,stage,quality,set,")
    );
    assert!(header.ends_with(",duplicate_lead,matchable,in_scope,source,price"), "{header}");
    let told = failed(place.leadq(&["export", "all", "--to", "x.csv"]), 2);
    assert!(told.contains("folder"), "{told}");
    succeeded(place.leadq(&["export", "lead_link", "--to", "links.parquet", "--as", "parquet"]));
    let file = File::open(place.path("links.parquet")).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let names: Vec<_> = reader.schema().fields().iter().map(|f| f.name().as_str()).collect();
    assert_eq!(names, ["record_key", "lead_number", "lead_uuid", "tier", "match_type", "selected"]);
}

#[test]
fn formulas_in_cells_are_inert_in_exports() {
    let place = Place::new();
    place.leads("leads.parquet", &[lead("-u1", "e", "p", "")]);
    place.report("2023-01-10.csv", &["01/02/2023,1,e,p,98311,,1,0,=cmd|'/c calc'!A0"]);
    place.run();
    let fact = &place.table("fact_lead_outcome")[0];
    assert_eq!((fact["lead_uuid"].as_str(), fact["dispo"].as_str()), ("-u1", "'=cmd|'/c calc'!A0"));
}

#[test]
fn the_metrics_have_chapter_3s_names() {
    let place = Place::new();
    sample(&place, 2);
    place.run();
    let metrics = place.json(&["metrics"]);
    assert_eq!(metrics["basis"], json!("leads"));
    let row = metrics["rows"][0].as_object().unwrap();
    for rate in [
        "valid_conversion_rate",
        "match_rate",
        "conversion_rate",
        "set_of_matched_rate",
        "demo_rate",
        "close_rate",
        "cancel_rate",
    ] {
        for name in [rate.to_owned(), format!("{rate}_low"), format!("{rate}_high")] {
            assert!(row.contains_key(&name), "{name}");
        }
    }
    for name in [
        "delivered",
        "disqualified",
        "set_inferred",
        "matched",
        "set",
        "appointments",
        "demos",
        "sold",
        "net_sold",
        "cost",
        "cost_per_set",
        "cost_per_demo",
        "cost_per_sale",
        "base",
        "segment",
        "shrunken_rate",
        "p_value",
        "q_value",
    ] {
        assert!(row.contains_key(name), "{name}");
    }
    let cost = row["cost"].as_f64().unwrap();
    assert!((row["cost_per_set"].as_f64().unwrap() - cost / row["set"].as_f64().unwrap()).abs() < 1e-9);
}
