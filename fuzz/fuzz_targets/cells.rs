//! Any text as a cell of any type. What is read is within the type's bounds (1.6).
#![no_main]

use leadq_contract::IdentifierKind;
use leadq_ingest::cells::hash::HashAlgorithm;
use leadq_ingest::cells::{boolean, date, hash, place, state, text, timestamp, zip};
use leadq_ingest::{redact, snapshot_time};

/// Days of 2000-01-01 and 2100-12-31 since the epoch.
const DAYS: std::ops::RangeInclusive<i32> = 10_957..=47_846;

libfuzzer_sys::fuzz_target!(|cell: &str| {
    if let Some(day) = date::read(cell).value() {
        assert!(DAYS.contains(&day));
    }
    for zone in [chrono_tz::UTC, chrono_tz::America::Los_Angeles] {
        if let Some(micros) = timestamp::read(cell, zone).value() {
            // An offset may carry the last evening into the next year.
            let day = i32::try_from(micros.div_euclid(86_400_000_000));
            assert!(day.is_ok_and(|day| (DAYS.start() - 2..=DAYS.end() + 2).contains(&day)) && micros % 1_000_000 == 0);
        }
    }
    if let Some(code) = zip::read(cell).value() {
        assert!(code.as_str().len() == 5 && code.as_str().bytes().all(|b| b.is_ascii_digit()));
    }
    for kind in [IdentifierKind::Email, IdentifierKind::Phone] {
        for algorithm in HashAlgorithm::ALL {
            let read = hash::read(cell, kind, algorithm);
            if let Some(hash) = read.hash() {
                assert!(hash.as_bytes().iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
            }
        }
    }
    let _ = (boolean::read(cell), state::read(cell), place::city(cell), text::lead_number(cell));
    let _ = (place::split_location(cell), snapshot_time::from_name(cell));
    let _ = (redact::cell(cell), redact::row(cell));
});
