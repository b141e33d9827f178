//! A lake that an older leadq wrote: what it has stays readable, what it lacks is told, a new run fits on it.

use std::fs;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use leadq_contract::run::RunRecord;
use leadq_contract::{IdentifierSecret, Table};
use leadq_engine::{EmbeddedEngine, EngineSettings};
use leadq_lake::DeltaLake;
use leadq_pipeline::View;
use leadq_pipeline::ports::Lake as _;
use serde_json::Value as Json;

use crate::place::{Place, SECRET, failed, lead, succeeded};

/// Tables that the older leadq did not make.
const YOUNGER: [&str; 2] = ["claim", "column_health"];

/// Makes the last run of a place what an older leadq would have committed as its second: without the younger
/// tables, and with dispositions that do not say what they claim.
async fn grow_old(place: &Place) {
    let lake = DeltaLake::open(&place.path("lake").to_string_lossy()).unwrap();
    let engine =
        EmbeddedEngine::new(EngineSettings { memory: 512 << 20, partitions: 1, spill_dir: None }).unwrap();
    let view = View::open(&lake, &engine, None).await.unwrap();
    let rows =
        view.rows("SELECT disposition_key, client_id, dispo, outcome FROM dim_disposition").await.unwrap();
    let schema = Table::DimDisposition.schema(&[]);
    let schema = std::sync::Arc::new(Schema::new(schema.fields()[..4].to_vec()));
    let writer = lake.write(&secret().check_value()).await.unwrap();
    let rows: Vec<Result<RecordBatch, _>> = rows.into_iter().map(Ok).collect();
    let rows = Box::pin(futures::stream::iter(rows));
    let staged = writer.stage(Table::DimDisposition, schema, rows).await.unwrap();
    writer.commit(vec![staged], RunRecord { run: 2, state: Vec::new(), ..view.run }).await.unwrap();
    drop(writer);
    let path = place.path("lake/runs/00000002.json");
    let mut record: Json = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    for table in YOUNGER {
        assert!(record["tables"].as_object_mut().unwrap().remove(table).is_some(), "{table}");
        fs::remove_dir_all(place.path(&format!("lake/tables/{table}"))).unwrap();
    }
    fs::write(&path, record.to_string()).unwrap();
}

fn secret() -> IdentifierSecret {
    IdentifierSecret::new(SECRET.as_bytes()).unwrap()
}

#[test]
fn a_run_of_an_older_leadq_is_read_and_followed() {
    let place = Place::new();
    place.leads("leads.parquet", &[lead("u", "e", "p", "")]);
    place.report("2023-01-10.csv", &["01/06/2023,1,e,p,98311,,0,0,DQ - Duplicate"]);
    place.run();
    let metrics = place.json(&["metrics"]);
    tokio::runtime::Runtime::new().unwrap().block_on(grow_old(&place));

    assert_eq!(place.json(&["metrics"]), metrics);
    let told = failed(place.leadq(&["sql", "SELECT * FROM claim"]), 3);
    assert!(told.contains("older leadq") && told.contains("`leadq run`"), "{told}");
    succeeded(place.leadq(&["explain", "u"]));
    succeeded(place.leadq(&["findings"]));
    let exported = place.export("old", &[]);
    assert_eq!(exported.len(), Table::ALL.len() - YOUNGER.len());
    let word = exported["dim_disposition.csv"].lines().nth(1).unwrap();
    assert!(word.ends_with(",default,DQ - Duplicate,dq_seller,"), "{word}");
    for arguments in [&["claims"][..], &["export", "claim", "--to", "claim.csv"]] {
        let said = failed(place.leadq(arguments), 3);
        assert!(said.contains("run 2 was made by an older leadq") && said.contains("`leadq run`"), "{said}");
    }

    place.run();
    assert_eq!(place.json(&["claims"]).as_array().unwrap().len(), 1);
    assert_eq!(place.table("column_health").len(), 13);
    assert_eq!(place.table("dim_disposition")[0]["claim"], "duplicate");
    // what an older run lacks it lacks for good, whatever is in the tables now
    failed(place.leadq(&["claims", "--run", "2"]), 3);
    assert_eq!(place.json(&["metrics", "--run", "2"]), metrics);
}
