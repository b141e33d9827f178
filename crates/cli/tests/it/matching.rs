//! Which lead a record is linked to (spec 2.3), rule by rule: one run over made-up cases that do not touch.

use std::collections::BTreeMap;

use crate::place::{Lead, Place, lead};

const LEADS: &[Lead] = &[
    lead("both", "b1", "b1", "2023-01-05T10:00:00"),
    lead("email-lead-has-no-phone", "n1", "", ""),
    lead("phone-lead-has-no-email", "", "n2", ""),
    lead("email-conflict", "c1", "c1", ""),
    lead("phone-conflict", "c2", "c2", ""),
    // delivered by the end of the entry date before the others, and the latest of those
    lead("t-early", "t", "t-a", "2023-01-05T10:00:00"),
    lead("t-latest-before", "t", "t-b", "2023-01-10T23:59:59"),
    lead("t-after", "t", "t-c", "2023-01-11T00:00:00"),
    // else the earliest of the others; without a time last
    lead("u-later", "u", "u-a", "2023-01-20T10:00:00"),
    lead("u-sooner", "u", "u-b", "2023-01-15T10:00:00"),
    lead("a-without-time", "u", "u-c", ""),
    // a record without entry date has no order by time: the smallest lead_uuid
    lead("v-1", "v", "v-a", "2023-01-20T10:00:00"),
    lead("v-2", "v", "v-b", "2023-01-15T10:00:00"),
    // at the same tier the record's latest version goes first
    lead("a-older-version", "w1", "w1", ""),
    lead("z-latest-version", "w2", "w2", ""),
    // but a better tier of an older version goes before that
    lead("x-older-both", "x1", "x1", ""),
    lead("x-latest-email", "x2", "", ""),
    // matched by an older version only
    lead("y-once", "y1", "y1", ""),
    // email before phone
    lead("e-by-phone", "", "e9", ""),
    lead("f-by-email", "e9", "", ""),
    // hubs
    lead("hub-and-phone", "hub", "h1", ""),
    lead("hub-only", "hub", "", ""),
    lead("both-columns", "!dummy", "d1", ""),
    // after the latest snapshot: not looked at
    lead("too-late", "l1", "l1", "2023-02-01T00:00:01"),
];

fn place() -> Place {
    let place = Place::new();
    place.leads("leads.parquet", LEADS);
    let mut first = vec![
        "01/10/2023,10,b1,b1",
        "01/10/2023,11,n1,other",
        "01/10/2023,12,other2,n2",
        "01/10/2023,13,c1,differs1",
        "01/10/2023,14,differs2,c2",
        "01/10/2023,15,t,",
        "01/10/2023,16,u,",
        ",17,v,",
        "01/10/2023,18,w1,w1",
        "01/10/2023,19,x1,x1",
        "01/10/2023,20,y1,y1",
        "01/10/2023,21,e9,e9",
        "01/10/2023,22,hub,h1",
        "01/10/2023,23,nobody,nobody",
        "01/10/2023,24,z,!dummy",
        "01/10/2023,25,!dummy,d1",
        "01/10/2023,26,l1,l1",
        "01/10/2023,27,hub,",
    ];
    let many: Vec<_> = (0..24).map(|n| format!("01/10/2023,{},hub,m{n}", 100 + n)).collect();
    first.extend(many.iter().map(String::as_str));
    place.report("2023-01-31.csv", &first);
    let mut second = first.clone();
    second[8] = "01/10/2023,18,w2,w2";
    second[9] = "01/10/2023,19,x2,";
    second[10] = "01/10/2023,20,y2,y2";
    place.report("2023-02-01_0000.csv", &second);
    place.run();
    place
}

#[test]
fn links_rule_by_rule() {
    let place = place();
    let mut links = BTreeMap::<String, Vec<String>>::new();
    for link in place.table("lead_link") {
        let chosen = if link["selected"] == "true" { "" } else { "passed over: " };
        let told = format!("{chosen}{} {} {}", link["lead_uuid"], link["tier"], link["match_type"]);
        links.entry(link["lead_number"].clone()).or_default().push(told);
    }
    let expected: &[(&str, &[&str])] = &[
        ("10", &["both 1 email_and_phone"]),
        ("11", &["email-lead-has-no-phone 2 email"]),
        ("12", &["phone-lead-has-no-email 2 phone"]),
        ("13", &["email-conflict 3 email_conflict"]),
        ("14", &["phone-conflict 3 phone_conflict"]),
        ("15", &["t-latest-before 2 email", "passed over: t-early 2 email", "passed over: t-after 2 email"]),
        ("16", &["u-sooner 2 email", "passed over: u-later 2 email", "passed over: a-without-time 2 email"]),
        ("17", &["v-1 2 email", "passed over: v-2 2 email"]),
        ("18", &["z-latest-version 1 email_and_phone", "passed over: a-older-version 1 email_and_phone"]),
        ("19", &["x-older-both 1 email_and_phone", "passed over: x-latest-email 2 email"]),
        ("20", &["y-once 1 email_and_phone"]),
        ("21", &["f-by-email 2 email", "passed over: e-by-phone 2 phone"]),
        ("22", &["hub-and-phone 2 phone"]),
        ("25", &["both-columns 2 phone"]),
    ];
    let expected: BTreeMap<_, Vec<_>> = expected
        .iter()
        .map(|(n, links)| ((*n).to_owned(), links.iter().map(|l| (*l).to_owned()).collect()))
        .collect();
    assert_eq!(links, expected);
}

#[test]
fn a_row_that_no_version_came_from_can_tell_a_hub() {
    let place = Place::new();
    place.leads("leads.parquet", &[lead("a", "!dummy", "", ""), lead("b", "!other", "", "")]);
    place.report(
        "2023-01-31.csv",
        &[
            "01/10/2023,1,!dummy,,,,1",
            "01/10/2023,2,,!dummy,,,0",
            "01/10/2023,2,,right,,,1",
            "01/10/2023,3,!other,",
        ],
    );
    place.run();
    let linked: Vec<_> = place.table("lead_link").iter().map(|link| link["lead_uuid"].clone()).collect();
    assert_eq!(linked, ["b"], "the dummy stands in a phone column, though of a row that was passed over");
    let hubs: Vec<_> = place.table("finding").into_iter().filter(|f| f["code"] == "hub_identifier").collect();
    assert_eq!(hubs.len(), 2);
}

#[test]
fn scope_and_findings_of_matching() {
    let place = place();
    let fact = place.table("fact_lead_outcome");
    let of = |uuid: &str| fact.iter().find(|row| row["lead_uuid"] == uuid).unwrap();
    assert_eq!(of("too-late")["in_scope"], "false");
    assert_eq!(of("too-late")["matched"], "false");
    assert_eq!(of("hub-only")["matchable"], "true", "a hub has no bearing on matchable");
    assert_eq!(of("hub-only")["matched"], "false");
    let metrics = place.json(&["metrics"]);
    assert_eq!(metrics["rows"][0]["delivered"], LEADS.len() - 1, "out of scope is not delivered yet");
    let count = |code: &str| -> u64 {
        place
            .table("finding")
            .iter()
            .filter(|f| f["code"] == code)
            .map(|f| f["count"].parse::<u64>().unwrap())
            .sum()
    };
    // the hub by number of records, and the dummy once a column
    assert_eq!(count("hub_identifier"), 3);
    assert_eq!(count("conflict_link"), 2);
    assert_eq!(count("ambiguous_link"), 5);
}
