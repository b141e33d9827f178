//! `leadq doctor`: what is looked at, what is wrong, and what to do; nothing is made.

use std::fs::{self, File};
use std::process::Output;

use serde_json::Value as Json;

use crate::place::{Place, SECRET, lead, succeeded};

const CONFIGURATION: &str = "leads = [\"leads\"]\n[[client]]\nid = \"acme\"\nreports = [\"reports\"]\n\
                             timezone = \"America/Los_Angeles\"\n";

fn place() -> Place {
    let place = Place::new();
    place.write("leadq.toml", CONFIGURATION);
    place.leads("leads.parquet", &[lead("a", "a", "a", "")]);
    place.report("2023-01-10.csv", &["01/02/2023,1,a,a,98311,,1,0,Set"]);
    place
}

/// The checks of an output, as `CHECK LEVEL: FOUND (TODO)`.
fn checks(output: &Output) -> Vec<String> {
    let all: Json = serde_json::from_slice(&output.stdout).unwrap();
    let text = |check: &Json, name: &str| check[name].as_str().unwrap_or_default().to_owned();
    let one = |check: &Json| {
        let [name, level, found, todo] = ["check", "level", "found", "todo"].map(|key| text(check, key));
        format!("{name} {level}: {found} ({todo})")
    };
    all.as_array().unwrap().iter().map(one).collect()
}

fn check(output: &Output, code: i32, expected: &[&str]) {
    let checks = checks(output);
    assert_eq!(output.status.code(), Some(code), "{checks:#?}");
    for expected in expected {
        let words: Vec<_> = expected.split("...").collect();
        let there =
            |check: &String| check.starts_with(words[0]) && words.iter().all(|word| check.contains(word));
        assert!(checks.iter().any(there), "{expected}: {checks:#?}");
    }
}

const JSON: [&str; 3] = ["doctor", "--format", "json"];

#[test]
fn a_sound_installation_before_and_after_its_first_run() {
    let place = place();
    let before = place.tree("");
    check(
        &place.leadq(&JSON),
        0,
        &[
            "configuration ok: ...leadq.toml sets leads, client acme",
            "environment ok: LEADQ_LAKE, LEADQ_SECRET set",
            "time zone ok: client acme: America/Los_Angeles, -0... from 20",
            "leads ok: 1 file",
            "reports ok: client acme: 1 file",
            "secret ok: from LEADQ_SECRET (",
            "lake ok: ...no run yet",
            "schedule ok: 0 1,13 * * * in UTC: next at 20",
            "alerts ok: nobody is told",
            "lock ok",
            "memory ok",
        ],
    );
    assert_eq!(place.tree(""), before, "nothing is made");
    succeeded(place.leadq(&["run"]));
    check(
        &place.leadq(&JSON),
        0,
        &[
            "secret ok: from LEADQ_SECRET, the one that",
            "lake ok: ...run 1 of",
            "clock ok: ...after the last run",
        ],
    );
    let page = succeeded(place.leadq(&["doctor"]));
    assert!(page.starts_with("ok       configuration: ") && !page.contains(SECRET), "{page}");
}

#[test]
fn a_broken_configuration_is_the_one_thing_told() {
    let place = place();
    place.write("leadq.toml", "[[client]]\nid = \"a\"\nreports = []\ntimezone = \"Mars\"\n");
    check(&place.leadq(&JSON), 2, &["configuration error: ...Mars...America/Los_Angeles"]);
    assert_eq!(checks(&place.leadq(&JSON)).len(), 1);
}

#[test]
fn sources_that_are_not_there_or_empty() {
    let place = place();
    fs::remove_file(place.path("reports/2023-01-10.csv")).unwrap();
    check(&place.leadq(&JSON), 0, &["reports warning: client acme: no file in reports (put"]);
    fs::remove_dir_all(place.path("leads")).unwrap();
    check(&place.leadq(&JSON), 3, &["leads error: cannot read leads...--leads"]);
}

#[test]
fn another_secret_a_lost_one_and_one_that_others_may_read() {
    let place = place();
    let with_file = |name: &str| {
        let mut command = place.command(&JSON);
        command.env_remove("LEADQ_SECRET").env("LEADQ_SECRET_FILE", place.path(name)).output().unwrap()
    };
    check(&with_file("lost"), 0, &["secret ok: ...is not there yet; the first run makes it"]);
    succeeded(place.leadq(&["run"]));
    check(&with_file("lost"), 5, &["secret error: ...is not there...backup"]);
    assert!(!place.path("lost").exists());
    let other = "f".repeat(64);
    let output = place.command(&JSON).env("LEADQ_SECRET", &other).output().unwrap();
    check(&output, 5, &["secret error: ...another secret"]);
    place.write("secret", SECRET);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for (mode, expected) in [(0o644, "secret warning: ...others...(chmod 600 "), (0o600, "secret ok: ")] {
            fs::set_permissions(place.path("secret"), fs::Permissions::from_mode(mode)).unwrap();
            check(&with_file("secret"), 0, &[expected]);
        }
    }
}

#[test]
fn a_lake_that_is_being_written_to_and_one_of_a_newer_leadq() {
    let place = place();
    succeeded(place.leadq(&["run"]));
    let lock = File::options().write(true).open(place.path("lake/.lock")).unwrap();
    lock.try_lock().unwrap();
    check(&place.leadq(&JSON), 0, &["lock warning: another process is writing...exit code 4"]);
    drop(lock);
    check(&place.leadq(&JSON), 0, &["lock ok: nobody is writing"]);
    let path = place.path("lake/lake.json");
    let text = fs::read_to_string(&path).unwrap().replace("\"format\": 1", "\"format\": 99");
    fs::write(&path, text).unwrap();
    check(&place.leadq(&JSON), 5, &["lake error: ...99...newer"]);
}

#[test]
fn a_clock_before_the_last_run() {
    let place = place();
    succeeded(place.leadq(&["run"]));
    let path = place.path("lake/runs/00000001.json");
    let mut run: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    run["committed_at"] = "2999-01-01T00:00:00Z".into();
    fs::write(&path, run.to_string()).unwrap();
    check(&place.leadq(&JSON), 5, &["clock error: ...before the last run (2999...NTP"]);
}
