//! Readers beside a writer that commits without a pause.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use leadq_contract::Table;
use leadq_pipeline::ports::{Lake as _, TableFiles};

use crate::support::{Place, SECRET, batch, dimensions, read, write_with};

const TABLES: [(Table, usize); 3] = [(Table::DimPlace, 5), (Table::LeadLink, 3), (Table::Finding, 1)];
const KEEP: u64 = 8;

/// The tables of the last run as a reader finds them; none if it was so slow that they have gone.
async fn look(place: &Place) -> Option<u64> {
    let lake = place.lake();
    let run = lake.last_run().await.unwrap()?;
    let mut tables: Vec<(Table, usize, TableFiles)> = Vec::new();
    for (table, rows) in TABLES {
        match lake.pinned(&run, table).await {
            Ok(files) => tables.push((table, rows, files)),
            Err(error) => {
                let last = lake.last_run().await.unwrap().unwrap().run;
                assert!(last >= run.run + KEEP, "{error}");
                return None;
            }
        }
    }
    for (table, rows, files) in tables {
        let paths = files.files.iter().map(|file| std::path::PathBuf::from(format!("/{}", file.path)));
        let last = || async { lake.last_run().await.unwrap().unwrap().run };
        if last().await >= run.run + KEEP {
            return None;
        }
        assert_eq!(paths.count(), 1);
        let expected = batch(&table.schema(&dimensions()), rows, run.run);
        assert_eq!(read(&files).columns(), expected.columns(), "{} of run {}", table.name(), run.run);
    }
    Some(run.run)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn see_whole_runs_only() {
    let place = Arc::new(Place::new());
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (place, done) = (Arc::clone(&place), Arc::clone(&done));
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while !done.load(Ordering::SeqCst) {
                    seen.extend(look(&place).await);
                    tokio::task::yield_now().await;
                }
                seen
            })
        })
        .collect();
    for number in 1..=25 {
        let lake = place.lake();
        let writer = lake.write(SECRET).await.unwrap();
        write_with(writer.as_ref(), number, &TABLES, &dimensions()).await.unwrap();
        writer.tidy(KEEP).await.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    for reader in readers {
        let seen = reader.await.unwrap();
        assert!(seen.is_sorted() && seen.len() > 2, "{seen:?}");
    }
}
