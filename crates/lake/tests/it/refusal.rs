//! Who may not write or read, and what they are told.

use std::path::Path;

use leadq_contract::Table;
use leadq_contract::run::LAKE_FORMAT;
use leadq_lake::DeltaLake;
use leadq_pipeline::ports::{Fault, Lake as _, PortError};

use crate::support::{Place, SECRET, batch, record, stream, write_with};

async fn refused(place: &Place, secret: &str) -> PortError {
    place.lake().write(secret).await.err().unwrap()
}

fn replace(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(file, text.replace(from, to)).unwrap();
}

#[tokio::test]
async fn a_second_writer_is_told_who_writes() {
    let place = Place::new();
    let writer = place.lake().write(SECRET).await.unwrap();
    let error = refused(&place, SECRET).await;
    assert_eq!(error.fault, Fault::Locked);
    let holder = format!("another process is writing to it: process {} on ", std::process::id());
    assert!(error.reason.starts_with(&holder) && error.reason.contains(", since 20"), "{error}");
    let lake = place.lake();
    assert_eq!(lake.writing_now().await.unwrap(), Some(error.reason));
    drop(writer);
    assert_eq!(lake.writing_now().await.unwrap(), None);
    // Whoever ends takes its name with it.
    assert_eq!(std::fs::read_to_string(place.path.join(".lock")).unwrap(), "");
    place.run(1, &[(Table::DimPlace, 1)]).await;
}

#[tokio::test]
async fn another_secret_is_refused_before_anything_is_written() {
    let place = Place::new();
    place.run(1, &[(Table::DimPlace, 1)]).await;
    let error = refused(&place, "check of another").await;
    assert_eq!(error.fault, Fault::Incompatible);
    assert!(error.hint.unwrap().contains("LEADQ_SECRET or secret_file"));
    // The refused writer has given the lock back.
    drop(place.lake().write(SECRET).await.unwrap());
}

#[tokio::test]
async fn a_newer_layout_is_refused() {
    let place = Place::new();
    place.run(1, &[(Table::DimPlace, 1)]).await;
    let newer = LAKE_FORMAT + 1;
    let (ours, theirs) = (format!("format\": {LAKE_FORMAT}"), format!("format\": {newer}"));
    for file in ["lake.json", "runs/00000001.json"] {
        let file = place.path.join(file);
        replace(&file, &ours, &theirs);
        for error in [place.lake().last_run().await.unwrap_err(), refused(&place, SECRET).await] {
            assert_eq!(error.fault, Fault::Incompatible);
            assert_eq!(error.subject, file.display().to_string());
            let versions =
                format!("it has layout {newer}, this build of leadq reads layouts up to {LAKE_FORMAT}");
            assert_eq!(error.reason, versions);
        }
        replace(&file, &theirs, &ours);
    }
    assert_eq!(place.lake().last_run().await.unwrap().unwrap().run, 1);
}

#[tokio::test]
async fn a_folder_of_something_else_is_left_alone() {
    let place = Place::new();
    std::fs::create_dir_all(&place.path).unwrap();
    std::fs::write(place.path.join("thesis.doc"), "x").unwrap();
    let error = refused(&place, SECRET).await;
    assert!(error.reason.contains("not empty and holds no lake"), "{error}");
    assert_eq!(std::fs::read_dir(&place.path).unwrap().count(), 1);
    assert_eq!(place.lake().last_run().await.unwrap(), None);
}

#[test]
fn a_file_is_no_place_for_a_lake() {
    let place = Place::new();
    std::fs::write(&place.path, "x").unwrap();
    let error = DeltaLake::open(place.path.to_str().unwrap()).err().unwrap();
    assert_eq!((error.operation, error.reason.as_str()), ("open lake", "it is a file"));
}

#[tokio::test]
async fn a_damaged_record_is_named() {
    let place = Place::new();
    place.run(1, &[(Table::DimPlace, 1)]).await;
    place.run(2, &[(Table::DimPlace, 1)]).await;
    let file = place.path.join("runs/00000002.json");
    std::fs::write(&file, "{").unwrap();
    for error in [place.lake().last_run().await.unwrap_err(), refused(&place, SECRET).await] {
        assert_eq!((error.operation, error.subject), ("read run record", file.display().to_string()));
    }
    // A record under another number is as wrong.
    std::fs::copy(place.path.join("runs/00000001.json"), &file).unwrap();
    assert_eq!(place.lake().last_run().await.unwrap_err().reason, "it says that it is run 1");
}

#[tokio::test]
async fn runs_without_an_identity_are_no_lake() {
    let place = Place::new();
    place.run(1, &[(Table::DimPlace, 1)]).await;
    std::fs::remove_file(place.path.join("lake.json")).unwrap();
    assert!(place.lake().last_run().await.unwrap_err().reason.contains("no lake.json"));
    assert!(refused(&place, SECRET).await.reason.contains("holds no lake"));
}

#[tokio::test]
async fn a_number_is_committed_once() {
    let place = Place::new();
    let lake = place.lake();
    let writer = lake.write(SECRET).await.unwrap();
    let schema = Table::DimPlace.schema(&[]);
    let rows = stream(vec![batch(&schema, 1, 7)]);
    let staged = writer.stage(Table::DimPlace, schema, rows).await.unwrap();
    write_with(writer.as_ref(), 1, &[(Table::DimPlace, 3)], &[]).await.unwrap();
    let error = writer.commit(vec![staged], record(1)).await.unwrap_err();
    assert_eq!(error.fault, Fault::Locked);
    assert_eq!(place.last(Table::DimPlace).await.num_rows(), 3);
}

#[tokio::test]
async fn rows_that_do_not_fit_leave_no_file() {
    let place = Place::new();
    let lake = place.lake();
    let writer = lake.write(SECRET).await.unwrap();
    let places = Table::DimPlace.schema(&[]);
    let rows = stream(vec![batch(&Table::DimStatus.schema(&[]), 3, 1)]);
    let error = writer.stage(Table::DimPlace, places.clone(), rows).await.err().unwrap();
    assert_eq!(error.to_string(), "cannot stage dim_place: the rows have no column place_key");
    // So does a stream that fails, whose own error is told.
    let broken = PortError::permanent("execute", "the query", "disk full").fault(Fault::Exhausted);
    let rows = vec![Ok(batch(&places, 3, 1)), Err(broken)];
    let error =
        writer.stage(Table::DimPlace, places, Box::pin(futures::stream::iter(rows))).await.err().unwrap();
    assert_eq!(error.fault, Fault::Exhausted);
}
