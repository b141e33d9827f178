//! `leadq changes`: what became of the leads between two snapshots, and between two runs, and why.

use serde_json::{Value as Json, json};

use crate::place::{Place, failed, lead, succeeded};

fn told(changes: &Json) -> Vec<String> {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let row = |row: &Json| {
        let names = ["lead_uuid", "change", "from", "to", "cause", "lead_number", "file"];
        let cells = names.iter().filter_map(|name| row.get(*name)).filter(|value| !value.is_null());
        cells.map(text).collect::<Vec<_>>().join(" ")
    };
    changes.as_array().unwrap().iter().map(row).collect()
}

const FIRST: &[&str] = &[
    "01/05/2023,1,a,a,,01/20/2023 9:00AM,1,0,Set",
    "01/05/2023,2,b,b,,01/20/2023 9:00AM,1,0,Set",
    "01/05/2023,3,c,c,,,0,0,Data",
    "01/09/2023,5,e,e,,,0,0,Data",
    "01/02/2023,6,f,f,,,0,0,Data",
    "01/09/2023,7,g,g,,,0,0,Data",
    "01/09/2023,8,g,g,,,0,0,Data",
];

const SECOND: &[&str] = &[
    // rescheduled, and a demo; taken back; set and sold at once; newly matched
    "01/05/2023,1,a,a,,01/22/2023 9:00AM,1,1,DNS",
    "01/05/2023,2,b,b,,01/20/2023 9:00AM,0,0,CXL",
    "01/05/2023,3,c,c,,01/12/2023 9:00AM,1,1,Sold,Completed",
    "01/11/2023,4,d,d,,,0,0,Data",
    // e vanished, f is older than this snapshot's window, and of g one record of two is left
    "01/09/2023,7,g,g,,,0,0,Data",
];

const WORDS: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

fn place() -> Place {
    let place = Place::new();
    place.leads("leads.parquet", &WORDS.map(|word| lead(word, word, word, "2023-01-01T10:00:00")));
    place.report("r_2023-01-10.csv", FIRST);
    place.report("r_2023-01-12.csv", SECOND);
    place
}

#[test]
fn between_two_snapshots() {
    let place = place();
    place.run();
    let expected = [
        "a demoed false true",
        "a rescheduled 2023-01-20T09:00:00 2023-01-22T09:00:00",
        "b unset true false",
        "c set false true",
        "c demoed false true",
        "c sold false true",
        "d matched false true",
        "e vanished false true",
    ];
    let changes = place.json(&["changes"]);
    assert_eq!(told(&changes), expected);
    assert_eq!(changes[0]["from"], json!(false), "values, no words");
    assert_eq!(changes[0].as_object().unwrap().len(), 5);
    assert_eq!(told(&place.json(&["changes", "--from", "2023-01-11", "--to", "2023-01-31"])), expected);
    assert_eq!(told(&place.json(&["changes", "--where", "sold"])).len(), 3);
    assert_eq!(told(&place.json(&["changes", "--from", "2023-01-12"])).len(), 0);
    assert_eq!(told(&place.json(&["changes", "--to", "2023-01-10"])).len(), 0, "there is no snapshot before");
    let error = failed(place.leadq(&["changes", "--from", "2023-01-12", "--to", "2023-01-10"]), 2);
    assert!(error.contains("--from has to be before --to"), "{error}");
    let page = succeeded(place.leadq(&["changes", "--limit", "2"]));
    assert!(
        page.contains("from the snapshot of 2023-01-10 23:59:59 to that of 2023-01-12 23:59:59"),
        "{page}"
    );
    assert!(page.contains("6 more"), "{page}");
}

/// A later snapshot does not rewrite what had changed before it.
#[test]
fn earlier_snapshots_tell_the_same_later() {
    let place = place();
    place.run();
    let before = place.json(&["changes", "--to", "2023-01-12"]);
    let third: Vec<_> = SECOND.iter().map(|row| row.replace("01/22/2023", "01/25/2023")).collect();
    place.report("r_2023-01-14.csv", &third.iter().map(String::as_str).collect::<Vec<_>>());
    place.run();
    assert_eq!(place.json(&["changes", "--to", "2023-01-12"]), before);
    assert_eq!(told(&place.json(&["changes"])), ["a rescheduled 2023-01-22T09:00:00 2023-01-25T09:00:00"]);
}

#[test]
fn between_two_runs_with_their_causes() {
    let place = Place::new();
    place.leads(
        "leads.parquet",
        &WORDS[..3].iter().map(|word| lead(word, word, "", "2023-01-01T10:00:00")).collect::<Vec<_>>(),
    );
    place.report("r_2023-01-10.csv", FIRST);
    place.run();
    // A new lead that fits record 2 better than b does; one that comes too late to be in scope; a corrected file in which record 3 was
    // set all along; and a new snapshot in which record 1 demoed.
    let mut leads: Vec<_> =
        WORDS[..3].iter().map(|word| lead(word, word, "", "2023-01-01T10:00:00")).collect();
    leads.push(lead("b2", "b", "b", "2023-01-02T10:00:00"));
    leads.push(lead("d", "d", "d", "2023-01-30T10:00:00"));
    place.leads("leads.parquet", &leads);
    let corrected =
        FIRST.join("\n").replace("01/05/2023,3,c,c,,,0,0,Data", "01/05/2023,3,c,c,,01/15/2023,1,0,Set");
    place.report("r_2023-01-10.csv", &corrected.lines().collect::<Vec<_>>());
    let second: Vec<_> = corrected
        .lines()
        .map(|row| row.replace("01/20/2023 9:00AM,1,0,Set", "01/20/2023 9:00AM,1,1,DNS"))
        .collect();
    place.report(
        "r_2023-01-12.csv",
        &second[..1].iter().map(String::as_str).chain(corrected.lines().skip(1)).collect::<Vec<_>>(),
    );
    place.run();
    let changes = place.json(&["changes", "--runs", "1,2"]);
    assert_eq!(
        told(&changes),
        [
            "a demoed false true new_snapshot",
            "b matched true false relinked",
            "b set true false relinked",
            "b unset true false relinked",
            "b2 delivered false true new_lead",
            "b2 matched false true new_lead",
            "b2 set false true new_lead",
            "b2 relinked b b2 relinked 2",
            "c set false true correction",
            "file ingested superseded correction r_2023-01-10.csv",
            "file ingested correction r_2023-01-10.csv",
            "file ingested new_file r_2023-01-12.csv",
        ]
    );
    let page = succeeded(place.leadq(&["changes", "--runs", "1,2"]));
    let in_all = page.lines().find(|line| line.contains("in all")).unwrap();
    assert_eq!(in_all.split_whitespace().collect::<Vec<_>>(), ["in", "all", "+1", "0", "+1", "+1", "0"]);
    assert_eq!(told(&place.json(&["changes", "--runs", "1,2", "--client", "default"])).len(), 12);
    for (runs, code) in [("2,1", 2), ("1", 2), ("1,2,3", 2), ("1,9", 3)] {
        failed(place.leadq(&["changes", "--runs", runs]), code);
    }
    // The same files again: nothing changed.
    succeeded(place.leadq(&["replay", "--quiet"]));
    assert_eq!(place.json(&["changes", "--runs", "2,3"]), json!([]));
    // The better lead is no longer in the export: its record goes back, and that is why b has what it has.
    leads.retain(|lead| lead.uuid != "b2");
    place.leads("leads.parquet", &leads);
    place.run();
    let changes = place.json(&["changes", "--runs", "3,4"]);
    assert_eq!(
        told(&changes)[..4],
        [
            "b matched false true relinked",
            "b set false true relinked",
            "b relinked b2 b relinked 2",
            "b2 delivered true false withdrawn_lead",
        ]
    );
}
