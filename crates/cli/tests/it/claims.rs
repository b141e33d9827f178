//! Claims against the seller and the evidence for and against them (spec 2.7), rule by rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Float64Array, TimestampMicrosecondArray};
use serde_json::json;

use crate::place::{Lead, Place, failed, hashed, lead, succeeded, texts};

type Rows = Vec<BTreeMap<String, String>>;

/// Claim, verdict and what it rests on, of a lead number.
fn told(claims: &Rows, number: &str) -> String {
    let columns = [
        "claim",
        "verdict",
        "evidence",
        "evidence_count",
        "evidence_lead_uuid",
        "evidence_lead_number",
        "evidence_at",
        "shared_by",
    ];
    let claim = claims.iter().find(|row| row["lead_number"] == number).unwrap();
    columns.map(|name| if claim[name].is_empty() { "-" } else { &claim[name] }).join(" ")
}

/// The sum of what a finding counted.
fn found(place: &Place, code: &str) -> u64 {
    let findings = place.json(&["findings", "--code", code]);
    findings.as_array().unwrap().iter().map(|f| f["count"].as_u64().unwrap()).sum()
}

const DUPLICATE_LEADS: &[Lead] = &[
    lead("earlier-new", "a", "a", "2023-01-05T00:00:00"),
    lead("earlier-old", "a", "a2", "2023-01-03T10:30:00"),
    lead("later-new", "b", "b", "2023-01-05T00:00:00"),
    lead("later-late", "", "b", "2023-01-05T00:00:01"),
    lead("timeless-new", "c", "c", "2023-01-05T00:00:00"),
    lead("timeless-old", "", "c", ""),
    lead("version", "d", "d", "2023-01-05T00:00:00"),
    lead("same-day", "e", "e", "2023-01-05T00:00:00"),
    lead("hub", "f", "office", "2023-01-27T00:00:00"),
    lead("nearest-1", "g1", "g", "2023-01-01T00:00:00"),
    lead("nearest-3", "g", "g3", "2023-01-03T00:00:00"),
    lead("nearest-2", "g", "g", "2023-01-03T00:00:00"),
    lead("nearest-new", "g", "g", "2023-01-05T00:00:00"),
    lead("of-lead", "h", "h", "2023-01-05T00:00:00"),
    lead("equal-1", "i", "i", "2023-01-05T00:00:00"),
    lead("equal-2", "i", "", "2023-01-05T00:00:00"),
    lead("no-entry", "j", "j", ""),
];

const DUPLICATE_RECORDS: &[&str] = &[
    "01/06/2023,1,a,a,98311,,0,0,DQ - Duplicate",
    "01/06/2023,2,b,b,98311,,0,0,dq-duplicate (again)",
    "01/06/2023,3,c,c,98311,,0,0,DQ - Duplicate",
    "01/06/2023,4,d,d,98311,,0,0,DQ - Duplicate",
    // of the person that number 4 was before it was corrected; nobody's lead
    "12/20/2022,40,d-before,,98311,,0,0,Data",
    "12/20/2022,41,d-before,,98311,,0,0,Data",
    "12/19/2022,42,d-before,,98311,,0,0,Data",
    "01/06/2023,5,e,e,98311,,0,0,DQ - Duplicate",
    "01/06/2023,50,e,e,98311,,0,0,Data",
    "01/06/2023,6,f,office,98311,,0,0,DQ - Duplicate",
    "01/02/2023,60,,office,98311,,0,0,Data",
    "01/06/2023,7,g,g,98311,,0,0,DQ - Duplicate",
    "01/02/2023,70,g,g,98311,,0,0,Data",
    // its lead has the phone, its record has not
    "01/06/2023,8,h,,98311,,0,0,DQ - Duplicate",
    "01/05/2023,80,,h,98311,,0,0,Data",
    "01/06/2023,9,i,i,98311,,0,0,DQ - Duplicate",
    // without an entry date nothing is earlier
    ",10,j,j,98311,,0,0,DQ - Duplicate",
    "01/05/2023,100,j,j,98311,,0,0,Data",
];

const DUPLICATES: &[(&str, &str)] = &[
    ("1", "supported lead 1 earlier-old - 2023-01-03T10:30:00 email"),
    ("2", "contradicted - 0 - - - -"),
    ("3", "supported lead 1 timeless-old - - phone"),
    ("4", "supported record 3 - 40 2022-12-20T00:00:00 email"),
    ("5", "contradicted - 0 - - - -"),
    ("6", "contradicted - 0 - - - -"),
    ("7", "supported lead 3 nearest-2 - 2023-01-03T00:00:00 email_and_phone"),
    ("8", "supported record 1 of-lead 80 2023-01-05T00:00:00 phone"),
    ("9", "supported lead 1 equal-2 - 2023-01-05T00:00:00 email"),
    ("10", "contradicted - 0 - - - -"),
];

#[test]
fn duplicates_rule_by_rule() {
    let place = Place::new();
    let offices = (0..26).map(|n| {
        lead(Box::leak(format!("office-{n}").into_boxed_str()), "", "office", "2023-01-01T00:00:00")
    });
    let leads: Vec<_> = DUPLICATE_LEADS.iter().copied().chain(offices).collect();
    place.leads("leads.parquet", &leads);
    place.report("2023-01-10.csv", &["01/06/2023,4,d-before,d,98311,,0,0,Data"]);
    place.report("2023-01-31.csv", DUPLICATE_RECORDS);
    place.run();
    let claims = place.table("claim");
    assert_eq!(claims.len(), DUPLICATES.len());
    for (number, expected) in DUPLICATES {
        assert_eq!(told(&claims, number), format!("duplicate {expected}"), "lead number {number}");
    }
    assert_eq!((found(&place, "claim_supported"), found(&place, "claim_contradicted")), (6, 4));
    let page = succeeded(place.leadq(&["claims"]));
    for sentence in [
        "lead earlier-old delivered 2023-01-03 shares the email",
        "no earlier lead and no earlier record shares its email or phone",
        "it is linked to the same lead, which the client may have entered twice",
    ] {
        let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(sentence), "{sentence}: {page}");
    }
    assert!(!page.contains("price"), "{page}");
}

/// Leads with ZIP codes and prices; the claims of most are about where they are.
fn priced_leads(place: &Place) {
    let uuids = ["far", "near", "set-1", "set-2", "own", "twice", "robot", "nowhere", "elsewhere"];
    let hashes = |kind: &str| uuids.map(|uuid| hashed(kind, uuid));
    let (emails, phones) = (hashes("email"), hashes("phone"));
    let refs = |texts: &[String]| texts.iter().map(String::clone).collect::<Vec<_>>();
    let column = |values: Vec<String>| texts(&values.iter().map(String::as_str).collect::<Vec<_>>());
    let delivered = (0..9).map(|day| Some(1_672_531_200_000_000 + day * 86_400_000_000));
    let prices = [100.5, 90.0, 80.0, 80.0, 70.0, 60.25, 50.0, 40.0, 30.0];
    place.leads_of(
        "leads.parquet",
        vec![
            ("lead_uuid", texts(&uuids)),
            ("email_hash", column(refs(&emails))),
            ("phone_hash", column(refs(&phones))),
            ("delivered_at", Arc::new(delivered.collect::<TimestampMicrosecondArray>())),
            ("zip", texts(&["98399", "98311", "", "", "98355", "98311", "98311", "", ""])),
            ("price", Arc::new(Float64Array::from(prices.to_vec()))),
        ],
    );
}

const AREA_RECORDS: &[&str] = &[
    // nobody was set there
    "01/06/2023,1,far,far,98398,,0,0,DQ-Out of Area",
    // the record has no ZIP code, its lead has
    "01/06/2023,2,near,near,,,0,0,DQ - Out of area",
    "01/06/2023,3,set-1,set-1,98311,01/09/2023,1,0,Set",
    "01/06/2023,4,set-2,set-2,98311,01/09/2023,1,0,Set",
    // set in the same place, but it is the same lead
    "01/06/2023,5,own,own,98355,01/09/2023,1,0,Set",
    "01/07/2023,6,own,own,98355,,0,0,DQ-Out of Area",
    // one lead, two records that claim the same
    "01/06/2023,7,twice,twice,98311,,0,0,DQ-Out of Area",
    "01/07/2023,8,twice,twice,98311,,0,0,DQ-Out of Area",
    "01/06/2023,9,robot,robot,98311,,0,0,DQ - Robocall",
    "01/06/2023,10,nowhere,nowhere,,,0,0,DQ-Out of Area",
    // not what the client does is no claim, and neither is a record without a lead
    "01/06/2023,11,elsewhere,elsewhere,98311,,0,0,DQ Bath - Condo",
    "01/06/2023,12,unlinked,unlinked,98311,,0,0,DQ-Out of Area",
];

const AREAS: &[(&str, &str)] = &[
    ("1", "out_of_area unchecked - 0 - - - -"),
    ("2", "out_of_area contradicted place 2 set-2 - 2023-01-20T23:59:59 -"),
    ("6", "out_of_area unchecked - 0 - - - -"),
    ("7", "out_of_area contradicted place 2 set-2 - 2023-01-20T23:59:59 -"),
    ("8", "out_of_area contradicted place 2 set-2 - 2023-01-20T23:59:59 -"),
    ("9", "other unchecked - 0 - - - -"),
    ("10", "out_of_area unchecked - 0 - - - -"),
];

fn area_place() -> Place {
    let place = Place::new();
    priced_leads(&place);
    // the appointment of set-2 is the later one
    place.report("2023-01-10.csv", &["01/06/2023,3,set-1,set-1,98311,01/09/2023,1,0,Set"]);
    place.report("2023-01-20.csv", AREA_RECORDS);
    place.run();
    place
}

#[test]
fn other_claims_rule_by_rule() {
    let place = area_place();
    let claims = place.table("claim");
    assert_eq!(claims.len(), AREAS.len());
    for (number, expected) in AREAS {
        assert_eq!(told(&claims, number), *expected, "lead number {number}");
    }
    assert_eq!((found(&place, "claim_supported"), found(&place, "claim_contradicted")), (0, 3));
    let claim = |number: &str| claims.iter().find(|claim| claim["lead_number"] == number).unwrap();
    assert_eq!(
        ["zip", "price", "entry_date"].map(|name| &claim("2")[name]),
        ["98311", "90.0000", "2023-01-06"]
    );
    assert_eq!(claim("1")["zip"], "98398", "the record's goes first");
}

#[test]
fn the_page_sums_up_and_lists() {
    let place = area_place();
    let page = succeeded(place.leadq(&["claims", "--limit", "2"]));
    insta::assert_snapshot!(page.lines().skip(1).collect::<Vec<_>>().join("\n"));
    let unchecked = succeeded(place.leadq(&["claims", "--verdict", "unchecked", "--kind", "other"]));
    assert!(
        unchecked.contains("the data cannot check it") && !unchecked.contains("out_of_area"),
        "{unchecked}"
    );
    let none = succeeded(place.leadq(&["claims", "--kind", "duplicate"]));
    assert!(none.ends_with("There are none.\n"), "{none}");
}

#[test]
fn claims_for_programs() {
    let place = area_place();
    let claims = place.json(&["claims"]);
    assert_eq!(claims.as_array().unwrap().len(), 7);
    let first = &claims[0];
    assert_eq!(
        ["lead_number", "verdict", "evidence_lead_uuid", "told"].map(|name| first[name].as_str().unwrap()),
        [
            "2",
            "contradicted",
            "set-2",
            "set 2 appointments in ZIP 98311 from other leads: e.g. lead set-2, first seen set 2023-01-20"
        ]
    );
    assert_eq!((&first["price"], &first["evidence_count"]), (&json!(90.0), &json!(2)));
    let key = first["record_key"].as_str().unwrap();
    assert!(place.table("claim").iter().any(|claim| claim["record_key"] == key), "{key}");
    let some =
        ["claims", "--kind", "out_of_area", "--verdict", "unchecked", "--client", "default", "--limit", "2"];
    assert_eq!(place.json(&some).as_array().unwrap().len(), 2);
    let csv = succeeded(place.leadq(&["claims", "--format", "csv", "--run", "1"]));
    assert!(csv.starts_with("record_key,client_id,lead_number,lead_uuid,dispo,claim,verdict,"), "{csv}");
    assert_eq!(csv.lines().count(), 8);
    let said = failed(place.leadq(&["claims", "--client", "acme"]), 3);
    assert!(said.contains("no client acme") && said.contains("default"), "{said}");
    let said = failed(place.leadq(&["claims", "--verdict", "true"]), 2);
    assert!(said.contains("contradicted, supported, unchecked"), "{said}");
    let said = failed(place.leadq(&["claims", "--kind", "robocall"]), 2);
    assert!(said.contains("duplicate, out_of_area, other"), "{said}");
}

#[test]
fn another_clients_leads_and_words() {
    let place = Place::new();
    place.write(
        "leadq.toml",
        "leads = [\"leads\"]\n[[client]]\nid = \"a\"\nreports = [\"reports/a\"]\n[[client]]\nid = \"b\"\n\
         reports = [\"reports/b\"]\nschemas = \"b.json\"\n",
    );
    place.write(
        "b.json",
        r#"{"input_schemas": {"contractor_reports": {"dispositions": [
            {"outcome": "dq_seller", "whole": ["Rejected: dup", "=not our area"]}
        ]}}}"#,
    );
    let email = hashed("email", "e");
    let other = hashed("email", "f");
    place.leads_of(
        "leads.parquet",
        vec![
            ("client_id", texts(&["a", "b", "b"])),
            ("lead_uuid", texts(&["1", "2", "3"])),
            ("email_hash", texts(&[&email, &email, &other])),
        ],
    );
    for client in ["a", "b"] {
        std::fs::create_dir_all(place.path(&format!("reports/{client}"))).unwrap();
    }
    place.report("a/2023-01-10.csv", &["01/06/2023,1,e,,98311,01/09/2023,1,0,Set"]);
    place.report(
        "b/2023-01-10.csv",
        &["01/07/2023,1,e,,98311,,0,0,REJECTED: dup", "01/07/2023,2,f,,98311,,0,0,=Not our area"],
    );
    succeeded(place.leadq(&["run"]));
    let claims = place.table("claim");
    assert_eq!(told(&claims, "1"), "duplicate contradicted - 0 - - - -");
    assert_eq!(told(&claims, "2"), "out_of_area unchecked - 0 - - - -");
    assert_eq!(claims.len(), 2);
    let csv = succeeded(place.leadq(&["claims", "--client", "b", "--format", "csv"]));
    assert!(csv.contains(",'=Not our area,"), "{csv}");
    let words = place.table("dim_disposition");
    let words: Vec<_> = words.iter().map(|row| format!("{} {}", row["outcome"], row["claim"])).collect();
    assert_eq!(words, ["pending ", "dq_seller out_of_area", "dq_seller duplicate"]);
}
