//! A place of its own for a test: a folder with inputs, a lake and a secret, and the binary to run there.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use chrono::NaiveDateTime;
use parquet::arrow::ArrowWriter;
use serde_json::Value as Json;
use sha1::{Digest, Sha1};
use tempfile::TempDir;

/// The secret of all tests.
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A folder for one test.
pub(crate) struct Place {
    folder: TempDir,
}

/// A lead as a test writes it; identifiers are plain words that are hashed, empty for none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lead {
    pub(crate) uuid: &'static str,
    pub(crate) email: &'static str,
    pub(crate) phone: &'static str,
    pub(crate) delivered: &'static str,
}

pub(crate) const fn lead(
    uuid: &'static str,
    email: &'static str,
    phone: &'static str,
    delivered: &'static str,
) -> Lead {
    Lead { uuid, email, phone, delivered }
}

/// The SHA-1 of an identifier made from a word, as the seed's data has it; nothing for the empty word. A
/// word that begins with `!` is hashed as it stands behind that, as a placeholder in either column is.
pub(crate) fn hashed(kind: &str, word: &str) -> String {
    if word.is_empty() {
        return String::new();
    }
    let text = word.strip_prefix('!').map_or_else(|| format!("{kind}:{word}"), str::to_owned);
    Sha1::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

/// A column of text; empty for null.
pub(crate) fn texts(cells: &[&str]) -> ArrayRef {
    Arc::new(cells.iter().map(|cell| Some(*cell).filter(|cell| !cell.is_empty())).collect::<StringArray>())
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(place.path("leads")).unwrap();
        fs::create_dir_all(place.path("reports")).unwrap();
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes `leads/NAME`.
    pub(crate) fn leads(&self, name: &str, leads: &[Lead]) {
        let texts = |value: fn(&Lead) -> String| -> ArrayRef {
            Arc::new(
                leads
                    .iter()
                    .map(|lead| Some(value(lead)).filter(|text| !text.is_empty()))
                    .collect::<StringArray>(),
            )
        };
        let delivered = leads.iter().map(|lead| {
            let time: Option<NaiveDateTime> =
                (!lead.delivered.is_empty()).then(|| lead.delivered.parse().unwrap());
            time.map(|time| time.and_utc().timestamp_micros())
        });
        self.leads_of(
            name,
            vec![
                ("lead_UUID", texts(|lead| lead.uuid.to_owned())),
                ("email_hash", texts(|lead| hashed("email", lead.email))),
                ("phone_hash", texts(|lead| hashed("phone", lead.phone))),
                ("delivered_at", Arc::new(delivered.collect::<TimestampMicrosecondArray>())),
            ],
        );
    }

    /// Writes `leads/NAME` with columns as they are given.
    pub(crate) fn leads_of(&self, name: &str, columns: Vec<(&str, ArrayRef)>) {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let file = File::create(self.path("leads").join(name)).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }

    /// Writes `reports/NAME` with the columns that the tests use. In each row the third and fourth word
    /// are hashed.
    pub(crate) fn report(&self, name: &str, rows: &[&str]) {
        let mut text =
            "ENTRYDATE,LEADNUMBER,email_hash,phone_hash,ZIP,Appt Date,Set,Demo,Dispo,Job Status\n".to_owned();
        for row in rows {
            let mut cells: Vec<_> = row.split(',').map(|cell| cell.trim().to_owned()).collect();
            cells[2] = hashed("email", &cells[2]);
            cells[3] = hashed("phone", &cells[3]);
            cells.resize(10, String::new());
            text.push_str(&cells.join(","));
            text.push('\n');
        }
        self.write(&format!("reports/{name}"), &text);
    }

    /// Runs the binary here, with this place's lake and the tests' secret.
    pub(crate) fn leadq(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadq"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("LEADQ_SECRET", SECRET)
            .env("LEADQ_LAKE", self.path("lake"))
            .env("NO_COLOR", "1")
            .env_remove("LEADQ_SECRET_FILE")
            .env_remove("LEADQ_MEMORY");
        command
    }

    /// Runs `leadq run` over this place's leads and reports.
    pub(crate) fn run(&self) -> String {
        succeeded(self.leadq(&["run", "--leads", "leads", "--reports", "reports"]))
    }

    /// Runs `leadq run` over the sample of this repository.
    pub(crate) fn run_sample(&self) -> String {
        self.run_over("source/leads", "source/contractor_reports")
    }

    /// Runs `leadq run` over leads and reports below the root of the repository.
    pub(crate) fn run_over(&self, leads: &str, reports: &str) -> String {
        let path = |below: &str| repository().join(below).to_string_lossy().into_owned();
        succeeded(self.leadq(&["run", "--leads", &path(leads), "--reports", &path(reports)]))
    }

    /// What a command prints as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Json {
        let arguments: Vec<_> = arguments.iter().copied().chain(["--format", "json"]).collect();
        serde_json::from_str(&succeeded(self.leadq(&arguments))).unwrap()
    }

    /// A table as exported: rows by column name.
    pub(crate) fn table(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        self.leadq_export(name, &[]);
        let mut reader = csv::Reader::from_path(self.path(&format!("{name}.csv"))).unwrap();
        reader.deserialize().map(Result::unwrap).collect()
    }

    pub(crate) fn leadq_export(&self, name: &str, more: &[&str]) {
        let to = format!("{name}.csv");
        let arguments: Vec<_> =
            ["export", name, "--to", &to].into_iter().chain(more.iter().copied()).collect();
        succeeded(self.leadq(&arguments));
    }

    /// All tables as exported, by name; those of what was received last, not of when it came.
    pub(crate) fn export(&self, folder: &str, more: &[&str]) -> BTreeMap<String, String> {
        let arguments: Vec<_> =
            ["export", "all", "--to", folder].into_iter().chain(more.iter().copied()).collect();
        succeeded(self.leadq(&arguments));
        let files = fs::read_dir(self.path(folder)).unwrap().map(|entry| entry.unwrap());
        files.map(|f| (f.file_name().into_string().unwrap(), fs::read_to_string(f.path()).unwrap())).collect()
    }

    /// Every file below a folder, with its size; empty if there is no such folder.
    pub(crate) fn tree(&self, folder: &str) -> Vec<PathBuf> {
        let mut folders = vec![self.path(folder)];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        files
    }
}

/// What a command that succeeded printed.
pub(crate) fn succeeded(output: Output) -> String {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{:?}\n{out}\n{err}", output.status);
    out
}

/// What a command that failed with an exit code said on stderr.
pub(crate) fn failed(output: Output, code: i32) -> String {
    let err = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{}\n{err}", text(&output.stdout));
    // miette wraps its lines; tests look for words.
    err.split_whitespace().filter(|word| !matches!(*word, "│" | "×")).collect::<Vec<_>>().join(" ")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
