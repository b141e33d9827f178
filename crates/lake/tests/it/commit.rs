//! What readers see of staged and committed tables.

use leadq_contract::Table;
use leadq_contract::run::TablePin;
use leadq_lake::DeltaLake;
use leadq_pipeline::ports::Lake as _;

use crate::support::{Place, SECRET, batch, dimensions, read, record, run_on, stream, write_with};

#[tokio::test]
async fn a_reader_makes_nothing() {
    let place = Place::new();
    assert_eq!(place.lake().last_run().await.unwrap(), None);
    let error = place.lake().run(1).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot read run 1: there is no such run");
    assert!(!place.path.exists());
}

#[tokio::test]
async fn staged_rows_are_invisible_and_can_be_read_by_the_run() {
    let place = Place::new();
    place.run(1, &[(Table::DimPlace, 3)]).await;
    let before = place.last(Table::DimPlace).await;
    let lake = place.lake();
    let writer = lake.write(SECRET).await.unwrap();
    let schema = Table::DimPlace.schema(&[]);
    let rows = batch(&schema, 5, 2);
    let staged = writer.stage(Table::DimPlace, schema, stream(vec![rows.clone()])).await.unwrap();
    assert_eq!(read(&staged.files), rows);
    assert_eq!(place.last(Table::DimPlace).await, before);
    drop(writer);
    assert_eq!(place.last(Table::DimPlace).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_comes_back_as_it_was_written() {
    let place = Place::new();
    let record = place.run(1, &Table::ALL.map(|table| (table, 7))).await;
    assert_eq!(place.lake().last_run().await.unwrap(), Some(record.clone()));
    for table in Table::ALL {
        assert_eq!(record.tables[table.name()], TablePin { version: 0, rows: 7 });
        let files = place.lake().pinned(&record, table).await.unwrap();
        assert_eq!(files.schema, table.schema(&dimensions()), "{}", table.name());
        assert_eq!(files.rows(), 7);
        let schema = table.schema(&dimensions());
        assert_eq!(read(&files).columns(), batch(&schema, 7, 1).columns(), "{}", table.name());
    }
}

#[tokio::test]
async fn an_older_run_stays_readable_while_a_newer_one_is_committed() {
    let place = Place::new();
    let first = place.run(1, &[(Table::DimPlace, 3), (Table::Finding, 2)]).await;
    let lake = place.lake();
    let before = lake.pinned(&first, Table::DimPlace).await.unwrap();
    let second = place.run(2, &[(Table::DimPlace, 4)]).await;
    assert_eq!(read(&before).num_rows(), 3);
    assert_eq!(read(&lake.pinned(&first, Table::DimPlace).await.unwrap()), read(&before));
    assert_eq!(read(&lake.pinned(&second, Table::DimPlace).await.unwrap()).num_rows(), 4);
    assert_eq!(lake.run(1).await.unwrap(), first);
    // A table that a run does not stage stays as it was.
    assert_eq!(second.tables["finding"], first.tables["finding"]);
    assert_eq!(place.last(Table::Finding).await.num_rows(), 2);
}

#[tokio::test]
async fn a_table_may_be_empty_and_filled_and_empty_again() {
    let place = Place::new();
    for (run, rows) in [(1, 0), (2, 3), (3, 0), (4, 0)] {
        let record = place.run(run, &[(Table::Quarantine, rows)]).await;
        let files = place.lake().pinned(&record, Table::Quarantine).await.unwrap();
        assert_eq!((files.files.len(), files.rows()), (rows.min(1), rows as u64));
        assert_eq!(files.schema, Table::Quarantine.schema(&[]));
    }
}

#[tokio::test]
async fn a_new_dimension_joins_and_leaves() {
    let place = Place::new();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let lake = place.lake();
    let mut records = Vec::new();
    for (run, dimensions) in [(1, &["source"][..]), (2, &["source", "channel"]), (3, &["channel"])] {
        let record = run_on(&lake, run, &[(Table::DimLead, 2)], &names(dimensions)).await.unwrap();
        records.push(record);
    }
    for record in records {
        let files = lake.pinned(&record, Table::DimLead).await.unwrap();
        assert_eq!(files.schema, Table::DimLead.schema(&record.dimensions));
        assert_eq!(read(&files).num_columns(), files.schema.fields().len());
    }
}

#[tokio::test]
async fn a_dimension_may_have_any_name() {
    let place = Place::new();
    let odd = ["Lead source", "größe, €; {x}=(y)", "a.b", "100% \"sure\""].map(str::to_owned);
    let record = run_on(&place.lake(), 1, &[(Table::DimLead, 2)], &odd).await.unwrap();
    let files = place.lake().pinned(&record, Table::DimLead).await.unwrap();
    assert_eq!(files.schema, Table::DimLead.schema(&odd));
    assert_eq!(place.last(Table::DimLead).await.num_rows(), 2);
}

#[tokio::test]
async fn one_writer_commits_several_runs() {
    let place = Place::new();
    let lake = place.lake();
    let writer = lake.write(SECRET).await.unwrap();
    for run in 1..=3 {
        write_with(writer.as_ref(), run, &[(Table::DimPlace, 2)], &dimensions()).await.unwrap();
    }
    let last = lake.last_run().await.unwrap().unwrap();
    assert_eq!((last.run, last.tables["dim_place"].version), (3, 2));
}

#[tokio::test]
async fn many_batches_become_one_file_of_all_rows() {
    let place = Place::new();
    let lake = place.lake();
    let writer = lake.write(SECRET).await.unwrap();
    let schema = Table::LeadLink.schema(&[]);
    let batches: Vec<_> = (0..20).map(|n| batch(&schema, n * 10, 1 + n as u64)).collect();
    let staged = writer.stage(Table::LeadLink, schema.clone(), stream(batches.clone())).await.unwrap();
    let read = read(&staged.files);
    let all = arrow::compute::concat_batches(&schema, &batches).unwrap();
    assert_eq!(read.columns(), all.columns());
    let committed = writer.commit(vec![staged], record(1)).await.unwrap();
    assert_eq!(committed.tables["lead_link"].rows, all.num_rows() as u64);
}

#[tokio::test]
async fn a_relative_or_dotted_location_is_the_same_lake() {
    let place = Place::new();
    place.run(1, &[(Table::DimPlace, 1)]).await;
    let dotted = place.path.join("tables").join("..");
    let lake = DeltaLake::open(dotted.to_str().unwrap()).unwrap();
    assert_eq!(lake.last_run().await.unwrap().unwrap().run, 1);
}
