#![allow(missing_docs, clippy::all, dead_code, unused, clippy::unwrap_used, clippy::print_stdout)]
#[path = "../tests/it/support.rs"]
mod support;
use leadq_contract::Table;
use leadq_pipeline::ports::Lake as _;
#[tokio::main]
async fn main() {
    let path = std::env::args().nth(1).unwrap();
    let big: usize = std::env::args().nth(2).unwrap().parse().unwrap();
    let lake = leadq_lake::DeltaLake::open(&path).unwrap();
    for run in 1..=3 {
        let t = std::time::Instant::now();
        support::run_on(&lake, run, &Table::ALL.map(|t| (t, 5 + run as usize)), &support::dimensions())
            .await
            .unwrap();
        println!("run {run} of 14 small tables {:?}", t.elapsed());
    }
    let w = lake.write(support::SECRET).await.unwrap();
    let schema = Table::RecordVersion.schema(&[]);
    let t = std::time::Instant::now();
    let batches: Vec<_> = (0..big / 8192).map(|n| support::batch(&schema, 8192, n as u64)).collect();
    println!("made batches {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let staged = w.stage(Table::RecordVersion, schema, support::stream(batches)).await.unwrap();
    println!(
        "staged {} rows {:?} {:?}",
        staged.files.rows(),
        staged.files.files.iter().map(|f| f.size).collect::<Vec<_>>(),
        t.elapsed()
    );
    let t = std::time::Instant::now();
    w.commit(vec![staged], support::record(4)).await.unwrap();
    println!("commit {:?}", t.elapsed());
    drop(w);
    let t = std::time::Instant::now();
    drop(lake.write(support::SECRET).await.unwrap());
    println!("open writer again {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let r = lake.last_run().await.unwrap().unwrap();
    for table in Table::ALL {
        lake.pinned(&r, table).await.unwrap();
    }
    println!("pinned x14 {:?}", t.elapsed());
}
