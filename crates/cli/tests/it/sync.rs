//! `leadq sync`: files are fetched into the archive, and nothing else is done.

use std::fs;

use serde_json::json;

use crate::place::{Place, failed, lead, succeeded};

/// A place whose drops are configured.
fn configured() -> Place {
    let place = Place::new();
    place.write(
        "leadq.toml",
        "leads = [\"leads\"]\n\n[[client]]\nid = \"acme\"\nreports = [\"reports/*.csv\"]\n",
    );
    place.leads("leads.parquet", &[lead("a", "jane", "1", "2023-01-01T08:00:00")]);
    place.report("2023-01-10.csv", &["01/02/2023, 1, jane, 1, , , 1, 0, x"]);
    place
}

#[test]
fn what_is_fetched_is_taken_in_by_the_next_run() {
    let place = configured();
    let synced = place.json(&["sync"]);
    let source = |place: usize| synced["sources"][place].clone();
    assert_eq!((&source(0)["of"], &source(0)["received"]), (&json!("leads"), &json!(1)), "{synced}");
    assert_eq!((&source(1)["client_id"], &source(1)["received"]), (&json!("acme"), &json!(1)), "{synced}");
    assert_eq!(synced["received"].as_array().unwrap().len(), 2);
    assert_eq!((&synced["left"], &synced["uncleared"]), (&json!([]), &json!([])));
    assert!(place.tree("lake/runs").is_empty() && place.tree("lake/tables").is_empty());
    assert!(failed(place.leadq(&["metrics"]), 3).contains("no run has been committed"));

    // From the archive alone.
    for file in ["leads/leads.parquet", "reports/2023-01-10.csv"] {
        fs::remove_file(place.path(file)).unwrap();
    }
    let again = place.json(&["sync"]);
    assert_eq!(again["received"], json!([]));
    succeeded(place.leadq(&["run"]));
    assert_eq!(place.table("lead_link").len(), 1);
}

#[test]
fn a_drop_that_cannot_be_listed_is_told_and_the_others_go_on() {
    let place = configured();
    succeeded(place.leadq(&["sync"]));
    fs::rename(place.path("reports"), place.path("elsewhere")).unwrap();
    place.leads("more.parquet", &[lead("b", "joe", "2", "2023-01-01T08:00:00")]);
    let output = place.leadq(&["sync", "--format", "json"]);
    assert_eq!(output.status.code(), Some(5));
    let synced: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(synced["sources"][0]["received"], 1, "{synced}");
    assert!(synced["sources"][1]["error"]["reason"].as_str().unwrap().contains("reports"), "{synced}");
    let output = place.leadq(&["sync"]);
    assert_eq!(output.status.code(), Some(5));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains('→') && told.contains("reports"), "{told}");
}
