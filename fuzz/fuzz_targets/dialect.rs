//! Any bytes as a CSV of unknown dialect. What was written is plain: it is read again without a mended quote.
#![no_main]

use leadq_ingest::dialect::rewrite;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut plain = Vec::new();
    let first = rewrite(bytes, &mut plain);
    assert!(first.is_ok_and(|first| first.rows == 0 || !plain.is_empty()));
    assert!(std::str::from_utf8(&plain).is_ok());
    assert!(rewrite(&plain[..], std::io::sink()).is_ok());
});
