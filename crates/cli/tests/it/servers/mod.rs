//! Drops and a lake on real servers: OpenSSH, an SFTP server that misbehaves, S3 (moto).

mod misbehaving;
#[path = "../../../../lake/tests/it/moto.rs"]
mod moto;
mod openssh;
mod s3;
#[path = "../../../../sftp/tests/it/openssh/sshd.rs"]
#[expect(dead_code, reason = "the harness of the crate sftp has more than is needed here")]
mod sshd;

use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use crate::place::{Place, hashed, lead};

/// A report of one row.
fn report(number: usize) -> String {
    let email = hashed("email", "a");
    format!(
        "ENTRYDATE,LEADNUMBER,email_hash,ZIP,Set,Demo,Dispo\n01/02/2024,{number},{email},98311,1,0,Data\n"
    )
}

/// The leads that the reports are about.
fn leads(place: &Place) {
    place.leads("leads.parquet", &[lead("u1", "a", "", "2024-01-01T00:00:00")]);
}

/// Makes a file look as if it had been there for long.
fn age(path: &Path) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(1_700_000_000)).unwrap();
}

/// Names of the files that were taken in.
fn files(place: &Place) -> Vec<String> {
    let files = place.json(&["files"]);
    let name = |file: &serde_json::Value| file["file"].as_str().unwrap().to_owned();
    files.as_array().unwrap().iter().map(name).collect()
}
