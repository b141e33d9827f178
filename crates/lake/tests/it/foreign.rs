//! Tables that another tool has changed.

use leadq_contract::Table;
use leadq_contract::run::RunRecord;
use leadq_pipeline::ports::{Lake as _, PortError};

use crate::support::{Place, SECRET};

/// Appends a commit to the log of `dim_place`, as another tool would, and pins it.
async fn pinned_after(place: &Place, actions: &[serde_json::Value]) -> PortError {
    let mut record = place.run(1, &[(Table::DimPlace, 2)]).await;
    let text: Vec<_> = actions.iter().map(ToString::to_string).collect();
    std::fs::write(log(place, 1), text.join("\n")).unwrap();
    record.tables.get_mut("dim_place").unwrap().version = 1;
    place.lake().pinned(&record, Table::DimPlace).await.unwrap_err()
}

fn log(place: &Place, version: u64) -> std::path::PathBuf {
    place.path.join(format!("tables/dim_place/_delta_log/{version:020}.json"))
}

fn action(place: &Place, kind: &str) -> serde_json::Value {
    let text = std::fs::read_to_string(log(place, 0)).unwrap();
    let actions = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    actions.into_iter().find(|action| action.get(kind).is_some()).unwrap()
}

async fn first(place: &Place) -> RunRecord {
    place.run(1, &[(Table::DimPlace, 2)]).await
}

fn protocol(feature: &str) -> serde_json::Value {
    serde_json::json!({"protocol": {"minReaderVersion": 3, "minWriterVersion": 7,
        "readerFeatures": [feature], "writerFeatures": [feature]}})
}

#[tokio::test]
async fn deletion_vectors_are_refused() {
    let template = Place::new();
    first(&template).await;
    let place = Place::new();
    let mut add = action(&template, "add");
    add["add"]["deletionVector"] = serde_json::json!({"storageType": "i",
        "pathOrInlineDv": "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L",
        "sizeInBytes": 40, "cardinality": 1});
    let error = pinned_after(&place, &[protocol("deletionVectors"), add]).await;
    assert!(error.reason.contains("has a deletion vector"), "{error}");
}

#[tokio::test]
async fn column_mapping_is_refused() {
    let template = Place::new();
    first(&template).await;
    let place = Place::new();
    let mut metadata = action(&template, "metaData");
    let configuration =
        serde_json::json!({"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "4"});
    metadata["metaData"]["configuration"] = configuration;
    let mut schema: serde_json::Value =
        serde_json::from_str(metadata["metaData"]["schemaString"].as_str().unwrap()).unwrap();
    for (id, field) in schema["fields"].as_array_mut().unwrap().iter_mut().enumerate() {
        field["metadata"] = serde_json::json!({"delta.columnMapping.id": id + 1,
            "delta.columnMapping.physicalName": format!("col-{id}")});
    }
    metadata["metaData"]["schemaString"] = schema.to_string().into();
    let error = pinned_after(&place, &[protocol("columnMapping"), metadata]).await;
    assert!(error.reason.contains("column mapping"), "{error}");
}

#[tokio::test]
async fn a_version_that_was_cleaned_up_is_told() {
    let place = Place::new();
    let first = first(&place).await;
    place.run(2, &[(Table::DimPlace, 3)]).await;
    std::fs::remove_file(log(&place, 0)).unwrap();
    let error = place.lake().pinned(&first, Table::DimPlace).await.unwrap_err();
    assert!(error.reason.starts_with("version 0 of the table is gone"), "{error}");
    assert!(error.hint.unwrap().contains("vacuum"));
    std::fs::remove_dir_all(place.path.join("tables")).unwrap();
    let error = place.lake().pinned(&first, Table::DimPlace).await.unwrap_err();
    assert_eq!(error.reason, "version 0 of the table is gone: there is no table");
}

#[tokio::test]
async fn a_table_that_the_run_never_had_is_told() {
    let place = Place::new();
    let first = first(&place).await;
    let error = place.lake().pinned(&first, Table::Finding).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot read finding: run 1 has no such table");
}

#[tokio::test]
async fn rows_that_another_tool_removed_come_back_with_the_next_writer() {
    let place = Place::new();
    let run = first(&place).await;
    let remove = action(&place, "add");
    let remove = serde_json::json!({"remove": {"path": remove["add"]["path"], "dataChange": true,
        "deletionTimestamp": 1}});
    std::fs::write(log(&place, 1), remove.to_string()).unwrap();
    assert_eq!(place.last(Table::DimPlace).await.num_rows(), 2);
    drop(place.lake().write(SECRET).await.unwrap());
    let mut restored = run;
    restored.tables.get_mut("dim_place").unwrap().version = 2;
    let files = place.lake().pinned(&restored, Table::DimPlace).await.unwrap();
    assert_eq!(files.rows(), 2);
}

#[tokio::test]
async fn nothing_is_deleted_of_a_table_whose_log_was_cleaned_up() {
    let place = Place::new();
    for run in 1..=4 {
        place.run(run, &[(Table::DimPlace, 2)]).await;
    }
    let lake = place.lake();
    let writer = lake.write(SECRET).await.unwrap();
    for version in [2, 3] {
        std::fs::remove_file(log(&place, version)).unwrap();
        let error = writer.tidy(3).await.unwrap_err();
        assert!(error.reason.starts_with("the commit is gone"), "{error}");
        let parquet = |entry: &std::fs::DirEntry| entry.path().extension().is_some_and(|e| e == "parquet");
        let folder = std::fs::read_dir(place.path.join("tables/dim_place")).unwrap();
        assert_eq!(folder.map(Result::unwrap).filter(parquet).count(), 4);
    }
}
