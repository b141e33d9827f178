//! A lake on an S3 server: moto's, from PyPI.
//!
//! The store takes its address and credentials from the environment, which a test cannot set for itself; so each test
//! is run by a process of its own that this one starts with the server's address.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use leadq_contract::Table;
use leadq_lake::{CrashPoint, DeltaLake};
use leadq_pipeline::ports::{Fault, Lake as _, PortError};

use crate::kept::{Change, Kept, TIMES};
use crate::support::{SECRET, dimensions, run_on};

/// Names the bucket of the processes below.
const BUCKET: &str = "LEADQ_TEST_BUCKET";

struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

impl Server {
    fn start() -> Self {
        let program = program();
        let started = Command::new(&program)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut process = started.unwrap_or_else(|error| {
            panic!("cannot start {}: {error}; run `cargo xtask setup`", program.display())
        });
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the S3 server ended before it told its address").unwrap();
            if let Some((_, address)) = line.split_once("Running on http://") {
                break address.trim().to_owned();
            }
        };
        // It tells each request; somebody has to listen.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address }
    }

    /// Makes a bucket; moto believes anybody.
    fn bucket(&self, name: &str) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!(
            "PUT /{name} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// Runs one of the tests below with a bucket of its own.
    fn run(&self, test: &str, bucket: &str) -> std::process::Output {
        command(test)
            .env(BUCKET, bucket)
            .env("AWS_ENDPOINT_URL", format!("http://{}", self.address))
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .output()
            .unwrap()
    }
}

/// Python with moto, where `cargo xtask setup` installs it.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    // target/debug/deps/it-0123
    test.ancestors().nth(3).unwrap().join("servers/bin/python")
}

fn command(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", &format!("s3::{test}")]);
    command
}

#[test]
fn a_lake_on_s3() {
    let server = Server::start();
    for (test, bucket) in [("runs", "runs"), ("lease", "lease")] {
        server.bucket(bucket);
        let output = server.run(test, bucket);
        let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.contains("1 passed"), "{told}");
    }
}

fn bucket() -> String {
    std::env::var_os(BUCKET).unwrap().into_string().unwrap()
}

fn open(path: &str) -> DeltaLake {
    DeltaLake::open(&format!("s3://{}/{path}", bucket())).unwrap().with_lease_times(TIMES)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by a_lake_on_s3"]
async fn runs() {
    let lake = open("a lake/here");
    assert_eq!((lake.local_folder(), lake.last_run().await.unwrap()), (None, None));
    let [(root, store)]: [_; 1] = lake.stores().try_into().unwrap_or_else(|_| panic!("one store"));
    assert_eq!(root, format!("s3://{}/", bucket()));
    let mut kept = Kept::within(store, &format!("{root}a%20lake/here"));
    let changes = [Table::DimPlace, Table::LeadLink].map(|table| Change { table, keeps: 1, adds: vec![3] });
    for _ in 0..11 {
        kept.run(&changes, 3).await.unwrap();
    }
    for point in [CrashPoint::AfterTable(Table::LeadLink), CrashPoint::FilesDeleted(Table::DimPlace)] {
        let hook = move |at| match at == point {
            true => Err(PortError::permanent("go on", "test", "died")),
            false => Ok(()),
        };
        let mut dying = kept.with_hook(Arc::new(hook));
        assert_eq!(dying.run(&changes, 3).await.unwrap_err().reason, "died");
        kept.runs = dying.runs;
        kept.check_runs(3).await;
    }
    kept.run(&changes, 3).await.unwrap();
    kept.check_runs(3).await;
    kept.check_nothing_spare(3).await;
    // The lake of the same address that was opened on its own sees the same.
    let run = lake.last_run().await.unwrap().unwrap();
    assert_eq!(run.run, 13);
    let files = lake.pinned(&run, Table::DimPlace).await.unwrap();
    assert_eq!((files.store, files.files.len()), (root, 2));
    // What a commit to a table rests on.
    let name = object_store::path::Path::from("once");
    let create = || object_store::PutOptions::from(object_store::PutMode::Create);
    kept.store.put_opts(&name, "first".into(), create()).await.unwrap();
    let second = kept.store.put_opts(&name, "second".into(), create()).await;
    assert!(matches!(second, Err(object_store::Error::AlreadyExists { .. })), "{second:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by a_lake_on_s3"]
async fn lease() {
    let lake = open("");
    run_on(&lake, 1, &[(Table::DimPlace, 2)], &dimensions()).await.unwrap();
    let writer = lake.write(SECRET).await.unwrap();
    let error = open("").write(SECRET).await.err().unwrap();
    assert_eq!(error.fault, Fault::Locked, "{error}");
    drop(writer);
    let dead = command("dies_with_the_lease").output().unwrap();
    assert!(!dead.status.success());
    assert!(lake.writing_now().await.unwrap().is_some());
    run_on(&lake, 2, &[(Table::DimPlace, 3)], &dimensions()).await.unwrap();
    assert_eq!(lake.writing_now().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by lease"]
async fn dies_with_the_lease() {
    let _writer = open("").write(SECRET).await.unwrap();
    std::process::abort();
}
