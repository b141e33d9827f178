//! An S3 server of this machine: moto's, from PyPI, where `cargo xtask setup` installs it. It goes with the test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A server that runs.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

impl Server {
    /// Starts one without buckets.
    pub(crate) fn start() -> Self {
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
        Self { process, address }
    }

    /// Asks for something, and returns the body of the answer; moto believes anybody who says who it is.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &[u8]) -> String {
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
}
