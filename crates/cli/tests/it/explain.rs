//! `leadq explain`: why a lead or a record is linked, passed over or unmatched (spec 2.2, 2.3).

use serde_json::{Value as Json, json};

use crate::place::{Place, failed, hashed, lead, succeeded};

fn place() -> Place {
    let place = Place::new();
    place.leads(
        "leads.parquet",
        &[
            lead("linked", "a", "a", "2023-01-05T10:00:00"),
            lead("earlier", "a", "", "2023-01-03T10:00:00"),
            lead("after", "a", "", "2023-01-20T10:00:00"),
            lead("again", "a", "a", "2023-01-06T10:00:00"),
            lead("nobody", "x", "y", ""),
            lead("nothing", "", "", ""),
            lead("too-late", "l", "l", "2023-03-01T00:00:00"),
            lead("dummy", "!dummy", "", ""),
            lead("12", "twelve", "twelve", ""),
        ],
    );
    place.report(
        "2023-01-31.csv",
        &[
            "01/10/2023,10,a,,98311,,0,0,Data",
            "01/10/2023,11,!dummy,!dummy,98311,,0,0,Data",
            "01/10/2023,12,b,b,98311,,0,0,Data",
        ],
    );
    place.report(
        "2023-02-01.csv",
        &[
            "01/10/2023,10,a,a2,98311,02/03/2023 5:30PM,1,0,Set",
            "01/10/2023,11,!dummy,!dummy,98311,,0,0,Data",
            "01/10/2023,12,b,b,98311,,0,0,Data",
        ],
    );
    place.run();
    place
}

/// What is told of one id, which stands for one thing.
fn explained(place: &Place, id: &str) -> Json {
    let told = place.json(&["explain", id]);
    assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
    told[0].clone()
}

fn list<'a>(value: &'a Json, name: &str, field: &str) -> Vec<&'a str> {
    value[name].as_array().unwrap().iter().map(|one| one[field].as_str().unwrap()).collect()
}

#[test]
fn a_record_with_its_link_those_passed_over_and_its_history() {
    let place = place();
    let record = explained(&place, "10");
    assert_eq!(record["kind"], "record");
    assert_eq!(record["link"]["lead_uuid"], "earlier", "{record:#}");
    assert_eq!((&record["link"]["tier"], &record["link"]["match_type"]), (&json!(2), &json!("email")));
    let why: Vec<_> = list(&record, "passed_over", "lead_uuid")
        .into_iter()
        .zip(list(&record, "passed_over", "why"))
        .collect();
    assert_eq!(
        why,
        [
            ("after", "it was delivered after the record's entry date"),
            // since the second snapshot the record's phone is another than theirs
            ("again", "only an older version of the record matches it"),
            ("linked", "only an older version of the record matches it"),
        ]
    );
    let history = record["history"].as_array().unwrap();
    assert_eq!((&history[0]["file"], &history[0]["line"]), (&json!("2023-01-31.csv"), &json!(2)));
    assert_eq!(history[0]["changes"], json!([]));
    assert_eq!((&history[1]["file"], &history[1]["line"]), (&json!("2023-02-01.csv"), &json!(2)));
    assert_eq!(history[1]["valid_from"], history[0]["valid_to"]);
    assert_eq!(
        history[1]["changes"],
        json!(["phone added", "set no → yes", "dispo Data → Set", "appt_at - → 2023-02-03T17:30:00"])
    );
}

#[test]
fn a_lead_with_its_records_and_the_one_it_lost() {
    let place = place();
    let lead = explained(&place, "earlier");
    assert_eq!((&lead["stage"], &lead["primary_record"]), (&json!("set"), &lead["linked"][0]["record"]));
    assert_eq!(list(&lead, "linked", "lead_number"), ["10"]);
    assert_eq!(lead["linked"][0]["primary"], true);
    let lost = explained(&place, "again");
    assert_eq!(lost["duplicate_of"], "linked");
    assert_eq!(list(&lost, "went_elsewhere", "linked_to"), ["earlier"]);
    assert_eq!(list(&lost, "went_elsewhere", "why"), ["only an older version of the record matches it"]);
    let page = succeeded(place.leadq(&["explain", "earlier", "again", "10"]));
    for expected in
        ["Lead earlier", "a duplicate of linked", "which the outcome comes from", "passed over", "line 2"]
    {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    let csv = succeeded(place.leadq(&["explain", "10", "--format", "csv"]));
    assert_eq!(csv.lines().count(), 5, "{csv}");
}

#[test]
fn an_unmatched_lead_with_what_was_looked_for() {
    let place = place();
    let cases = [
        ("nobody", "No record of the client ever had", "email is in none of the 3 records"),
        ("nothing", "It has no usable email or phone", "no usable email"),
        ("too-late", "It was delivered after", "email is in none"),
        (
            "dummy",
            "Its identifiers are hubs",
            "email is a hub and not used for matching: it stands in an email and",
        ),
        ("after", "Records have its identifiers, and each is linked", "email is in 1 of 3 records"),
    ];
    for (uuid, why, looked) in cases {
        let lead = explained(&place, uuid);
        assert!(lead["why_unmatched"].as_str().unwrap().starts_with(why), "{uuid}: {lead:#}");
        assert!(list(&lead, "identifiers", "told")[0].starts_with(looked), "{uuid}: {lead:#}");
    }
}

#[test]
fn an_id_that_is_a_lead_and_a_record_is_told_as_both_and_one_that_is_none_is_an_error() {
    let place = place();
    let told = place.json(&["explain", "12"]);
    let kinds: Vec<_> = told.as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["lead", "record"]);
    let key = told[1]["record"].as_str().unwrap();
    assert_eq!(explained(&place, key)["lead_number"], "12", "a record's key does as well");
    let told = failed(place.leadq(&["explain", "12", "nowhere", "jane@example.com"]), 3);
    assert!(told.contains("nowhere") && told.contains("leadq export dim_lead"), "{told}");
    assert!(!told.contains("jane"), "{told}");
    let told = failed(place.leadq(&["explain", "12", "--client", "other"]), 3);
    assert!(told.contains("of client other"), "{told}");
    failed(place.leadq(&["explain", "x' OR '1' = '1"]), 3);
}

#[test]
fn spec_2_4_no_key_and_no_hash_is_shown() {
    let place = place();
    let keys: Vec<String> = place
        .table("dim_lead")
        .iter()
        .flat_map(|row| [row["email_key"].clone(), row["phone_key"].clone()])
        .filter(|key| !key.is_empty())
        .collect();
    assert!(keys.len() > 8);
    let told = succeeded(place.leadq(&["explain", "again", "10", "dummy", "--format", "json"]));
    let received = hashed("email", "a");
    assert!(!told.contains(&received) && keys.iter().all(|key| !told.contains(&key[..8])), "{told}");
}
