//! The published examples of each convention. Digests that are marked as published stand in the document;
//! the others are Python's hashlib over the published normalised text.

use leadq_contract::IdentifierKind::{self, Email, Phone};

use super::*;

/// Input, what the convention makes of it, and the digest: SHA-256 in hexadecimal.
type Example = (Convention, IdentifierKind, &'static str, &'static str, Option<&'static str>);

/// "Customer Information Parameters", Conversions API: texts and digests published.
const META: &[Example] = &[
    (
        Convention::Meta,
        Email,
        "John_Smith@gmail.com",
        "john_smith@gmail.com",
        Some("62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
    ),
    (
        Convention::Meta,
        Phone,
        "(650)555-1212",
        "16505551212",
        Some("e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
    ),
];

const JANESAOIRSE_GMAIL: &str = "92ee26057ed9dea2535d6c8b141d48373932476599196e00352254896db5888f";
const MYEMAIL: &str = "16c18d336f0b250f0e2d907452ceb9658a74ecdae8bc94864c23122a72cc27a5";

/// "Normalization and Encoding", UID2: texts and digests published; the phone's in the page's text and table.
const UID2: &[Example] = &[
    (
        Convention::Uid2,
        Email,
        "user@example.com",
        "user@example.com",
        Some("b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514"),
    ),
    (Convention::Uid2, Email, "MyEmail@example.com", "myemail@example.com", Some(MYEMAIL)),
    (Convention::Uid2, Email, "MYEMAIL@example.com", "myemail@example.com", Some(MYEMAIL)),
    (
        Convention::Uid2,
        Email,
        "My.Email@example.com",
        "my.email@example.com",
        Some("e22b53bc6f871274f3a62ab37a3caed7214fc14d676215a96a242fcfada1c81f"),
    ),
    (
        Convention::Uid2,
        Email,
        "JaneSaoirse+Work@example.com",
        "janesaoirse+work@example.com",
        Some("28aaee4815230cd3b4ebd88c515226550666e91ac019929e3adac3f66c288180"),
    ),
    (Convention::Uid2, Email, "JANE.SAOIRSE@gmail.com", "janesaoirse@gmail.com", Some(JANESAOIRSE_GMAIL)),
    (Convention::Uid2, Email, "JaneSaoirse+Work@gmail.com", "janesaoirse@gmail.com", Some(JANESAOIRSE_GMAIL)),
    (Convention::Uid2, Email, "janedoe+home@gmail.com", "janedoe@gmail.com", None),
    (
        Convention::Uid2,
        Phone,
        "1 (234) 567-8901",
        "+12345678901",
        Some("10e6f0b47054a83359477dcb35231db6de5c69fb1816e1a6b98e192de9e5b9ee"),
    ),
];

/// "Format user data", Data Manager API: texts published, digests computed.
const GOOGLE: &[Example] = &[
    (
        Convention::Google,
        Email,
        "cloudy.sanfrancisco+shopping@gmail.com",
        "cloudysanfrancisco@gmail.com",
        Some("223ebda6f6889b1494551ba902d9d381daf2f642bae055888e96343d53e9f9c4"),
    ),
    (
        Convention::Google,
        Email,
        "user.name+NYC@Example.com",
        "user.name+nyc@example.com",
        Some("f109a2a632fbcea5fc82049f50beed3d8621bf9034399f437fb622222acccdac"),
    ),
    (
        Convention::Google,
        Phone,
        "(800)555-0100",
        "+18005550100",
        Some("fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"),
    ),
];

#[test]
fn published_examples() {
    for (convention, kind, input, normalised, expected) in META.iter().chain(UID2).chain(GOOGLE) {
        let text = convention.normalise(*kind, input).unwrap();
        assert_eq!(text, *normalised, "{convention:?} {input}");
        if let Some(expected) = expected {
            let digest = digest(HashAlgorithm::Sha256, text.as_bytes());
            assert_eq!(Encoding::Hex.of(&digest), *expected, "{convention:?} {input}");
        }
    }
}

#[test]
fn published_base64_of_uid2() {
    let cases = [
        (Email, "user@example.com", "tMmiiTI7IaAcPpQPFQ65uMVCWH8av9jw4cwf/F5HVRQ="),
        (Email, "JANESaoirse@gmail.com", "ku4mBX7Z3qJTXWyLFB1INzkyR2WZGW4ANSJUiW21iI8="),
        (Phone, "1 (234) 567-8901", "EObwtHBUqDNZR33LNSMdtt5cafsYFuGmuY4ZLenlue4="),
    ];
    for (kind, input, expected) in cases {
        let text = Convention::Uid2.normalise(kind, input).unwrap();
        assert_eq!(Encoding::Base64.of(&digest(HashAlgorithm::Sha256, text.as_bytes())), expected);
    }
}

#[test]
fn rules_beyond_the_examples() {
    let cases: &[(Convention, IdentifierKind, &str, Option<&str>)] = &[
        (Convention::Plain, Email, " Jane.Doe+x@Gmail.com\u{a0}", Some("jane.doe+x@gmail.com")),
        (Convention::Meta, Email, " Jane.Doe+x@Gmail.com ", Some("jane.doe+x@gmail.com")),
        (Convention::Google, Email, " Jane. Doe+x@GoogleMail.com ", Some("janedoe@googlemail.com")),
        (Convention::Uid2, Email, "Jane.Doe+x@googlemail.com", Some("jane.doe+x@googlemail.com")),
        (Convention::Google, Email, "a.b@notgmail.com", Some("a.b@notgmail.com")),
        (Convention::Plain, Phone, "(415) 555-0123", Some("+14155550123")),
        (Convention::Plain, Phone, "+44 20 7946 0958", Some("+442079460958")),
        (Convention::Meta, Phone, "+44 20 7946 0958", Some("442079460958")),
        (Convention::Meta, Phone, "0044 20 7946 0958", Some("442079460958")),
        (Convention::Meta, Phone, "+49 30 123456", Some("4930123456")),
        (Convention::Meta, Phone, "0 415 555 0123", Some("14155550123")),
        (Convention::Meta, Phone, "555 0123", None),
        (Convention::Plain, Phone, "555 0123", None),
    ];
    for (convention, kind, input, expected) in cases {
        assert_eq!(convention.normalise(*kind, input).as_deref(), *expected, "{convention:?} {input}");
    }
}

#[test]
fn emails_and_phones_are_told_apart() {
    let cases = [
        ("jane@example.com", Some(Email)),
        ("+1 (415) 555-0123", Some(Phone)),
        ("0044 20 7946 0958", Some(Phone)),
        ("555-0123", None),
        ("jane", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(kind_of(text), expected, "{text}");
    }
}

/// What recognises the SHA-256 (or another digest) of some bytes.
fn told(kind: IdentifierKind, input: &str, algorithm: HashAlgorithm, hashed: &[u8]) -> Vec<String> {
    let found = recognise(kind, input, &digest(algorithm, hashed));
    found.into_iter().map(|way| format!("{:?} of {}: {}", way.algorithm, way.how, way.text)).collect()
}

#[test]
fn a_digest_tells_how_it_was_made() {
    let phone = "(415) 555-0123";
    let cases: &[(&[u8], HashAlgorithm, &str)] = &[
        (b"+14155550123", HashAlgorithm::Sha1, "Sha1 of the phone in E.164, with the +: +14155550123"),
        (
            b"14155550123",
            HashAlgorithm::Sha256,
            "Sha256 of the phone with its country code, without the +: 14155550123",
        ),
        (b"415-555-0123", HashAlgorithm::Md5, "Md5 of the phone with its punctuation: 415-555-0123"),
        (
            b"4155550123\n",
            HashAlgorithm::Sha256,
            "Sha256 of the digits of the phone as they stand, with a line end behind it: 4155550123",
        ),
    ];
    for (hashed, algorithm, expected) in cases {
        assert_eq!(told(Phone, phone, *algorithm, hashed), [*expected]);
    }
    let email = " Jane.Doe@Gmail.com";
    let cases: &[(&[u8], &str)] = &[
        (b"jane.doe@gmail.com", "Sha256 of the email, trimmed and lower-cased: jane.doe@gmail.com"),
        (
            b"janedoe@gmail.com",
            "Sha256 of the email without the dots and the +suffix of a Gmail address: janedoe@gmail.com",
        ),
        (b" Jane.Doe@Gmail.com", "Sha256 of the email as it stands:  Jane.Doe@Gmail.com"),
        (
            b"j\0a\0@\0b\0",
            "Sha256 of the email, trimmed and lower-cased, as UTF-16 (SQL Server's nvarchar): ja@b",
        ),
    ];
    for (hashed, expected) in cases {
        let input = if hashed.contains(&0) { "JA@b" } else { email };
        assert_eq!(told(Email, input, HashAlgorithm::Sha256, hashed), [*expected]);
    }
    let once = Encoding::Hex.of(&digest(HashAlgorithm::Md5, b"ja@b"));
    let twice = told(Email, "ja@b", HashAlgorithm::Md5, once.as_bytes());
    assert_eq!(twice, ["Md5 of the email, trimmed and lower-cased, hashed twice: ja@b"]);
    assert!(told(Email, "ja@b", HashAlgorithm::Md5, b"somebody@else").is_empty());
}

#[test]
fn conventions_that_hash_the_same_are_told_together() {
    let found = recognise(Email, "a@b.c", &digest(HashAlgorithm::Sha256, b"a@b.c"));
    assert_eq!(found[0].conventions, Convention::ALL);
    let found = recognise(Email, "a.b@gmail.com", &digest(HashAlgorithm::Sha256, b"ab@gmail.com"));
    assert_eq!(found[0].conventions, [Convention::Google, Convention::Uid2]);
}

#[test]
fn digests_as_people_write_them() {
    let bytes = digest(HashAlgorithm::Sha256, b"a@b.c");
    let hex = Encoding::Hex.of(&bytes);
    let base64 = Encoding::Base64.of(&bytes);
    let url_safe = base64.replace('+', "-").replace('/', "_");
    for text in [
        hex.clone(),
        hex.to_uppercase(),
        format!(" 0x{hex} "),
        format!("SHA256:{hex}"),
        base64.clone(),
        base64.trim_end_matches('=').to_owned(),
        url_safe,
        Encoding::Base64.of(hex.as_bytes()),
    ] {
        assert_eq!(read_digest(&text).as_deref(), Some(&bytes[..]), "{text}");
    }
    for algorithm in HashAlgorithm::ALL {
        let bytes = digest(algorithm, b"a@b.c");
        for encoding in Encoding::ALL {
            assert_eq!(read_digest(&encoding.of(&bytes)), Some(bytes.clone()));
        }
    }
    for text in ["", "abc", "jane@example.com", &hex[1..], "sha256:"] {
        assert_eq!(read_digest(text), None, "{text}");
    }
}
