//! A run that dies at any point: readers stay at the run before, the next writer ends as if nothing had
//! happened.

use std::process::Command;
use std::sync::Arc;

use leadq_contract::Table;
use leadq_lake::CrashPoint;
use leadq_pipeline::ports::{Fault, Lake as _, PortError};

use crate::support::{Place, SECRET, dimensions, read, run_on};

const TABLES: [(Table, usize); 3] = [(Table::DimPlace, 4), (Table::DimLead, 0), (Table::Finding, 2)];

fn points() -> Vec<CrashPoint> {
    let mut points = vec![CrashPoint::FileStaged(Table::DimPlace), CrashPoint::FileStaged(Table::Finding)];
    for (table, _) in TABLES {
        points.extend([CrashPoint::BeforeTable(table), CrashPoint::AfterTable(table)]);
    }
    points.push(CrashPoint::BeforeRecord);
    points
}

fn dies() -> PortError {
    PortError::permanent("go on", "test", "died").fault(Fault::Transient)
}

/// Runs `number` and lets it die at `point`.
async fn die(place: &Place, number: u64, point: CrashPoint) {
    let hook = Arc::new(move |at| if at == point { Err(dies()) } else { Ok(()) });
    let lake = place.lake().with_crash_hook(hook);
    let error = run_on(&lake, number, &TABLES, &dimensions()).await.unwrap_err();
    assert_eq!(error.reason, "died", "{point:?}");
}

/// Rows of the heads, as other tools see them.
async fn heads(place: &Place) -> Vec<usize> {
    let mut rows = Vec::new();
    for (table, _) in TABLES {
        let url = url::Url::from_directory_path(place.path.join("tables").join(table.name())).unwrap();
        let delta = deltalake::open_table(url).await.unwrap();
        rows.push(delta.snapshot().unwrap().log_data().iter().map(|f| f.num_records().unwrap()).sum());
    }
    rows
}

#[tokio::test]
async fn before_the_first_run_ends_there_is_none() {
    for point in points() {
        let place = Place::new();
        die(&place, 1, point).await;
        assert_eq!(place.lake().last_run().await.unwrap(), None, "{point:?}");
        place.run(1, &TABLES).await;
        assert_eq!(heads(&place).await, [4, 0, 2], "{point:?}");
        assert_eq!(place.last(Table::DimPlace).await.num_rows(), 4);
    }
}

#[tokio::test]
async fn readers_stay_at_the_run_before() {
    let smaller = [(Table::DimPlace, 1), (Table::DimLead, 1), (Table::Finding, 0)];
    for point in points() {
        let place = Place::new();
        let first = place.run(1, &smaller).await;
        let before = place.last(Table::DimPlace).await;
        die(&place, 2, point).await;
        let lake = place.lake();
        assert_eq!(lake.last_run().await.unwrap().as_ref(), Some(&first), "{point:?}");
        for (table, rows) in smaller {
            let files = lake.pinned(&first, table).await.unwrap();
            assert_eq!(read(&files).num_rows(), rows, "{point:?}");
        }
        // The next writer first puts the heads back, whatever it goes on to do.
        drop(lake.write(SECRET).await.unwrap());
        assert_eq!(heads(&place).await, [1, 1, 0], "{point:?}");
        assert_eq!(place.last(Table::DimPlace).await, before, "{point:?}");
        let second = place.run(2, &TABLES).await;
        assert_eq!(heads(&place).await, [4, 0, 2], "{point:?}");
        assert_eq!(lake.last_run().await.unwrap(), Some(second), "{point:?}");
        assert_eq!(read(&lake.pinned(&first, Table::DimPlace).await.unwrap()), before, "{point:?}");
    }
}

#[tokio::test]
async fn a_restored_table_is_not_restored_again() {
    let place = Place::new();
    place.run(1, &TABLES).await;
    die(&place, 2, CrashPoint::BeforeRecord).await;
    let versions = || std::fs::read_dir(place.path.join("tables/finding/_delta_log")).unwrap().count();
    drop(place.lake().write(SECRET).await.unwrap());
    let restored = versions();
    drop(place.lake().write(SECRET).await.unwrap());
    assert_eq!(versions(), restored);
}

#[tokio::test]
async fn a_dimension_that_a_dead_run_added_is_taken_back() {
    let place = Place::new();
    let first = place.run(1, &[(Table::DimLead, 2)]).await;
    let hook = Arc::new(|at| if at == CrashPoint::BeforeRecord { Err(dies()) } else { Ok(()) });
    let lake = place.lake().with_crash_hook(hook);
    run_on(&lake, 2, &[(Table::DimLead, 2)], &["channel".to_owned()]).await.unwrap_err();
    drop(place.lake().write(SECRET).await.unwrap());
    let url = url::Url::from_directory_path(place.path.join("tables/dim_lead")).unwrap();
    let delta = deltalake::open_table(url).await.unwrap();
    assert_eq!(delta.snapshot().unwrap().snapshot().arrow_schema(), Table::DimLead.schema(&first.dimensions));
}

/// Names the lake of the child process below.
const CHILD: &str = "LEADQ_TEST_CHILD_LAKE";

/// Not a test of its own: the process that the test after it starts and that dies with the lock in hand.
#[tokio::test]
#[ignore = "started by killed_in_the_middle"]
async fn child() {
    let path = std::env::var_os(CHILD).unwrap();
    let hook = Arc::new(|at| match at {
        CrashPoint::AfterTable(Table::DimLead) => std::process::abort(),
        _ => Ok(()),
    });
    let lake = leadq_lake::DeltaLake::open(path.to_str().unwrap()).unwrap().with_crash_hook(hook);
    run_on(&lake, 2, &TABLES, &dimensions()).await.unwrap();
}

#[tokio::test]
async fn killed_in_the_middle() {
    let place = Place::new();
    place.run(1, &[(Table::DimPlace, 1), (Table::DimLead, 1)]).await;
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "crash::child"])
        .env(CHILD, &place.path)
        .output()
        .unwrap();
    assert!(!child.status.success());
    let log = place.path.join("tables/dim_lead/_delta_log/00000000000000000001.json");
    assert!(log.exists(), "{}", String::from_utf8_lossy(&child.stderr));
    assert_eq!(place.lake().last_run().await.unwrap().unwrap().run, 1);
    // Its lock died with it.
    place.run(2, &TABLES).await;
    assert_eq!(heads(&place).await, [4, 0, 2]);
}
