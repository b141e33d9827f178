//! Any text as the configuration, and as schemas.json.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(error) = leadq_contract::config::Config::parse(text) {
        assert!(error.span.is_none_or(|span| text.get(span).is_some()));
    }
    if let Err(error) = leadq_contract::schema::SchemasFile::parse(text) {
        assert!(error.span.is_none_or(|span| text.get(span).is_some()));
    }
});
