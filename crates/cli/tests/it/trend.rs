//! `leadq trend` and `leadq maturation`: what had been reached by when (spec chapter 3).

use serde_json::{Value as Json, json};

use crate::place::{Place, hashed, lead, succeeded, texts};

fn rows(trend: &Json) -> Vec<String> {
    let row = |row: &Json| {
        let counts =
            ["client_id", "snapshot_at", "base", "delivered", "matched", "set", "demos", "conversion_rate"];
        counts.map(|name| row[name].as_str().map_or_else(|| row[name].to_string(), str::to_owned)).join(" ")
    };
    trend.as_array().unwrap().iter().map(row).collect()
}

/// Two clients: one whose leads have delivery times, one whose have none.
fn two_clients(delivered_b: &'static str) -> Place {
    let place = Place::new();
    let leads = [
        lead("l-a", "a", "a", "2023-01-01T10:00:00"),
        lead("l-b", "b", "b", "2023-01-11T10:00:00"),
        lead("l-c", "c", "c", delivered_b),
    ];
    place.leads("one.parquet", &leads[..2]);
    std::fs::create_dir(place.path("leads/two")).unwrap();
    place.leads("two/two.parquet", &leads[2..]);
    place.report("one/r_2023-01-10.csv", &["01/02/2023,1,a,a,,,0,0,Data"]);
    place.report(
        "one/r_2023-01-12.csv",
        &["01/02/2023,1,a,a,,01/20/2023,1,0,Set", "01/11/2023,2,b,b,,,0,0,Data"],
    );
    place.report("two/r_2023-01-11.csv", &["01/02/2023,1,c,c,,01/20/2023,1,1,Sold"]);
    place.write(
        "leadq.toml",
        "[[client]]\nid = \"one\"\nleads = [\"leads/one.parquet\"]\nreports = [\"reports/one\"]\n\
         [[client]]\nid = \"two\"\nleads = [\"leads/two\"]\nreports = [\"reports/two\"]\n",
    );
    succeeded(place.leadq(&["run"]));
    place
}

#[test]
fn each_client_by_its_snapshots_and_all_of_them_over_all() {
    let place = two_clients("");
    assert_eq!(
        rows(&place.json(&["trend"])),
        [
            "one 2023-01-10T23:59:59 delivered 1 1 0 0 0.0",
            "one 2023-01-12T23:59:59 delivered 2 2 1 0 0.5",
            "two 2023-01-11T23:59:59 matched 1 1 1 1 null",
            // Nobody knows when the second client's lead was delivered, so nobody knows for all.
            "null 2023-01-10T23:59:59 matched 2 1 0 0 null",
            "null 2023-01-11T23:59:59 matched 3 2 1 1 null",
            "null 2023-01-12T23:59:59 matched 3 3 2 1 null",
        ]
    );
    assert_eq!(rows(&place.json(&["trend", "--client", "two"])).len(), 1);
    let undated = &place.json(&["trend", "--client", "two"])[0];
    assert_eq!((&undated["match_rate"], &undated["set_of_matched_rate"]), (&Json::Null, &json!(1.0)));

    let dated = two_clients("2023-01-05T10:00:00");
    let all = rows(&dated.json(&["trend"]));
    assert_eq!(all[2], "two 2023-01-11T23:59:59 delivered 1 1 1 1 1.0");
    assert_eq!(all[5], "null 2023-01-12T23:59:59 delivered 3 3 2 1 0.6666666666666666");
}

/// A point of the trend is what `metrics --as-of` says of its time.
#[test]
fn the_trend_is_metrics_as_of_each_snapshot() {
    let place = Place::new();
    place.run_sample();
    let trend = place.json(&["trend"]);
    let trend = trend.as_array().unwrap();
    assert_eq!(trend.len(), 22);
    for point in [&trend[0], &trend[9], &trend[21]] {
        let at = point["snapshot_at"].as_str().unwrap();
        let then = place.json(&["metrics", "--as-of", at])["rows"][0].clone();
        for (name, value) in point.as_object().unwrap() {
            if !["client_id", "snapshot_at", "breaks"].contains(&name.as_str()) {
                assert_eq!(*value, then[name], "{at} {name}");
            }
        }
    }
    let breaks: Vec<_> = trend
        .iter()
        .filter(|point| point["breaks"] != json!([]))
        .map(|point| point["breaks"].to_string())
        .collect();
    assert_eq!(breaks, ["[\"set went dead\"]", "[\"state went dead\"]"]);
    let told = succeeded(place.leadq(&["trend"]));
    assert!(told.contains("\n2025-03-25: set went dead\n"), "{told}");
}

#[test]
fn ages_are_counted_in_days_of_the_clients_zone() {
    let place = Place::new();
    // Begun: d0 the day before the first snapshot, at 23:30 in Los Angeles; d1 on its day; the others after it.
    let leads = [
        lead("late", "a", "a", "2023-01-10T07:30:00"),
        lead("left-out", "b", "b", "2023-01-05T12:00:00"),
        lead("young", "c", "c", "2023-01-12T12:00:00"),
        lead("set-at-once", "d", "d", "2023-01-12T12:00:00"),
        lead("never", "e", "e", "2023-01-12T12:00:00"),
    ];
    place.leads("leads.parquet", &leads);
    place.report("r_2023-01-10.csv", &["01/09/2023,1,a,a", "01/05/2023,2,b,b,,01/09/2023,1"]);
    place.report(
        "r_2023-01-12.csv",
        &[
            "01/09/2023,1,a,a",
            "01/05/2023,2,b,b,,01/09/2023,1",
            "01/12/2023,3,c,c",
            "01/12/2023,4,d,d,,01/15/2023,1",
        ],
    );
    place.report(
        "r_2023-01-14.csv",
        &[
            "01/09/2023,1,a,a,,01/20/2023,1",
            "01/05/2023,2,b,b,,01/09/2023,1",
            "01/12/2023,3,c,c,,01/20/2023,1",
            "01/12/2023,4,d,d,,01/15/2023,1",
        ],
    );
    place.write("leadq.toml", "leads = [\"leads\"]\n[[client]]\nid = \"acme\"\ntimezone = \"America/Los_Angeles\"\nreports = [\"reports\"]\n");
    succeeded(place.leadq(&["run"]));
    let curves = place.json(&["maturation"]);
    let points: Vec<_> = curves["overall"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| {
            let share = (point["share_set"].as_f64().unwrap() * 1e4).round() / 1e4;
            format!("{} {} {} {share}", point["age_days"], point["at_risk"], point["events"])
        })
        .collect();
    // young, set-at-once and never are at risk from age 0; late, begun on the 9th, was one day old at the first
    // snapshot, and is at risk from the second day on; left-out was set by then.
    assert_eq!(
        points,
        [
            "0 3 1 0.3333".to_owned(),
            "1 2 0 0.3333".to_owned(),
            // 1 - 2/3 * 2/3
            "2 3 1 0.5556".to_owned(),
            "3 1 0 0.5556".to_owned(),
            "4 1 0 0.5556".to_owned(),
            "5 1 1 1".to_owned(),
        ]
    );
    assert_eq!(curves["client_id"], json!("acme"));
    assert_eq!(curves["by_month"].as_object().unwrap().keys().collect::<Vec<_>>(), ["2023-01"]);
    assert_eq!(curves["by_month"]["2023-01"], curves["overall"]);
    assert_eq!(curves["overall"][1]["low"].as_f64().map(|low| low < 0.3333), Some(true));
}

/// Without delivery times age is counted from the entry date; leads without either say nothing.
#[test]
fn ages_without_delivery_times() {
    let place = Place::new();
    place.leads_of(
        "leads.parquet",
        vec![
            ("lead_uuid", texts(&["l-a", "l-b", "l-c"])),
            ("email_hash", texts(&[&hashed("email", "a"), &hashed("email", "b"), &hashed("email", "c")])),
        ],
    );
    place.report("r_2023-01-01.csv", &["12/31/2022,9,x,x"]);
    place.report("r_2023-01-05.csv", &["01/03/2023,1,a,a,,01/09/2023,1", ",2,b,b"]);
    place.run();
    let curves = place.json(&["maturation"]);
    let told: Vec<_> = curves["overall"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| format!("{} {}", p["at_risk"], p["events"]))
        .collect();
    assert_eq!(told, ["1 0", "1 0", "1 1"]);
    assert_eq!(curves["overall"][2]["share_set"], json!(1.0));
    assert_eq!(curves["overall"][2]["low"], Json::Null);
    let csv = succeeded(place.leadq(&["maturation", "--format", "csv"]));
    assert_eq!(csv.lines().next(), Some("client_id,month,age_days,at_risk,events,share_set,low,high"));
    assert_eq!(csv.lines().nth(3), Some("default,,2,1,1,1.0,,"));
    assert_eq!(csv.lines().nth(4), Some("default,2023-01,0,1,0,0.0,,"));
}
