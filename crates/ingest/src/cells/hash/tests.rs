//! The table of cases of hash cells.

use leadq_contract::IdentifierKind::{self, Email, Phone};

use super::*;

// Of `jane@example.com`, by Python's hashlib and base64.
const JANE_SHA256: &str = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d";
const JANE_SHA1: &str = "0850a4cffb73cbc53fd33e8990c2184c915ff041";
const JANE_MD5: &str = "9e26471d35a78862c17e467d87cddedf";
const JANE_BASE64: &str = "jIe0ic41zy4vOfgOKCyy6ASTKlaiE5g+7rQoQH1DtS0";
// Of `+15551234567`.
const PHONE_SHA256: &str = "8a59780bb8cd2ba022bfa5ba2ea3b6e07af17a7d8b30c1f9b3390e36f69019e4";
const PHONE_SHA1: &str = "1861e395c5cdad6abd2fee461b24c97f109aa5e0";

/// A reading in words; usable hashes as hex.
fn words(found: HashRead) -> String {
    let hex = |hash: HashText| String::from_utf8(hash.as_bytes().to_vec()).unwrap();
    match found {
        HashRead::Hash(hash) => hex(hash),
        HashRead::PlainText(hash) => format!("plain {}", hex(hash)),
        other => format!("{other:?}"),
    }
}

fn check(raw: &str, kind: IdentifierKind, algorithm: HashAlgorithm, expected: &str) {
    assert_eq!(words(read(raw, kind, algorithm)), expected, "{raw:?} {kind:?}");
}

fn check_both(raw: &str, expected: &str) {
    check(raw, Email, HashAlgorithm::Sha256, expected);
    check(raw, Phone, HashAlgorithm::Sha256, expected);
}

#[test]
fn hexadecimal() {
    for hash in [JANE_SHA256, JANE_SHA1, JANE_MD5] {
        check_both(hash, hash);
        check_both(&hash.to_uppercase(), hash);
        check_both(&format!("\u{a0} {hash}  "), hash);
        check_both(&format!("0x{hash}"), hash);
        check_both(&format!("0X{hash}"), hash);
        check_both(&format!("sha256:{hash}"), hash);
        check_both(&format!("SHA256:{hash}"), hash);
    }
}

#[test]
fn decimal_digits_only_are_still_a_hash() {
    for hash in ["12345678901234567890123456789012", "1234567890123456789012345678901234567890"] {
        check_both(hash, hash);
    }
}

#[test]
fn base64() {
    let url_safe = JANE_BASE64.replace('+', "-");
    for text in [JANE_BASE64, &url_safe] {
        check_both(text, JANE_SHA256);
        check_both(&format!(" {text}="), JANE_SHA256);
        check_both(&format!("sha256:{text}="), JANE_SHA256);
        check_both(&format!("0x{text}"), JANE_SHA256);
    }
    let begins_with_0x = "0xsEtGvbJq/mVP9svtPasXrs5MzkZr09QLUQYXk8yLQ=";
    check_both(begins_with_0x, "d31b04b46bdb26afe654ff6cbed3dab17aece4cce466bd3d40b51061793cc8b4");
}

#[test]
fn placeholders() {
    for raw in ["", "  ", "-----", "null", "NONE", "#N/A", &"-".repeat(40), &"-".repeat(43)] {
        check_both(raw, "Null");
    }
}

#[test]
fn junk_hashes() {
    for identifier in junk::IDENTIFIERS {
        for algorithm in HashAlgorithm::ALL {
            let hash = algorithm.hash(identifier.as_bytes());
            let hex = std::str::from_utf8(hash.as_bytes()).unwrap();
            check_both(hex, "Junk");
            check_both(&format!("0x{}", hex.to_uppercase()), "Junk");
        }
    }
    check_both("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "Junk");
    check_both("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", "Junk");
}

#[test]
fn plain_emails() {
    for raw in ["jane@example.com", " Jane@Example.COM\u{a0}"] {
        check(raw, Email, HashAlgorithm::Sha256, &format!("plain {JANE_SHA256}"));
        check(raw, Email, HashAlgorithm::Sha1, &format!("plain {JANE_SHA1}"));
        check(raw, Email, HashAlgorithm::Md5, &format!("plain {JANE_MD5}"));
        check(raw, Phone, HashAlgorithm::Sha256, "Invalid");
    }
    check("Test@Test.com", Email, HashAlgorithm::Sha1, "PlainJunk");
    check("noemail@gmail.com", Email, HashAlgorithm::Sha256, "PlainJunk");
    let prefixed = "0xjane@example.com";
    assert_eq!(
        read(prefixed, Email, HashAlgorithm::Sha256),
        HashRead::PlainText(HashAlgorithm::Sha256.hash(prefixed.as_bytes()))
    );
}

#[test]
fn plain_phones() {
    for raw in ["5551234567", "(555)\u{a0}123-4567", "1.555.123.4567", " +1 555 123 4567"] {
        check(raw, Phone, HashAlgorithm::Sha256, &format!("plain {PHONE_SHA256}"));
        check(raw, Phone, HashAlgorithm::Sha1, &format!("plain {PHONE_SHA1}"));
        check(raw, Email, HashAlgorithm::Sha256, "Invalid");
    }
    for raw in ["0000000000", "(111) 111-1111", "1234567890", "19999999999", "+1 000 000 0000"] {
        check(raw, Phone, HashAlgorithm::Sha1, "PlainJunk");
    }
    check("442079460958", Phone, HashAlgorithm::Sha256, "Invalid");
}

#[test]
fn neither_hash_nor_plain_text() {
    let cases = [
        "unknown",
        "test",
        "0",
        "0x",
        "sha256:",
        "sha1:0850a4cffb73cbc53fd33e8990c2184c915ff041",
        "0850a4cffb73cbc53fd33e8990c2184c915ff04",
        "0850a4cffb73cbc53fd33e8990c2184c915ff0411",
        "0850a4cffb73cbc53fd33e8990c2184c915ff04g",
        "0850a4cffb73cbc53fd3 3e8990c2184c915ff041",
        "sha256:0x0850a4cffb73cbc53fd33e8990c2184c915ff041",
        // Base64 of 31 and of 33 bytes, of both alphabets at once, with bits to spare, padded twice.
        "jIe0ic41zy4vOfgOKCyy6ASTKlaiE5g+7rQoQH1DtQ==",
        "jIe0ic41zy4vOfgOKCyy6ASTKlaiE5g+7rQoQH1DtS00",
        "jIe0ic41zy4vOfgOKCyy6ASTKlai/5g-7rQoQH1DtS0",
        "jIe0ic41zy4vOfgOKCyy6ASTKlaiE5g+7rQoQH1DtS1",
        "jIe0ic41zy4vOfgOKCyy6ASTKlaiE5g+7rQoQH1DtS0==",
        "nul",
    ];
    for raw in cases {
        check_both(raw, "Invalid");
    }
}

#[test]
fn nothing_that_identifies_is_shown() {
    for raw in ["jane@example.com", JANE_SHA1] {
        let shown = format!("{:?}", read(raw, Email, HashAlgorithm::Sha256));
        assert!(!shown.contains("jane") && !shown.contains("0850") && !shown.contains("8c87"), "{shown}");
    }
}
