//! What became of a lead (spec 2.5, 2.3's duplicates) and the leads themselves (1.2), rule by rule.

use std::collections::BTreeMap;

use crate::place::{Place, failed, hashed, lead, succeeded, texts};

type Rows = Vec<BTreeMap<String, String>>;

fn facts(place: &Place) -> Rows {
    place.run();
    place.table("fact_lead_outcome")
}

fn check(facts: &Rows, uuid: &str, expected: &[(&str, &str)]) {
    let row = facts.iter().find(|row| row["lead_uuid"] == uuid).unwrap();
    for (column, value) in expected {
        assert_eq!(row[*column], *value, "{uuid} {column}: {row:?}");
    }
}

/// One snapshot of records whose leads are named by their identifiers.
const RECORDS: &[&str] = &[
    "01/02/2023,1,seen,seen,98311,,0,0,Data",
    "01/02/2023,2,set,set,98311,01/09/2023 5:30PM,1,0,Set",
    "01/02/2023,3,demo,demo,98311,01/09/2023 5:30PM,1,1,DNS-P",
    "01/02/2023,4,sold,sold,98311,01/09/2023 5:30PM,1,1,Sale,Completed",
    "01/02/2023,5,cancelled,cancelled,98311,01/09/2023 5:30PM,1,1,Sold,cancel in rescission",
    // one of two sales stands
    "01/02/2023,6,resold,resold,98311,,1,1,Sale,Credit Decline",
    "01/03/2023,7,resold,resold,98312,,1,1,Sale,Scheduled",
    "01/02/2023,8,unset,unset,98311,01/09/2023 5:30PM,1,1,Set",
    "01/02/2023,9,claim,claim,98311,,0,0,DQ - Robocall",
    // the furthest stage makes the primary record, whatever its entry date
    "01/09/2023,10,twice,twice,98399,,0,0,DNC",
    "01/02/2023,11,twice,twice,98311,01/09/2023 5:30PM,1,0,Cnf",
    // then the latest entry, then the smallest lead number by its bytes
    "01/05/2023,9x,tie,tie,98303,,0,0,Data",
    "01/05/2023,10x,tie,tie,98302,,0,0,Data",
    "01/04/2023,0x,tie,tie,98301,,0,0,Data",
];

/// What becomes of each lead; the record of `unset` is no longer set in the snapshot after.
const EXPECTED: &[(&str, &[(&str, &str)])] = &[
    (
        "nobody",
        &[
            ("matched", "false"),
            ("stage", "delivered"),
            ("quality", "unmatched"),
            ("outcome", ""),
            ("records", "0"),
        ],
    ),
    ("seen", &[("stage", "matched"), ("quality", "low"), ("outcome", "open"), ("disqualified", "false")]),
    (
        "set",
        &[
            ("stage", "set"),
            ("quality", "medium"),
            ("appt_at", "2023-01-09T17:30:00"),
            ("appointment", "true"),
        ],
    ),
    ("demo", &[("stage", "demo"), ("quality", "high"), ("outcome", "no_sale"), ("sold", "false")]),
    (
        "sold",
        &[
            ("stage", "sold"),
            ("net_sold", "true"),
            ("cancelled", "false"),
            ("zip", "98311"),
            ("entry_date", "2023-01-02"),
        ],
    ),
    (
        "sold",
        &[("first_matched_snapshot", "2023-01-10T23:59:59"), ("first_sold_snapshot", "2023-01-10T23:59:59")],
    ),
    ("cancelled", &[("sold", "true"), ("cancelled", "true"), ("net_sold", "false")]),
    ("resold", &[("records", "2"), ("sold", "true"), ("cancelled", "false"), ("net_sold", "true")]),
    ("resold", &[("zip", "98312"), ("appointment", "false")]),
    // an appointment that was set and later cancelled was set
    ("unset", &[("set", "true"), ("set_now", "false"), ("demo", "true"), ("demo_now", "false")]),
    ("unset", &[("appointment", "false"), ("stage", "demo")]),
    ("claim", &[("outcome", "dq_seller"), ("disqualified", "true")]),
    (
        "twice",
        &[
            ("records", "2"),
            ("set", "true"),
            ("zip", "98311"),
            ("outcome", "pending"),
            ("disqualified", "false"),
        ],
    ),
    ("tie", &[("records", "3"), ("zip", "98302")]),
];

#[test]
fn outcomes_rule_by_rule() {
    let place = Place::new();
    let mut uuids: Vec<_> = EXPECTED.iter().map(|(uuid, _)| *uuid).collect();
    uuids.dedup();
    let leads: Vec<_> = uuids.iter().map(|uuid| lead(uuid, uuid, uuid, "")).collect();
    place.leads("leads.parquet", &leads);
    place.report("2023-01-10.csv", RECORDS);
    place.report("2023-01-11.csv", &["01/02/2023,8,unset,unset,98311,,0,0,CXL"]);
    let facts = facts(&place);
    EXPECTED.iter().for_each(|(uuid, expected)| check(&facts, uuid, expected));
}

#[test]
fn a_dead_column_is_noticed_not_believed() {
    let place = Place::new();
    let uuids: Vec<&'static str> = (0..60).map(|n| &*Box::leak(format!("p{n}").into_boxed_str())).collect();
    let leads: Vec<_> = uuids.iter().map(|uuid| lead(uuid, uuid, uuid, "")).collect();
    place.leads("leads.parquet", &leads);
    // 20 of 60 set; then every cell says 0, while one more appointment and one more demo appear.
    let row = |n: usize, set: u8, appt: &str, demo: u8| {
        format!("01/02/2023,{n},p{n},p{n},98311,{appt},{set},{demo},Data")
    };
    let report = |name: &str, row: &dyn Fn(usize) -> String| {
        let rows: Vec<_> = (0..60).map(row).collect();
        place.report(name, &rows.iter().map(String::as_str).collect::<Vec<_>>());
    };
    report("2023-01-10.csv", &|n| row(n, u8::from(n < 20), if n < 20 { "01/09/2023" } else { "" }, 0));
    report("2023-01-11.csv", &|n| {
        let appt = if n < 20 {
            "01/09/2023"
        } else if n == 30 {
            "01/20/2023"
        } else {
            ""
        };
        row(n, 0, appt, u8::from(n == 40))
    });
    let facts = facts(&place);
    check(&facts, "p0", &[("set", "true"), ("set_now", "true"), ("set_inferred", "false")]);
    check(
        &facts,
        "p30",
        &[("set", "true"), ("set_inferred", "true"), ("first_set_snapshot", "2023-01-11T23:59:59")],
    );
    check(&facts, "p40", &[("set", "true"), ("set_inferred", "true"), ("demo", "true")]);
    check(&facts, "p50", &[("set", "false")]);
    let metrics = place.json(&["metrics"]);
    assert_eq!((&metrics["rows"][0]["set"], &metrics["rows"][0]["set_inferred"]), (&22.into(), &2.into()));
    let dead: Vec<_> = place.table("finding").into_iter().filter(|f| f["code"] == "dead_column").collect();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0]["file"].as_str(), dead[0]["column"].as_str()), ("2023-01-11.csv", "set"));
    assert!(dead[0]["samples"].contains("20 of 60"), "{dead:?}");
    let health = place.table("column_health");
    assert_eq!(health.len(), 2 * 13, "each canonical column in each snapshot");
    let told = |column: &str| -> Vec<_> {
        let rows = health.iter().filter(|row| row["column"] == column);
        let columns = ["snapshot_no", "file", "kept", "informative", "present", "dead"];
        rows.map(|row| columns.map(|name| row[name].as_str()).join(" ")).collect()
    };
    assert_eq!(told("set"), ["1 2023-01-10.csv 60 20 true false", "2 2023-01-11.csv 60 0 true true"]);
    assert_eq!(told("appt_at"), ["1 2023-01-10.csv 60 20 true false", "2 2023-01-11.csv 60 21 true false"]);
    assert_eq!(told("city"), ["1 2023-01-10.csv 60 0 false false", "2 2023-01-11.csv 60 0 false false"]);
}

#[test]
fn leads_repeated_duplicate_and_unmatchable() {
    let place = Place::new();
    place.leads(
        "leads_2.parquet",
        &[
            lead("again", "a-new", "a-new", "2023-01-03T00:00:00"),
            lead("pair-late", "p", "p", "2023-01-05T00:00:00"),
            lead("pair-timeless", "p", "p", ""),
            lead("nobody", "", "", ""),
        ],
    );
    // natural order: leads_2 before leads_10, whose rows stand
    place.leads(
        "leads_10.parquet",
        &[
            lead("again", "a-last", "", ""),
            lead("pair-early", "p", "p", "2023-01-04T00:00:00"),
            lead("half", "p", "", ""),
        ],
    );
    place.report(
        "2023-01-10.csv",
        &["01/06/2023,1,a-last,,98311,,1,0,Data", "01/06/2023,2,p,p,98311,,1,0,Data"],
    );
    let facts = facts(&place);
    assert_eq!(place.table("dim_lead").len(), 6);
    check(&facts, "again", &[("matched", "true"), ("delivered_at", "")]);
    check(&facts, "pair-early", &[("duplicate_lead", "false")]);
    // an appointment is credited once: to the latest lead delivered before the entry
    check(&facts, "pair-late", &[("duplicate_lead", "true"), ("matched", "true"), ("set", "true")]);
    check(&facts, "pair-timeless", &[("duplicate_lead", "true"), ("matched", "false")]);
    check(&facts, "half", &[("duplicate_lead", "false")]);
    check(&facts, "nobody", &[("matchable", "false"), ("in_scope", "true")]);
    let metrics = place.json(&["metrics"]);
    assert_eq!(metrics["rows"][0]["delivered"], 6, "a lead without identifiers was delivered all the same");
}

#[test]
fn plain_text_in_leads_is_hashed_as_most_leads_are() {
    let place = Place::new();
    let sha1 = ["x", "y"].map(|word| hashed("email", word));
    // the first of two columns that mean one thing and say something stands
    place.leads_of(
        "leads.parquet",
        vec![
            ("lead_uuid", texts(&["plain-1", "plain-2", "plain-3", "x", "y"])),
            ("email_hash", texts(&[" A@b.c", "b@b.c", "", &sha1[0], ""])),
            ("EMAIL HASH", texts(&["z@b.c", "", "c@b.c", "", &sha1[1]])),
            ("state", texts(&["ZZ", "WA", "", "", ""])),
            ("delivered_at", texts(&["bad", "2023-01-01 10:00", "1999-01-01", "", ""])),
        ],
    );
    place.report("2023-01-10.csv", &["01/06/2023,1,!a@b.c,", "01/06/2023,2,!c@b.c,", "01/06/2023,3,y,"]);
    let facts = facts(&place);
    for (uuid, matched) in
        [("plain-1", "true"), ("plain-2", "false"), ("plain-3", "true"), ("x", "false"), ("y", "true")]
    {
        check(&facts, uuid, &[("matched", matched)]);
    }
    check(&facts, "plain-2", &[("delivered_at", "2023-01-01T10:00:00Z"), ("state", "WA")]);
    let found: Vec<_> = place
        .table("finding")
        .iter()
        .map(|f| format!("{} {} {}", f["code"], f["column"], f["count"]))
        .collect();
    for expected in
        ["plaintext_pii email_hash 3", "invalid_state state 1", "invalid_timestamp delivered_at 2"]
    {
        assert!(found.iter().any(|f| f == expected), "{expected}: {found:?}");
    }
}

#[test]
fn clients_are_matched_apart() {
    let place = Place::new();
    place.write(
        "leadq.toml",
        "leads = [\"leads\"]\n[[client]]\nid = \"a\"\nreports = [\"reports/a\"]\n[[client]]\nid = \"b\"\nreports = [\"reports/b\"]\n\
         timezone = \"America/Los_Angeles\"\n",
    );
    let email = hashed("email", "e");
    let leads = |with_client: bool| {
        let mut columns = vec![
            ("lead_uuid", texts(&["1", "1", "2", "3"])),
            ("email_hash", texts(&[&email, &email, "", ""])),
            ("delivered_at", texts(&["2023-01-11 05:00", "2023-01-11 05:00", "", ""])),
        ];
        if with_client {
            columns.push(("client_id", texts(&["a", "b", "b", "c"])));
        }
        place.leads_of("leads.parquet", columns);
    };
    std::fs::create_dir_all(place.path("reports/a")).unwrap();
    std::fs::create_dir_all(place.path("reports/b")).unwrap();
    place.report("a/2023-01-10.csv", &["01/06/2023,1,e,,,,1"]);
    place.report("b/2023-01-10.csv", &["01/06/2023,1,e,,,,0"]);
    leads(false);
    let told = failed(place.leadq(&["run"]), 3);
    assert!(told.contains("client_id"), "{told}");
    leads(true);
    succeeded(place.leadq(&["run"]));
    let facts = place.table("fact_lead_outcome");
    let told: Vec<_> = facts
        .iter()
        .map(|f| {
            format!("{} {} {} {} {}", f["client_id"], f["lead_uuid"], f["in_scope"], f["matched"], f["set"])
        })
        .collect();
    // 05:00 in UTC on the 11th is after a's snapshot, and still the 10th where b is
    assert_eq!(told, ["a 1 false false false", "b 1 true true false", "b 2 true false false"]);
    assert!(place.table("finding").iter().any(|f| f["code"] == "unknown_client" && f["count"] == "1"));
}
