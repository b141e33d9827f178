//! Lake and drop in a bucket of an S3 server: moto's, from PyPI.

use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value as Json;

use super::moto::Server;
use super::{leads, report};
use crate::place::{Place, failed, succeeded};

/// A server with the bucket `s3://bucket`.
struct Bucket(Server);

impl Bucket {
    fn new() -> Self {
        let server = Server::start();
        server.ask("PUT", "/bucket", b"");
        Self(server)
    }

    fn put(&self, number: usize) {
        self.0.ask("PUT", &format!("/bucket/drops/r_2024-01-0{number}.csv"), report(number).as_bytes());
    }

    fn leadq(&self, place: &Place, arguments: &[&str]) -> Output {
        let mut command = place.command(arguments);
        command
            .env_remove("LEADQ_LAKE")
            .env("AWS_ENDPOINT_URL", format!("http://{}", self.0.address))
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
    let (server, place, local) = (Bucket::new(), Place::new(), Place::new());
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
fn a_second_writer_is_told_of_the_lease(server: &Bucket, place: &Place) {
    const LEASE: &str = "/bucket/lake/lease.json";
    let mut lease: Json = serde_json::from_str(&server.0.ask("GET", LEASE, b"")).unwrap();
    assert_eq!(lease["released"], true);
    (lease["released"], lease["holder"]["pid"]) = (false.into(), 4_000_001.into());
    let holds = AtomicBool::new(true);
    server.put(4);
    let told = std::thread::scope(|scope| {
        scope.spawn(|| {
            for renewal in 1.. {
                lease["renewals"] = renewal.into();
                server.0.ask("PUT", LEASE, lease.to_string().as_bytes());
                if !holds.load(Ordering::SeqCst) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(500));
            }
            lease["released"] = true.into();
            server.0.ask("PUT", LEASE, lease.to_string().as_bytes());
        });
        std::thread::sleep(Duration::from_millis(200));
        let output = server.leadq(place, &["run", "--quiet"]);
        holds.store(false, Ordering::SeqCst);
        failed(output, 4)
    });
    assert!(told.contains("process 4000001") && told.contains("since 20"), "{told}");
    assert_eq!(server.json(place, &["run", "--quiet"])["run"]["run"], 4);
}
