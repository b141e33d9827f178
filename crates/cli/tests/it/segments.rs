//! `leadq metrics --by`, `--as-of`, `--where`: which leads are counted in which segment (spec chapter 3).

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::place::{Place, failed, hashed, succeeded, texts};

/// Five leads with a state of their own and a source; one is delivered after the first snapshot, one never matched.
fn place() -> Place {
    let place = Place::new();
    let words = ["a", "b", "c", "d", "e"];
    let hashes = |kind: &str| texts(&words.map(|word| hashed(kind, word)).each_ref().map(String::as_str));
    let times =
        ["2023-01-01T03:00:00", "2023-01-02T10:00:00", "2023-01-02T11:00:00", "2023-01-20T12:00:00", ""];
    let micros = times.map(|time| {
        let time: Option<chrono::NaiveDateTime> = time.parse().ok();
        time.map(|time| time.and_utc().timestamp_micros())
    });
    place.leads_of(
        "leads.parquet",
        vec![
            ("lead_uuid", texts(&["l-a", "l-b", "l-c", "l-d", "l-e"])),
            ("email_hash", hashes("email")),
            ("phone_hash", hashes("phone")),
            (
                "delivered_at",
                std::sync::Arc::new(arrow::array::TimestampMicrosecondArray::from(micros.to_vec())),
            ),
            ("state", texts(&["NV", "NV", "AZ", "", "NV"])),
            ("Source", texts(&["search", "search", "social", "social", ""])),
        ],
    );
    // c is set between the snapshots, d and e are matched in the second one only, and e never.
    let first = [
        "01/02/2023,1,a,a,89101,01/08/2023 1:00PM,1,1,Sold,Completed",
        "01/03/2023,2,b,b,89101,,0,0,Data",
        "01/03/2023,3,c,c,85001,,0,0,data",
    ];
    let second = [
        "01/02/2023,1,a,a,89101,01/08/2023 1:00PM,1,1,Sold,Completed",
        "01/03/2023,2,b,b,89101,,0,0,DQ - Duplicate",
        "01/03/2023,3,c,c,85001,01/25/2023 9:00AM,1,0,Set",
        "01/21/2023,4,d,d,85001,,0,0,data",
    ];
    place.report("r_2023-01-10.csv", &first);
    place.report("r_2023-01-22.csv", &second);
    place.write(
        "leadq.toml",
        "leads = [\"leads\"]\ndimensions = [\"Source\"]\n[[client]]\nid = \"acme\"\n\
         timezone = \"America/Los_Angeles\"\nreports = [\"reports\"]\n",
    );
    succeeded(place.leadq(&["run"]));
    place
}

/// The segments with delivered, matched, set, demos.
fn counts(answer: &Json) -> Vec<String> {
    let row = |row: &Json| {
        let values: Vec<_> = answer["by"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| row["segment"][name.as_str().unwrap()].as_str().unwrap().to_owned())
            .collect();
        let counts = ["delivered", "matched", "set", "demos"].map(|name| row[name].to_string());
        format!("{}: {}", values.join(" "), counts.join(" "))
    };
    answer["rows"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn dimensions_of_the_lead_and_of_the_report() {
    let place = place();
    let by = |by: &str| {
        let answer = place.json(&["metrics", "--by", by]);
        (answer["rows"][0]["base"].as_str().unwrap().to_owned(), counts(&answer))
    };
    let check = |dimension: &str, base: &str, expected: &[&str]| {
        assert_eq!(
            by(dimension),
            (base.to_owned(), expected.iter().map(|row| (*row).to_owned()).collect()),
            "{dimension}"
        );
    };
    check("source", "delivered", &["search: 2 2 1 1", "social: 2 2 1 0", "(none): 1 0 0 0"]);
    // The leads have states of their own, so an unmatched one counts with its own; a matched one with the record's,
    // and the reports have none.
    check("state", "delivered", &["(none): 4 4 2 1", "NV: 1 0 0 0"]);
    // They have no ZIP code.
    check("zip3", "matched", &["850: 2 2 1 0", "891: 2 2 1 1"]);
    check("dispo", "matched", &["DQ - Duplicate: 1 1 0 0", "Data: 1 1 0 0", "Set: 1 1 1 0", "Sold: 1 1 1 1"]);
    check("job_status", "matched", &["(none): 3 3 1 0", "Completed: 1 1 1 1"]);
    check(
        "quality",
        "delivered",
        &["low: 2 2 0 0", "high: 1 1 1 1", "medium: 1 1 1 0", "unmatched: 1 0 0 0"],
    );
    check("match_type", "matched", &["email_and_phone: 4 4 2 1"]);
    check("client", "delivered", &["acme: 5 4 2 1"]);
    // 2023-01-01T03:00Z is the evening before in Los Angeles.
    check("delivered_month", "delivered", &["2023-01: 3 3 1 0", "(none): 1 0 0 0", "2022-12: 1 1 1 1"]);
    check(
        "delivered_week",
        "delivered",
        &["2023-W01: 2 2 1 0", "(none): 1 0 0 0", "2022-W52: 1 1 1 1", "2023-W03: 1 1 0 0"],
    );
    check("entry_month", "matched", &["2023-01: 4 4 2 1"]);
    check("appt_month", "matched", &["(none): 2 2 0 0", "2023-01: 2 2 2 1"]);
    check(
        "Source,dispo",
        "matched",
        &[
            "search DQ - Duplicate: 1 1 0 0",
            "search Sold: 1 1 1 1",
            "social Data: 1 1 0 0",
            "social Set: 1 1 1 0",
        ],
    );
}

#[test]
fn as_of_a_time_that_has_passed() {
    let place = place();
    let row = |at: &str| {
        let answer = place.json(&["metrics", "--as-of", at]);
        (answer["as_of"].clone(), answer["rows"][0].clone())
    };
    let (as_of, then) = row("2023-01-10");
    assert_eq!(as_of, json!("2023-01-10T23:59:59"));
    // d was delivered later; e has no time and always counts.
    assert_eq!(counts(&place.json(&["metrics", "--as-of", "2023-01-10"])), [": 4 3 1 1"]);
    for name in [
        "disqualified",
        "valid_conversion_rate",
        "set_inferred",
        "appointments",
        "net_sold",
        "cancelled",
        "cancel_rate",
        "cost_per_sale",
    ] {
        assert_eq!(then[name], Json::Null, "{name} is told by the latest state alone");
    }
    assert_eq!(then["sold"], json!(1));
    assert_eq!(then["conversion_rate"], json!(0.25));
    // One second before the snapshot nothing of it is known.
    assert_eq!(counts(&place.json(&["metrics", "--as-of", "2023-01-10T23:59:58"])), [": 4 0 0 0"]);
    let (_, now) = row("2023-01-22");
    let latest = place.json(&["metrics"]);
    assert_eq!(latest["as_of"], json!("2023-01-22T23:59:59"));
    assert_eq!(now, latest["rows"][0], "as of the latest snapshot everything is known");
    // By segment with today's attributes.
    let by_dispo = place.json(&["metrics", "--as-of", "2023-01-10", "--by", "dispo"]);
    assert_eq!(counts(&by_dispo), ["DQ - Duplicate: 1 1 0 0", "Set: 1 1 0 0", "Sold: 1 1 1 1"]);
}

#[test]
fn only_leads_that_fulfil_a_condition() {
    let place = place();
    let all = |condition: &str| counts(&place.json(&["metrics", "--where", condition]));
    assert_eq!(all("set"), [": 2 2 2 1"]);
    assert_eq!(all("zip LIKE '891%' and not \"set\" -- here"), [": 1 1 0 0"]);
    assert_eq!(all("lead_uuid IN (SELECT lead_uuid FROM lead_link WHERE lead_number = '4')"), [": 1 1 0 0"]);
    assert_eq!(all("state = '{counts}'"), [": 0 0 0 0"], "braces are text");
    assert_eq!(counts(&place.json(&["metrics", "--client", "acme"])), [": 5 4 2 1"]);
    for (condition, told) in [
        ("sett", "sett"),
        ("true) UNION SELECT * FROM (SELECT 1", "one condition"),
        ("1; DROP TABLE x", "one condition"),
        ("state = 'NV", "--where"),
        ("city", "--where"),
    ] {
        let error = failed(place.leadq(&["metrics", "--where", condition]), 2);
        assert!(error.contains(told) && error.contains("fact_lead_outcome"), "{condition}: {error}");
    }
    let error = failed(place.leadq(&["metrics", "--client", "acne"]), 3);
    assert!(error.contains("its clients are acme"), "{error}");
}

#[test]
fn questions_that_make_no_sense() {
    let place = place();
    for (arguments, told) in [
        (&["--by", "campaign"][..], "there are Source, client, state"),
        (&["--by", "city,state,zip3,dispo"], "one to three"),
        (&["--by", "city,city"], "twice"),
        (&["--basis", "rows", "--by", "city"], "--basis rows"),
        (&["--as-of", "yesterday"], "2023-03-31"),
    ] {
        let arguments: Vec<_> = std::iter::once("metrics").chain(arguments.iter().copied()).collect();
        let error = failed(place.leadq(&arguments), 2);
        assert!(error.contains(told), "{arguments:?}: {error}");
    }
}

#[test]
fn every_format_holds_the_same() {
    let place = place();
    let answer = place.json(&["metrics", "--by", "source"]);
    let csv = succeeded(place.leadq(&["metrics", "--by", "source", "--format", "csv"]));
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    for (row, told) in rows.iter().zip(answer["rows"].as_array().unwrap()) {
        assert_eq!(row["Source"], told["segment"]["Source"].as_str().unwrap());
        for (name, value) in told.as_object().unwrap().iter().filter(|(name, _)| *name != "segment") {
            let cell = &row[name];
            match value.as_f64() {
                // The last digit is the test's own reader's.
                Some(number) => {
                    assert!((cell.parse::<f64>().unwrap() - number).abs() < 1e-12, "{name}: {cell}")
                }
                None => assert_eq!(cell, value.as_str().unwrap_or_default(), "{name}"),
            }
        }
    }
    let output = place.leadq(&["metrics", "--by", "source", "--format", "parquet"]);
    assert!(output.status.success());
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(
        bytes::Bytes::from(output.stdout),
        1024,
    );
    let batch = reader.unwrap().next().unwrap().unwrap();
    assert_eq!(batch.num_rows(), rows.len());
    let names: Vec<_> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names.join(","), csv.lines().next().unwrap());
}

#[test]
fn segments_add_up_and_are_in_order() {
    let place = Place::new();
    place.write("leadq.toml", "dimensions = [\"source\"]\n");
    place.run_sample();
    let all = place.json(&["metrics"])["rows"][0].clone();
    for by in ["source", "delivered_week", "state,source", "city,dispo,entry_month"] {
        let answer = place.json(&["metrics", "--by", by]);
        let rows = answer["rows"].as_array().unwrap();
        for name in ["matched", "set", "demos", "sold", "appointments", "set_inferred"] {
            let sum: u64 = rows.iter().map(|row| row[name].as_u64().unwrap()).sum();
            assert_eq!(json!(sum), all[name], "{by} {name}");
        }
        let order: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    std::cmp::Reverse(row["delivered"].as_u64().unwrap()),
                    row["segment"]
                        .as_object()
                        .unwrap()
                        .values()
                        .map(|v| v.as_str().unwrap().to_owned())
                        .collect::<Vec<_>>(),
                )
            })
            .collect();
        assert!(by.contains(',') || order.is_sorted(), "{by}: {order:?}");
        assert!(order.iter().map(|(delivered, _)| delivered).is_sorted(), "{by}");
        for row in rows {
            let q = row["q_value"].as_f64().unwrap();
            assert!(row["p_value"].as_f64().unwrap() <= q && q <= 1.0, "{row}");
            assert!(row["shrunken_rate"].is_f64(), "{row}");
        }
    }
}

#[test]
fn dispositions_of_several_clients_are_one_whatever_their_case() {
    let place = Place::new();
    place.leads_of(
        "leads.parquet",
        vec![
            ("lead_uuid", texts(&["l-a", "l-b"])),
            ("client_id", texts(&["one", "two"])),
            ("email_hash", texts(&[&hashed("email", "a"), &hashed("email", "b")])),
        ],
    );
    place.report("one/r_2023-01-10.csv", &["01/02/2023,1,a,a,,,0,0,CNF"]);
    place.report("two/r_2023-01-12.csv", &["01/02/2023,1,b,b,,,0,0,cnf"]);
    place.write(
        "leadq.toml",
        "leads = [\"leads\"]\n[[client]]\nid = \"one\"\nreports = [\"reports/one\"]\n\
         [[client]]\nid = \"two\"\nreports = [\"reports/two\"]\n",
    );
    succeeded(place.leadq(&["run"]));
    assert_eq!(counts(&place.json(&["metrics", "--by", "dispo"])), ["CNF: 2 2 0 0"]);
    assert_eq!(place.json(&["metrics"])["as_of"], Json::Null, "two latest snapshots, no one time");
}
