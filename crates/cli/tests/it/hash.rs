//! `leadq hash`: what conventions make of an email or a phone, and how a digest was made (issue 3).

use std::io::Write;
use std::process::{Output, Stdio};

use crate::place::{Place, failed, succeeded};

/// What the binary says to lines on stdin.
fn piped(place: &Place, arguments: &[&str], stdin: &str) -> Output {
    let mut command = place.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// The examples that Meta and UID2 publish, and what leadq's own rule makes of the same.
const EXPECTED: &[(&str, &str, &str, &str)] = &[
    (
        "(650)555-1212",
        "meta",
        "16505551212",
        "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
    ),
    (
        "JANE.SAOIRSE@gmail.com",
        "uid2",
        "janesaoirse@gmail.com",
        "92ee26057ed9dea2535d6c8b141d48373932476599196e00352254896db5888f",
    ),
];

#[test]
fn conventions_by_the_published_examples() {
    let place = Place::new();
    let rows = place.json(&["hash", "(650)555-1212", "JANE.SAOIRSE@gmail.com"]);
    let rows = rows.as_array().unwrap();
    // two inputs, four conventions, three algorithms, two encodings
    assert_eq!(rows.len(), 2 * 4 * 3 * 2);
    for (input, convention, normalised, digest) in EXPECTED {
        let found = rows.iter().find(|row| {
            row["input"] == *input
                && row["convention"] == *convention
                && row["algorithm"] == "sha256"
                && row["encoding"] == "hex"
        });
        let found = found.unwrap();
        assert_eq!((&found["normalised"], &found["digest"]), (&(*normalised).into(), &(*digest).into()));
    }
    let page = succeeded(place.leadq(&["hash", "(650)555-1212"]));
    assert!(
        page.contains("plain, google, uid2: +16505551212") && page.contains("meta: 16505551212"),
        "{page}"
    );
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    assert!(place.tree("").is_empty(), "nothing is written");
}

#[test]
fn stdin_one_a_line_and_only_what_was_asked() {
    let place = Place::new();
    let arguments = [
        "hash",
        "-",
        "--convention",
        "plain,meta",
        "--algorithm",
        "md5",
        "--encoding",
        "base64",
        "--format",
        "csv",
    ];
    let told = succeeded(piped(&place, &arguments, "JA@b.c\r\n\n4155550123\n"));
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines.len(), 5, "{told}");
    assert_eq!(lines[0], "input,kind,convention,normalised,algorithm,encoding,digest");
    assert!(lines[1].starts_with("JA@b.c,email,plain,ja@b.c,md5,base64,"), "{told}");
    assert!(lines[4].starts_with("4155550123,phone,meta,14155550123,md5,base64,"), "{told}");
}

#[test]
fn a_digest_tells_how_the_client_made_it() {
    let place = Place::new();
    // Meta's published digest of this phone: without the +
    let digest = EXPECTED[0].3;
    let told = succeeded(place.leadq(&["hash", "+1 650 555 1212", "--is", digest]));
    assert!(told.contains("SHA-256 of the phone with its country code, without the +"), "{told}");
    let ways = place.json(&["hash", "+1 650 555 1212", "--is", digest]);
    assert_eq!(ways[0]["conventions"], serde_json::json!(["meta"]));
    let told = failed(place.leadq(&["hash", "+1 650 555 1213", "--is", digest]), 3);
    assert!(told.contains("no known way"), "{told}");
    let told = failed(place.leadq(&["hash", "a@b.c", "--is", "nonsense"]), 2);
    assert!(told.contains("no digest"), "{told}");
}

#[test]
fn errors_do_not_repeat_what_was_given() {
    let place = Place::new();
    let told = failed(place.leadq(&["hash", "a@b.c", "jane doe 12"]), 2);
    assert!(told.contains("input 2") && !told.contains("jane"), "{told}");
}
