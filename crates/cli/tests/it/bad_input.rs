//! Input that cannot be right: a clear error that names it and says what to do, and nothing written.

use std::fs;

use crate::place::{Place, failed, lead, succeeded};

fn ready() -> Place {
    let place = Place::new();
    place.leads("leads.parquet", &[lead("a", "e", "p", "2023-01-01T10:00:00")]);
    place.report("data_1.csv", &["01/02/2023,1,e,p,98311,,1,0,Data"]);
    place
}

#[test]
fn a_missing_folder() {
    let place = ready();
    let told = failed(place.leadq(&["run", "--leads", "nowhere", "--reports", "reports"]), 3);
    assert!(told.contains("nowhere") && told.contains("--leads"), "{told}");
    let told = failed(place.leadq(&["run", "--leads", "leads", "--reports", "gone"]), 3);
    assert!(told.contains("gone"), "{told}");
    assert!(place.tree("lake").is_empty());
}

#[test]
fn leads_that_are_no_parquet_or_lack_their_columns() {
    let place = ready();
    place.write("leads/broken.parquet", "PAR1 not really PAR1");
    let told = failed(place.leadq(&["run", "--leads", "leads", "--reports", "reports"]), 3);
    assert!(told.contains("broken.parquet") && told.contains("nothing was committed"), "{told}");
    fs::remove_file(place.path("leads/broken.parquet")).unwrap();

    let columns = [("uuid", "no column lead_uuid"), ("lead_uuid", "no column email_hash or phone_hash")];
    for (column, expected) in columns {
        let text = std::sync::Arc::new(arrow::array::StringArray::from(vec!["x"])) as arrow::array::ArrayRef;
        let batch = arrow::record_batch::RecordBatch::try_from_iter([(column, text)]).unwrap();
        let file = fs::File::create(place.path("leads/other.parquet")).unwrap();
        let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let told = failed(place.leadq(&["run", "--leads", "leads", "--reports", "reports"]), 3);
        assert!(told.contains("other.parquet") && told.contains(expected), "{told}");
    }
    assert!(place.tree("lake").is_empty(), "nothing is written");
    let told = failed(place.leadq(&["metrics"]), 3);
    assert!(told.contains("no run has been committed"), "{told}");
}

#[test]
fn a_folder_without_leads() {
    let place = ready();
    fs::remove_file(place.path("leads/leads.parquet")).unwrap();
    let told = failed(place.leadq(&["run", "--leads", "leads", "--reports", "reports"]), 3);
    assert!(told.contains("no Parquet file in leads"), "{told}");
}

#[test]
fn an_unknown_key_in_the_configuration() {
    let place = ready();
    place.write("leadq.toml", "lake = \"lake\"\nledas = [\"leads\"]\n");
    let told = failed(place.leadq(&["run"]), 2);
    assert!(told.contains("ledas") && told.contains("leadq.toml:2"), "{told}");
    let told = failed(place.leadq(&["run", "--config", "none.toml"]), 2);
    assert!(told.contains("none.toml"), "{told}");
    assert!(place.tree("lake").is_empty());
}

#[test]
fn another_secret_and_a_lost_one() {
    let place = ready();
    place.run();
    let before = place.tree("lake");
    let arguments = ["run", "--leads", "leads", "--reports", "reports"];
    let other = "f".repeat(64);
    let told = failed(place.command(&arguments).env("LEADQ_SECRET", other).output().unwrap(), 5);
    assert!(told.contains("another secret") && told.contains("LEADQ_SECRET"), "{told}");
    let lost = place.path("lost");
    let output =
        place.command(&arguments).env_remove("LEADQ_SECRET").env("LEADQ_SECRET_FILE", &lost).output();
    let told = failed(output.unwrap(), 5);
    assert!(told.contains("is not there") && told.contains("backup"), "{told}");
    assert!(!lost.exists());
    assert_eq!(place.tree("lake"), before);
}

#[test]
fn a_lake_of_a_newer_leadq() {
    let place = ready();
    place.run();
    let path = place.path("lake/lake.json");
    let text = fs::read_to_string(&path).unwrap().replace("\"format\": 1", "\"format\": 99");
    fs::write(&path, text).unwrap();
    for arguments in [&["run", "--leads", "leads", "--reports", "reports"][..], &["metrics"]] {
        let told = failed(place.leadq(arguments), 5);
        assert!(told.contains("99") && told.contains("newer"), "{told}");
    }
}

#[test]
fn a_folder_of_somebody_elses_is_no_lake() {
    let place = ready();
    place.write("lake/thesis.txt", "precious");
    let told = failed(place.leadq(&["run", "--leads", "leads", "--reports", "reports"]), 3);
    assert!(told.contains("not empty"), "{told}");
    assert_eq!(place.tree("lake").len(), 1);
}

#[test]
fn a_run_that_was_never_committed_and_a_table_that_is_none() {
    let place = ready();
    place.run();
    let told = failed(place.leadq(&["metrics", "--run", "7"]), 3);
    assert!(told.contains('7') && told.contains("no such run"), "{told}");
    let told = failed(place.leadq(&["export", "lead", "--to", "x"]), 2);
    assert!(told.contains("dim_lead"), "{told}");
    assert!(succeeded(place.leadq(&["--help"])).contains("Exit codes"));
}
