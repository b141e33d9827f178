//! A drop on OpenSSH: login by key, pinned host key, files that are moved once they are taken.

use std::fs;

use super::sshd::{Sshd, fingerprint, keygen, user};
use super::{age, files, leads, report};
use crate::place::{Place, lead, succeeded};

/// Writes the configuration of a place whose drop is on the server.
fn configure(place: &Place, sshd: &Sshd, host_key: &str) {
    let key = sshd.path("id");
    if !key.exists() {
        sshd.key("id", "ed25519", "");
    }
    let text = format!(
        "leads = [\"leads\"]\n\
         [[client]]\nid = \"acme\"\nreports = [\"sftp://{}@127.0.0.1:{}{}\"]\n\
         [client.drops]\nsettle = \"1s\"\nafter = {{ move = \"taken\" }}\n\
         [[sftp]]\nhost = \"127.0.0.1\"\nkey_file = {key:?}\nhost_key = {host_key:?}\nattempts = 1\n",
        user(),
        sshd.port(),
        sshd.path("drops").display(),
    );
    place.write("leadq.toml", text);
}

#[test]
fn a_run_over_sftp() {
    let (place, sshd) = (Place::new(), Sshd::start(&["ed25519"]));
    leads(&place);
    configure(&place, &sshd, &sshd.fingerprint("ed25519"));
    for number in 1..=3 {
        age(&sshd.put(&format!("sub/r_2024-01-0{number}.csv"), report(number).as_bytes()));
    }
    succeeded(place.leadq(&["run", "--quiet"]));
    let names = ["sub/r_2024-01-01.csv", "sub/r_2024-01-02.csv", "sub/r_2024-01-03.csv"];
    assert_eq!(files(&place), names);
    // Taken, and out of the way.
    for name in names {
        let (there, moved) = (sshd.path("drops").join(name), sshd.path("drops/taken").join(&name[4..]));
        let is_moved = moved.exists() || sshd.path("drops/taken").join(name).exists();
        assert!(!there.exists() && is_moved, "{name}");
    }
    assert_eq!(place.json(&["run", "--quiet"])["nothing_new"], true);

    // Another key than the one that is pinned: told with both, and what is new elsewhere is taken in all the same.
    keygen(&place.path("other"), "ed25519", "");
    let other = fingerprint(&place.path("other.pub"));
    configure(&place, &sshd, &other);
    age(&sshd.put("r_2024-01-04.csv", report(4).as_bytes()));
    place.leads("more.parquet", &[lead("u2", "b", "", "2024-01-01T00:00:00")]);
    let output = place.leadq(&["run", "--quiet", "--format", "json"]);
    let told = String::from_utf8(output.stderr.clone()).unwrap();
    let right = sshd.fingerprint("ed25519");
    assert!(told.contains(&right) && told.contains(&other) && told.contains("host_key"), "{told}");
    let run: serde_json::Value = serde_json::from_str(&succeeded(output)).unwrap();
    assert_eq!((&run["run"]["run"], files(&place).len()), (&2.into(), 3));
    assert!(fs::exists(sshd.path("drops/r_2024-01-04.csv")).unwrap());

    // A run goes on without the server; fetching alone comes to nothing.
    let fetched = failed_but_told(place.leadq(&["sync"]));
    assert!(fetched.contains(&right) && fetched.contains(&other), "{fetched}");

    // Put right, it goes on.
    configure(&place, &sshd, &right);
    succeeded(place.leadq(&["run", "--quiet"]));
    assert_eq!(files(&place).len(), 4);
}

/// What `sync` prints of a drop that could not be listed, in one line.
fn failed_but_told(output: std::process::Output) -> String {
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}
