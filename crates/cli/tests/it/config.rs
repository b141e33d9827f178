//! `leadq.toml` and `schemas.json` (spec 4) as a run meets them: several clients, their own words, and what is
//! wrong with its line.

use crate::place::{Place, failed, hashed, lead, succeeded, texts};

/// Two clients in two zones with words of their own; acme's leads lie in a place of their own.
const CONFIG: &str = r#"
dimensions = ["source", "campaign"]
leads = ["leads"]

[limits]
max_ratio = 300

[[client]]
id = "acme"
timezone = "America/Los_Angeles"
reports = ["drops/acme"]
leads = ["own/acme"]
schemas = "acme.json"
snapshot_pattern = "Leads %d.%m.%y"

[[client]]
id = "best"
timezone = "America/New_York"
reports = ["drops/best"]
[client.identity]
algorithm = "sha1"
phone = "digits"
"#;

/// For all: a header that all clients share.
const SCHEMAS: &str = r#"{"input_schemas": {
  "contractor_reports": {"entries": [{"name": "Booked", "new_name": "set"}]},
  "leads": {"entries": [{"name": "utm", "new_name": "source"}]}
}}"#;

/// For acme: German headers, dates and words.
const ACME: &str = r#"{"input_schemas": {"contractor_reports": {
  "entries": [
    {"name": "Eingang", "new_name": "entry_date", "format": "%d.%m.%Y", "placeholders": ["offen"]},
    {"name": "Termin", "new_name": "appt_at", "format": "d.M.yyyy HH:mm"},
    {"name": "Booked", "new_name": "set", "true": ["ja"], "false": ["nein"]},
    {"name": "Result", "new_name": null}],
  "dispositions": [{"outcome": "sale", "whole": ["verkauft"]}],
  "cancelled_job_statuses": ["Storno"]
}}}"#;

fn two_clients() -> Place {
    let place = Place::new();
    place.write("leadq.toml", CONFIG);
    place.write("schemas.json", SCHEMAS);
    place.write("acme.json", ACME);
    // Shared leads name their client; acme's own need not.
    place.leads_of(
        "shared.parquet",
        vec![
            ("lead_uuid", texts(&["b1", "b2", "a2", "x1", "n1"])),
            ("client_id", texts(&["best", "best", "acme", "nobody", ""])),
            ("email_hash", texts(&[&hashed("email", "b1"), "", &hashed("email", "a2"), "", ""])),
            ("phone_hash", texts(&["", &hashed("", "!15551234567"), "", "", ""])),
            ("utm", texts(&["ads", "mail", "ads", "", ""])),
        ],
    );
    std::fs::create_dir_all(place.path("own/acme")).unwrap();
    place.leads("own.parquet", &[lead("a1", "a1", "", "2023-01-01T10:00:00")]);
    std::fs::rename(place.path("leads/own.parquet"), place.path("own/acme/own.parquet")).unwrap();
    let (a1, a2) = (hashed("email", "a1"), hashed("email", "a2"));
    place.write(
        "drops/acme/Leads 04.03.23.csv",
        format!(
            "Eingang,Lead #,Email,Termin,Booked,Demo,Dispo,Job Status,Result\n\
             05.02.2023,1,{a1},6.2.2023 10:30,Ja,1,Verkauft,storno,Sale\n\
             offen,2,{a2},,nein,0,Data,,Sale\n"
        ),
    );
    place.write(
        "drops/best/2023-03-05.csv",
        format!(
            "Entry Date,Lead #,Email,Phone,Booked,Demo,Dispo\n\
             02/05/2023,1,{},,1,0,Verkauft\n02/06/2023,2,,(555) 123-4567,1,1,Sold\n",
            hashed("email", "b1")
        ),
    );
    place
}

#[test]
fn two_clients_with_zones_schemas_and_leads_of_their_own() {
    let place = two_clients();
    let output = place.leadq(&["run"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    succeeded(output);
    // A dimension that no leads file has is told.
    assert!(told.contains("campaign") && !told.contains("\"source\""), "{told}");
    let outcomes: Vec<_> = place
        .table("fact_lead_outcome")
        .iter()
        .map(|fact| {
            let of = |column: &str| fact[column].clone();
            let columns =
                ["lead_uuid", "client_id", "matched", "set", "sold", "cancelled", "appt_at", "entry_date"];
            columns.map(of).join(" ") + " " + &of("outcome") + " " + &of("source")
        })
        .collect();
    let expected = [
        "a1 acme true true true true 2023-02-06T10:30:00 2023-02-05 sale ",
        "a2 acme true false false false   open ads",
        "b1 best true true false false  2023-02-05 unmapped ads",
        "b2 best true true true false  2023-02-06 sale mail",
    ];
    let mut outcomes = outcomes;
    outcomes.sort();
    assert_eq!(outcomes, expected);
    let snapshots: Vec<_> = place
        .json(&["files"])
        .as_array()
        .unwrap()
        .iter()
        .map(|file| {
            format!("{} {}", file["client_id"].as_str().unwrap(), file["snapshot_at"].as_str().unwrap())
        })
        .collect();
    assert_eq!(snapshots, ["acme 2023-03-04T23:59:59", "best 2023-03-05T23:59:59"]);
    // Leads of nobody that is configured are set aside, with the file and the row.
    let aside: Vec<_> = place
        .table("quarantine")
        .iter()
        .map(|row| format!("{} {} {}", row["file"], row["line"], row["reason"]))
        .collect();
    assert_eq!(aside, ["leads/shared.parquet 4 unknown_client", "leads/shared.parquet 5 unknown_client"]);
}

#[test]
fn what_is_wrong_in_schemas_json_is_shown_with_its_line() {
    let place = two_clients();
    let wrong = ACME.replace("\"new_name\": \"appt_at\"", "\"new_name\": \"appt\", \"type\": \"boolean\"");
    place.write("acme.json", &wrong);
    let told = failed(place.leadq(&["run"]), 2);
    assert!(told.contains("acme.json, line 4: appt_at cannot be of type boolean"), "{told}");
    assert!(told.contains("allowed for it: timestamp, date") && told.contains("acme.json:4:"), "{told}");
    place.write("acme.json", ACME);
    place.write("schemas.json", SCHEMAS.replace("\"source\"", "\"sorce\""));
    let told = failed(place.leadq(&["run"]), 2);
    assert!(told.contains("schemas.json, line 3: new_name \"sorce\" is neither"), "{told}");
    place.write("schemas.json", "{");
    let told = failed(place.leadq(&["run"]), 2);
    assert!(told.contains("schemas.json, line 1"), "{told}");
    assert!(place.tree("lake").is_empty());
}

#[test]
fn schemas_beside_no_configuration_are_taken_too() {
    let place = Place::new();
    place.leads("leads.parquet", &[lead("a", "e", "", "")]);
    place.write(
        "schemas.json",
        SCHEMAS.replace("\"utm\", \"new_name\": \"source\"", "\"utm\", \"new_name\": null"),
    );
    place.write(
        "reports/2023-01-10.csv",
        format!("Lead #,Email,Booked,Demo\n1,{},1,0\n", hashed("email", "e")),
    );
    place.run();
    assert_eq!(place.json(&["metrics"])["rows"][0]["set"], 1);
}

#[test]
fn the_configuration_prints_itself() {
    let place = two_clients();
    let documented = succeeded(place.leadq(&["config"]));
    assert_eq!(documented, std::fs::read_to_string(crate::place::repository().join("leadq.toml")).unwrap());
    let rows = place.json(&["config", "--effective"]);
    let of = |key: &str| {
        let row = rows.as_array().unwrap().iter().find(|row| row["key"] == key).unwrap();
        format!("{} from {}", row["value"].as_str().unwrap(), row["from"].as_str().unwrap())
    };
    assert_eq!(of("limits.max_ratio"), "300 from leadq.toml");
    assert_eq!(of("client acme: snapshot_pattern"), "Leads %d.%m.%y from leadq.toml");
    assert_eq!(of("client best: identity.phone"), "digits from leadq.toml");
    assert_eq!(of("client best: name"), "best from default");
    assert_eq!(of("schemas"), "schemas.json from default");
    assert_eq!(of("schedule.cron"), "0 1,13 * * * from default");
    assert_eq!(of("client acme: drops.after"), "keep from default");
    assert_eq!(of("secret"), "given, not shown from LEADQ_SECRET");
    assert!(!rows.to_string().contains(crate::place::SECRET));
}

#[test]
fn a_leads_file_has_one_owner() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("leads/a")).unwrap();
    place.leads_of(
        "a/l.parquet",
        vec![("lead_uuid", texts(&["1"])), ("email_hash", texts(&[&hashed("email", "e")]))],
    );
    place.write("reports/2023-01-10.csv", "Lead #,Email,Set\n1,,1\n");
    let config = |of_b: &str| {
        format!(
            "leads = [\"./leads\"]\n[[client]]\nid = \"a\"\nleads = [\"leads/a\"]\nreports = [\"reports\"]\n\
             [[client]]\nid = \"b\"\nleads = [{of_b}]\nreports = [\"reports\"]\n"
        )
    };
    // within the location of all, under another spelling: it is a's, once
    place.write("leadq.toml", config(""));
    succeeded(place.leadq(&["run"]));
    assert_eq!(place.table("dim_lead").len(), 1);
    assert!(succeeded(place.leadq(&["doctor"])).contains("leads: client a: 1 file"));
    place.write("leadq.toml", config("\"leads\""));
    let said = failed(place.leadq(&["run"]), 2);
    assert!(said.contains("is in the leads of client a and of b"), "{said}");
}

#[test]
fn a_client_that_loses_all_its_leads_has_none_left() {
    let place = Place::new();
    place.write(
        "leadq.toml",
        "leads = [\"leads\"]\n[[client]]\nid = \"a\"\nreports = [\"reports/a\"]\n[[client]]\nid = \"b\"\nreports = [\"reports/b\"]\n",
    );
    let leads = |clients: &[&str]| {
        let names: Vec<String> = (0..clients.len()).map(|number| format!("lead-{number}")).collect();
        let hashes: Vec<String> = names.iter().map(|name| hashed("email", name)).collect();
        let column = |values: &[String]| texts(&values.iter().map(String::as_str).collect::<Vec<_>>());
        place.leads_of(
            "leads.parquet",
            vec![
                ("lead_uuid", column(&names)),
                ("client_id", texts(clients)),
                ("email_hash", column(&hashes)),
            ],
        );
    };
    let of = |table: &str, client: &str| {
        place.table(table).iter().filter(|row| row["client_id"] == client).count()
    };
    leads(&["a", "a", "b", "b"]);
    place.report("a/2023-01-10.csv", &["01/02/2023,1,lead-0,,98311,,1,0,Data"]);
    place.report("b/2023-01-10.csv", &["01/02/2023,1,lead-2,,98311,,1,0,Data"]);
    succeeded(place.leadq(&["run"]));
    let links = || place.table("lead_link").len();
    assert_eq!((of("dim_lead", "b"), of("fact_lead_outcome", "b"), links()), (2, 2, 2));
    // Corrected: they were all of the other client.
    leads(&["a", "a", "a", "a"]);
    succeeded(place.leadq(&["run"]));
    assert_eq!((of("dim_lead", "a"), of("dim_lead", "b"), links()), (4, 0, 1));
    // A later report brings none of them back, and the tables can be made anew.
    place.report("b/2023-01-11.csv", &["01/02/2023,1,lead-2,,98311,,1,0,Sale"]);
    succeeded(place.leadq(&["run"]));
    assert_eq!((of("dim_lead", "b"), of("fact_lead_outcome", "b")), (0, 0));
    succeeded(place.leadq(&["replay"]));
    assert_eq!((of("dim_lead", "a"), of("dim_lead", "b")), (4, 0));
}
