//! Laws that hold for any cell.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use leadq_contract::{CellType, IdentifierKind};
use proptest::{prelude::*, sample::select};

use super::{Read, boolean, date, hash, place, state, text, timestamp, zip};

const FIRST_DAY: i32 = 10_957;
const LAST_DAY: i32 = 47_846;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Any text, and text made of pieces that the readers look out for.
fn cell() -> impl Strategy<Value = String> {
    let pieces = vec![
        "0",
        "1",
        "12",
        "2023",
        "20230102",
        "44928",
        "/",
        "-",
        ".",
        ":",
        ",",
        "|",
        " ",
        "  ",
        "\u{a0}",
        "T",
        "Z",
        "+",
        "@",
        "AM",
        "pm",
        "0x",
        "sha256:",
        "Feb",
        "WA",
        "new york",
        "null",
        "n/a",
        "é",
        "ß",
        "\u{2003}",
        "\t",
        "0850a4cffb73cbc53fd33e8990c2184c915ff041",
        "01/01/1900",
        "(",
        "=",
        ".0",
    ];
    prop_oneof![
        any::<String>(),
        "[0-9/: .TZ+-]{0,24}",
        proptest::collection::vec(select(pieces), 0..9).prop_map(|pieces| pieces.concat()),
    ]
}

/// A day in every notation of a date, in any month spelling.
fn notations(day: NaiveDate) -> Vec<String> {
    let name = MONTHS[day.month0() as usize];
    let (y, m, d) = (day.year(), day.month(), day.day());
    vec![
        day.format("%m/%d/%Y").to_string(),
        format!("{m}/{d}/{y}"),
        format!("{m}-{d}-{y}"),
        day.format("%m-%d-%Y").to_string(),
        day.format("%Y-%m-%d").to_string(),
        day.format("%Y%m%d").to_string(),
        format!("{d}-{}-{y}", &name[..3]),
        format!("{d:02}-{}-{y}", name.to_uppercase()),
        format!("{} {d}, {y}", name[..3].to_lowercase()),
        format!("{name} {d:02}, {y}"),
    ]
}

#[test]
fn every_day_reads_back_in_every_notation() {
    for days in FIRST_DAY..=LAST_DAY {
        let day = NaiveDate::from_epoch_days(days).unwrap();
        for raw in notations(day) {
            assert_eq!(date::read(&raw), Read::Value(days), "{raw:?}");
            assert_eq!(date::read(&format!("{raw}  5:30PM")), Read::Value(days), "{raw:?}");
        }
        assert_eq!(date::read(&(days + 25_569).to_string()), Read::Value(days));
        if day.year() < 2100 {
            let short = format!("{}/{}/{:02}", day.month(), day.day(), day.year() % 100);
            assert_eq!(date::read(&short), Read::Value(days), "{short:?}");
        }
    }
}

#[test]
fn days_that_do_not_exist_or_lie_outside_are_invalid() {
    for year in 1990..=2110 {
        for (month, day) in (0..=13).flat_map(|month| (0..=32).map(move |day| (month, day))) {
            let real = (2000..=2100).contains(&year) && NaiveDate::from_ymd_opt(year, month, day).is_some();
            for raw in [format!("{month}/{day}/{year}"), format!("{year}{month:02}{day:02}")] {
                assert_eq!(date::read(&raw).value().is_some(), real, "{raw:?}");
            }
        }
    }
}

fn micros(time: NaiveDateTime) -> i64 {
    time.and_utc().timestamp_micros()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_cell_makes_a_reader_fail(raw in cell()) {
        let _ = (boolean::read(&raw), state::read(&raw), zip::read(&raw), text::plain(&raw));
        let _ = (place::city(&raw), place::split_location(&raw), text::lead_number(&raw));
        for kind in [IdentifierKind::Email, IdentifierKind::Phone] {
            let _ = hash::read(&raw, kind, hash::HashAlgorithm::Sha256);
        }
        if let Read::Value(day) = date::read(&raw) {
            prop_assert!((FIRST_DAY..=LAST_DAY).contains(&day));
        }
        if let Read::Value(time) = timestamp::read(&raw, Tz::America__New_York) {
            let year = DateTime::from_timestamp_micros(time).unwrap().year();
            prop_assert!((2000..=2100).contains(&year));
        }
    }

    #[test]
    fn tidy_text_stays(raw in cell()) {
        let once = text::tidy(&raw).into_owned();
        prop_assert_eq!(text::tidy(&once), once.as_str());
        prop_assert_eq!(once, raw.split_whitespace().collect::<Vec<_>>().join(" "));
    }

    #[test]
    fn a_cell_reads_as_its_tidy_text_does(raw in cell()) {
        let tidy = text::tidy(&raw);
        prop_assert_eq!(date::read(&raw), date::read(&tidy));
        prop_assert_eq!(timestamp::read(&raw, Tz::UTC), timestamp::read(&tidy, Tz::UTC));
        prop_assert_eq!(boolean::read(&raw), boolean::read(&tidy));
        prop_assert_eq!(state::read(&raw), state::read(&tidy));
        prop_assert_eq!(zip::read(&raw), zip::read(&tidy));
        prop_assert_eq!(place::city(&raw), place::city(&tidy));
        prop_assert_eq!(place::split_location(&raw), place::split_location(&tidy));
        prop_assert_eq!(text::lead_number(&raw), text::lead_number(&tidy));
        for kind in [IdentifierKind::Email, IdentifierKind::Phone] {
            let algorithm = hash::HashAlgorithm::Sha256;
            prop_assert_eq!(hash::read(&raw, kind, algorithm), hash::read(&tidy, kind, algorithm));
        }
    }

    #[test]
    fn a_placeholder_is_null_in_its_column(raw in cell()) {
        let tidy = text::tidy(&raw);
        let null_if = |cell_type| text::is_placeholder(&tidy, cell_type);
        prop_assert_eq!(date::read(&raw) == Read::Null, null_if(CellType::Date));
        prop_assert_eq!(timestamp::read(&raw, Tz::UTC) == Read::Null, null_if(CellType::Timestamp));
        prop_assert_eq!(boolean::read(&raw) == Read::Null, null_if(CellType::Boolean));
        prop_assert_eq!(state::read(&raw) == Read::Null, null_if(CellType::State));
        prop_assert_eq!(zip::read(&raw) == Read::Null, null_if(CellType::Zip));
        prop_assert_eq!(place::city(&raw) == Read::Null, null_if(CellType::City));
        let email = hash::read(&raw, IdentifierKind::Email, hash::HashAlgorithm::Sha256);
        prop_assert_eq!(email == hash::HashRead::Null, null_if(CellType::Hash));
    }

    #[test]
    fn title_case_stays(raw in cell()) {
        if let Read::Value(once) = place::city(&raw) {
            prop_assert_eq!(place::city(&once), Read::Value(once.clone()));
        }
    }

    #[test]
    fn a_time_reads_back_in_every_notation(day in FIRST_DAY..=LAST_DAY, seconds in 0..86_400_u32) {
        let day = NaiveDate::from_epoch_days(day).unwrap();
        let clock = chrono::NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap();
        let minute = clock.format("%H:%M").to_string();
        let to_minute = chrono::NaiveTime::parse_from_str(&minute, "%H:%M").unwrap();
        for date in notations(day) {
            for format in ["%I:%M%p", "%l:%M %p", "%H:%M", "%k:%M"] {
                let raw = format!("{date} {}", clock.format(format));
                let expected = micros(day.and_time(to_minute));
                prop_assert_eq!(timestamp::read(&raw, Tz::US__Pacific), Read::Value(expected), "{:?}", raw);
            }
            for format in [" %I:%M:%S %p", " %I:%M:%S%P", "T%H:%M:%S", " %H:%M:%S.123456789"] {
                let raw = format!("{date}{}", clock.format(format));
                let expected = micros(day.and_time(clock));
                prop_assert_eq!(timestamp::read(&raw, Tz::US__Pacific), Read::Value(expected), "{:?}", raw);
            }
        }
        let serial = f64::from(day.to_epoch_days() + 25_569) + f64::from(seconds) / 86_400.0;
        prop_assert_eq!(
            timestamp::read(&serial.to_string(), Tz::US__Pacific),
            Read::Value(micros(day.and_time(clock)))
        );
    }

    #[test]
    fn an_instant_reads_as_the_zones_wall_time(
        seconds in 946_771_200_i64..4_133_894_400,
        written in select(vec![Tz::UTC, Tz::Asia__Kolkata, Tz::America__Los_Angeles]),
        zone in select(vec![Tz::UTC, Tz::America__New_York, Tz::Australia__Lord_Howe]),
    ) {
        let instant = DateTime::from_timestamp(seconds, 0).unwrap();
        let expected = Read::Value(micros(instant.with_timezone(&zone).naive_local()));
        for format in ["%Y-%m-%dT%H:%M:%S%:z", "%m/%d/%Y %I:%M:%S %p %z", "%Y%m%d %H:%M:%S.5%z"] {
            let raw = instant.with_timezone(&written).format(format).to_string();
            prop_assert_eq!(timestamp::read(&raw, zone), expected, "{:?}", raw);
        }
    }
}
