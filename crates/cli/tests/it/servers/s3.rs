//! Lake and drop in a bucket of an S3 server: moto's, from PyPI.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value as Json;

use super::{leads, report};
use crate::place::{Place, failed, succeeded};

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
    /// Starts one with an empty bucket, `s3://bucket`.
    fn start() -> Self {
        let test = std::env::current_exe().unwrap();
        // target/debug/deps/it-0123
        let program: PathBuf = test.ancestors().nth(3).unwrap().join("servers/bin/python");
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
        let server = Self { process, address };
        server.ask("PUT", "/bucket", b"");
        server
    }

    /// Asks for something, and returns the body of the answer; moto believes anybody who says who it is.
    fn ask(&self, method: &str, path: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let (host, length) = (&self.address, body.len());
        let who = "AWS4-HMAC-SHA256 Credential=test/20240101/us-east-1/s3/aws4_request";
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nAuthorization: {who}\r\n\
             Connection: close\r\n\r\n"
        );
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    fn put(&self, number: usize) {
        self.ask("PUT", &format!("/bucket/drops/r_2024-01-0{number}.csv"), report(number).as_bytes());
    }

    fn leadq(&self, place: &Place, arguments: &[&str]) -> Output {
        let mut command = place.command(arguments);
        command
            .env_remove("LEADQ_LAKE")
            .env("AWS_ENDPOINT_URL", format!("http://{}", self.address))
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1");
        command.output().unwrap()
    }

    fn json(&self, place: &Place, arguments: &[&str]) -> Json {
        let arguments: Vec<_> = arguments.iter().copied().chain(["--format", "json"]).collect();
        serde_json::from_str(&succeeded(self.leadq(place, &arguments))).unwrap()
    }
}

#[test]
fn a_lake_and_a_drop_in_a_bucket() {
    let (server, place, local) = (Server::start(), Place::new(), Place::new());
    [&place, &local].into_iter().for_each(leads);
    place.write(
        "leadq.toml",
        "lake = \"s3://bucket/lake\"\nleads = [\"leads\"]\n[[client]]\nid = \"default\"\nreports = [\"s3://bucket/drops/\"]\n",
    );
    server.put(1);
    server.put(2);
    let run = ["run", "--quiet"];
    assert_eq!(server.json(&place, &run)["run"]["run"], 1);
    assert_eq!(server.json(&place, &run)["nothing_new"], true);
    server.put(3);
    let second = server.json(&place, &run);
    let read: Vec<_> = second["run"]["files"].as_array().unwrap().iter().map(|file| &file["name"]).collect();
    assert_eq!((&second["run"]["run"], read), (&2.into(), vec![&Json::from("r_2024-01-03.csv")]));
    succeeded(server.leadq(&place, &["report", "--to", "report.html"]));
    assert!(place.path("report.html").exists());
    assert_eq!(server.json(&place, &["replay", "--quiet"])["run"]["run"], 3);
    // All of it is as on a disk.
    for number in 1..=3 {
        local.write(&format!("reports/r_2024-01-0{number}.csv"), report(number));
    }
    local.run();
    assert_eq!(server.json(&place, &["metrics"]), local.json(&["metrics"]));
    succeeded(server.leadq(&place, &["export", "all", "--to", "x", "--as", "csv"]));
    for (name, text) in local.export("x", &[]) {
        let theirs = std::fs::read_to_string(place.path(&format!("x/{name}"))).unwrap();
        assert!(theirs == text, "{name}");
    }
    a_second_writer_is_told_of_the_lease(&server, &place);
}

/// Somebody who renews the lease over and over is left alone, and named.
fn a_second_writer_is_told_of_the_lease(server: &Server, place: &Place) {
    const LEASE: &str = "/bucket/lake/lease.json";
    let mut lease: Json = serde_json::from_str(&server.ask("GET", LEASE, b"")).unwrap();
    assert_eq!(lease["released"], true);
    (lease["released"], lease["holder"]["pid"]) = (false.into(), 4_000_001.into());
    let holds = AtomicBool::new(true);
    server.put(4);
    let told = std::thread::scope(|scope| {
        scope.spawn(|| {
            for renewal in 1.. {
                lease["renewals"] = renewal.into();
                server.ask("PUT", LEASE, lease.to_string().as_bytes());
                if !holds.load(Ordering::SeqCst) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(500));
            }
            lease["released"] = true.into();
            server.ask("PUT", LEASE, lease.to_string().as_bytes());
        });
        std::thread::sleep(Duration::from_millis(200));
        let output = server.leadq(place, &["run", "--quiet"]);
        holds.store(false, Ordering::SeqCst);
        failed(output, 4)
    });
    assert!(told.contains("process 4000001") && told.contains("since 20"), "{told}");
    assert_eq!(server.json(place, &["run", "--quiet"])["run"]["run"], 4);
}
