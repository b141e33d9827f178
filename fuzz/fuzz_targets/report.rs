//! Any bytes as a report file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| leadq_fuzz::read_file(bytes));
