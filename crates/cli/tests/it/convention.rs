//! `hash_convention_mismatch` (spec 2.6): which half fired, and what likely differs.

use leadq_ingest::cells::hash::HashAlgorithm;

use crate::place::{Place, succeeded, texts};

const LEADS: usize = 40;

/// A hash in lower-case hexadecimal digits.
fn hash(algorithm: HashAlgorithm, text: &str) -> String {
    String::from_utf8(algorithm.hash(text.as_bytes()).as_bytes().to_vec()).unwrap()
}

/// The findings `COLUMN: SAMPLE` of leads with normal SHA-256 hashes and reports as `email` and `phone`
/// make them of a number.
fn mismatches(email: impl Fn(usize) -> String, phone: impl Fn(usize) -> String) -> (Place, Vec<String>) {
    let place = Place::new();
    let sha256 = |text: String| hash(HashAlgorithm::Sha256, &text);
    let of = |make: &dyn Fn(usize) -> String| (0..LEADS).map(make).collect::<Vec<_>>();
    let (uuids, emails, phones) = (
        of(&|n| format!("lead-{n}")),
        of(&|n| sha256(format!("jane{n}@example.com"))),
        of(&|n| sha256(format!("+1415555{n:04}"))),
    );
    let column = |cells: &[String]| texts(&cells.iter().map(String::as_str).collect::<Vec<_>>());
    place.leads_of(
        "leads.parquet",
        vec![("lead_uuid", column(&uuids)), ("email_hash", column(&emails)), ("phone_hash", column(&phones))],
    );
    let mut report = "Entry Date,Lead #,email_hash,phone_hash,Set,Demo\n".to_owned();
    for n in 0..LEADS {
        report.push_str(&format!("01/02/2023,{n},{},{},1,0\n", email(n), phone(n)));
    }
    place.write("reports/2023-01-10.csv", &report);
    place.run();
    let found = place.table("finding").into_iter().filter(|f| f["code"] == "hash_convention_mismatch");
    let found = found.map(|f| format!("{} {}: {}", f["column"], f["count"], f["samples"])).collect();
    (place, found)
}

fn email(n: usize) -> String {
    hash(HashAlgorithm::Sha256, &format!("jane{n}@example.com"))
}

fn phone(n: usize) -> String {
    hash(HashAlgorithm::Sha256, &format!("+1415555{n:04}"))
}

#[test]
fn spec_2_6_another_length_is_another_algorithm() {
    let (place, found) = mismatches(|n| hash(HashAlgorithm::Sha1, &format!("jane{n}@example.com")), phone);
    let expected =
        "email_hash 1: leads SHA-256 (64 hex digits), reports SHA-1 (40): hash both by one algorithm";
    assert_eq!(found, [expected]);
    let told = succeeded(place.leadq(&["findings"]));
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("leadq hash EMAIL|PHONE --is DIGEST"), "{told}");
}

#[test]
fn spec_2_6_phones_that_hardly_match_lack_the_plus() {
    let (_, found) = mismatches(email, |n| hash(HashAlgorithm::Sha256, &format!("1415555{n:04}")));
    let expected = "phone_hash 1: 0.0 % of leads find a record by it, 100.0 % by email_hash: likely hashed without \
                    the + or the country code on one side";
    assert_eq!(found, [expected]);
}

#[test]
fn spec_2_6_emails_that_hardly_match_were_not_normalised() {
    let (_, found) = mismatches(|n| hash(HashAlgorithm::Sha256, &format!("Jane{n}@Example.com")), phone);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("email_hash 1: 0.0 % of leads find a record by it"), "{found:?}");
    assert!(
        found[0]
            .ends_with("not trimmed or lower-cased before hashing, or without the dots of Gmail addresses")
    );
}

#[test]
fn spec_2_6_nothing_is_told_where_both_match() {
    let (_, found) = mismatches(email, phone);
    assert!(found.is_empty(), "{found:?}");
}
