//! Any text as the configuration, and as schemas.json.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = leadq_contract::config::parse(text);
    let _ = leadq_contract::schema::parse(text);
});
