//! An S3 server of this machine (moto, from PyPI), started for a test and gone with it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;

use leadq_drops::{CloudOptions, open_store_with};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

/// Serves until its input ends, which it does when the test is over, however that came.
const SERVE: &str = "
import sys, urllib.request
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
port = server.get_host_and_port()[1]
urllib.request.urlopen(urllib.request.Request(f'http://127.0.0.1:{port}/bucket', method='PUT')).read()
backend = s3_backends['123456789012']['aws']
for number in range(int(sys.argv[1])):
    key = f'drops/acme/{number % 40:02}/report_{number:05}.csv'
    backend.put_object('bucket', key, f'content of {number}'.encode())
print(port, flush=True)
sys.stdin.read()
";

/// A server with an empty bucket, `s3://bucket`.
pub(crate) struct Server {
    child: Child,
    /// Its end ends the server.
    _input: Option<ChildStdin>,
    port: u16,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(0)
    }

    /// With so many objects in the bucket, as `drops/acme/07/report_00047.csv`, each with a content of its own.
    pub(crate) fn start_with(objects: usize) -> Self {
        let test = std::env::current_exe().unwrap();
        // target/debug/deps/it-0123
        let target = test.ancestors().nth(3).map(PathBuf::from).unwrap();
        let python = target.join("servers/bin/python");
        assert!(python.exists(), "there is no S3 server at {}; run `cargo xtask setup`", python.display());
        let mut serve = Command::new(python);
        serve
            .args(["-c", SERVE, &objects.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = serve.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("the S3 server does not start; run `cargo xtask setup`");
        Self { _input: child.stdin.take(), child, port }
    }

    pub(crate) fn options(&self) -> CloudOptions {
        self.options_with("AWS_REGION", "us-east-1")
    }

    /// With one more setting.
    pub(crate) fn options_with(&self, key: &str, value: &str) -> CloudOptions {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        let settings = [
            ("AWS_ENDPOINT_URL", &*endpoint),
            ("AWS_ACCESS_KEY_ID", "testing"),
            ("AWS_SECRET_ACCESS_KEY", "testing"),
            (key, value),
        ];
        settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect()
    }

    pub(crate) fn store(&self) -> Arc<dyn ObjectStore> {
        open_store_with("s3://bucket", &self.options()).unwrap().0
    }

    pub(crate) async fn put(&self, key: &str, content: &str) {
        // As it is: a path made by `from` has some of its characters encoded.
        let key = Path::parse(key).unwrap();
        self.store().put(&key, content.to_owned().into()).await.unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
