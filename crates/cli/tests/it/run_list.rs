//! `leadq runs`: the list of runs, and what one of them took in and made.

use std::fs;

use serde_json::json;

use crate::place::{Place, failed, lead, succeeded};

fn place() -> Place {
    let place = Place::new();
    place.leads("leads.parquet", &[lead("a", "a", "a", ""), lead("b", "b", "b", "")]);
    place.report("2023-01-10.csv", &["01/02/2023,1,a,a,98311,01/09/2023,0,0,Data", "----,----,,,----"]);
    place.run();
    place.report("2023-01-11.csv", &["01/02/2023,1,a,a,98311,01/09/2023,1,0,Set"]);
    place.run();
    place
}

#[test]
fn runs_are_listed_with_the_rate_that_each_quoted() {
    let place = place();
    let runs = place.json(&["runs"]);
    let told: Vec<_> = runs
        .as_array()
        .unwrap()
        .iter()
        .map(|run| json!([run["run"], run["leads"], run["report_files"], run["set"], run["conversion_rate"]]))
        .collect();
    assert_eq!(told, [json!([2, 2, 2, 1, 0.5]), json!([1, 2, 1, 0, 0.0])]);
    assert_eq!(place.json(&["runs", "--limit", "1"]).as_array().unwrap().len(), 1);
    let table = succeeded(place.leadq(&["runs"]));
    assert!(table.contains("50.0 %") && table.lines().all(|line| line.chars().count() <= 80), "{table}");
    let csv = succeeded(place.leadq(&["runs", "--format", "csv"]));
    assert_eq!(csv.lines().count(), 3, "{csv}");
}

#[test]
fn a_run_that_cannot_be_read_any_more_does_not_hide_the_others() {
    let place = place();
    fs::write(place.path("lake/runs/00000001.json"), "{").unwrap();
    let runs = place.json(&["runs"]);
    assert_eq!(runs[0]["conversion_rate"], 0.5);
    assert!(runs[1]["error"].as_str().unwrap().contains("00000001.json"), "{runs}");
    let table = succeeded(place.leadq(&["runs"]));
    assert!(table.contains("run 1: cannot read run record"), "{table}");
}

#[test]
fn a_run_tells_its_files_buckets_findings_and_tables() {
    let place = place();
    let run = place.json(&["runs", "1"]);
    assert_eq!(run["run"]["run"], 1);
    assert_eq!(run["run"]["tables"]["dim_lead"]["rows"], 2);
    assert_eq!(run["files"][0]["rows_read"], 2);
    assert_eq!((&run["files"][0]["separator"], &run["files"][0]["kept"]), (&json!(1), &json!(1)));
    assert!(run["findings"].as_array().unwrap().iter().any(|f| f["code"] == "appt_without_set"), "{run}");
    let page = succeeded(place.leadq(&["runs", "1"]));
    for expected in
        ["2023-01-10.csv", "separator", "appt_without_set", "fact_lead_outcome", "seconds", "delivered"]
    {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    let told = failed(place.leadq(&["runs", "7"]), 3);
    assert!(told.contains("no such run") && told.contains("leadq runs"), "{told}");
}

#[test]
fn a_lake_without_runs() {
    let told = failed(Place::new().leadq(&["runs"]), 3);
    assert!(told.contains("no run has been committed"), "{told}");
}
