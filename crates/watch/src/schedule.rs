//! When to run: cron expressions in a time zone, as instants.
//!
//! `croner` says which wall times the expressions name, `chrono-tz` which instants these are. The two are kept
//! apart, so that one law holds for every expression, with `*` or without: a wall time that does not exist runs
//! once, right after the gap; one that comes twice runs once, the first time.

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use leadq_contract::TextError;
use leadq_contract::config::ScheduleConfig;

/// Runs twice a day.
pub const DEFAULT_CRON: &str = "0 1,13 * * *";

/// When to run.
#[derive(Debug, Clone)]
pub struct Schedule {
    expressions: Vec<Cron>,
    zone: Tz,
}

impl Schedule {
    /// The schedule of cron expressions (minute, hour, day of the month, month, day of the week; a second may stand in
    /// front) in a zone.
    ///
    /// # Errors
    /// Names the expression that is none, or that never comes, and what one looks like.
    pub fn new<S: AsRef<str>>(expressions: impl IntoIterator<Item = S>, zone: Tz) -> Result<Self, TextError> {
        let parser = CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build();
        let mut parsed = Vec::new();
        for text in expressions {
            let text = text.as_ref();
            let cron = parser.parse(text).map_err(|error| {
                wrong(text, format!("is no cron expression ({})", error.to_string().trim_end_matches('.')))
            })?;
            // Looked for as far ahead as any date of a calendar can be away.
            if cron.find_next_occurrence(&DateTime::<Utc>::UNIX_EPOCH, true).is_err() {
                return Err(wrong(text, "never comes".to_owned()));
            }
            parsed.push(cron);
        }
        Ok(Self { expressions: parsed, zone })
    }

    /// The schedule that the configuration names, by default at 01:00 and 13:00 UTC.
    ///
    /// # Errors
    /// As [`new`](Self::new), with the place in the configuration.
    pub fn of_config(config: &ScheduleConfig) -> Result<Self, TextError> {
        let zone = config.timezone.unwrap_or(Tz::UTC);
        match &config.cron {
            Some(cron) => Self::new(&cron.get_ref().0, zone)
                .map_err(|error| TextError { span: Some(cron.span()), ..error }),
            None => Self::new([DEFAULT_CRON], zone),
        }
    }

    /// The zone of its wall times.
    #[must_use]
    pub const fn zone(&self) -> Tz {
        self.zone
    }

    /// The first time to run after an instant; none only beyond the years that a calendar holds.
    #[must_use]
    pub fn next_after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // Wall times that are not after the instant's own are instants that are not after it, whatever the clock did.
        let wall = instant.with_timezone(&self.zone).naive_local();
        let next = |cron: &Cron| {
            let mut wall = wall.and_utc();
            loop {
                wall = cron.find_next_occurrence(&wall, false).ok()?;
                let slot = self.instant(wall.naive_utc())?;
                if slot > instant {
                    return Some(slot);
                }
            }
        };
        self.expressions.iter().filter_map(next).min()
    }

    /// The last time to run that is not after an instant.
    #[must_use]
    pub fn last_until(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let here = instant.with_timezone(&self.zone);
        let wall = here.naive_local();
        // When a wall time comes the second time, later ones have been there already.
        let repeated = match self.zone.from_local_datetime(&wall) {
            LocalResult::Ambiguous(first, second) => second - first,
            _ => chrono::TimeDelta::zero(),
        };
        let last = |cron: &Cron| {
            let mut wall = (wall + repeated).and_utc();
            let mut inclusive = true;
            loop {
                wall = cron.find_previous_occurrence(&wall, inclusive).ok()?;
                inclusive = false;
                let slot = self.instant(wall.naive_utc())?;
                if slot <= instant {
                    return Some(slot);
                }
            }
        };
        self.expressions.iter().filter_map(last).max()
    }

    /// The last of the times to run that have come after `last_run_started` and not after `now`, if any has: however
    /// many were missed, one run makes up for them.
    #[must_use]
    pub fn missed_between(
        &self,
        last_run_started: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        self.last_until(now).filter(|slot| *slot > last_run_started)
    }

    /// The instant of a wall time: its first one, or the end of the gap that it falls into.
    fn instant(&self, wall: NaiveDateTime) -> Option<DateTime<Utc>> {
        match self.zone.from_local_datetime(&wall) {
            LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => Some(instant.to_utc()),
            LocalResult::None => self.end_of_gap(wall),
        }
    }

    /// The instant at which the clock was put forward over a wall time.
    fn end_of_gap(&self, wall: NaiveDateTime) -> Option<DateTime<Utc>> {
        // No zone has ever been put forward by more than a day, nor twice within two days.
        let day = chrono::TimeDelta::days(1);
        let (mut before, mut after) = (wall.checked_sub_signed(day)?.and_utc(), (wall + day).and_utc());
        let offset = |instant: &DateTime<Utc>| self.zone.offset_from_utc_datetime(&instant.naive_utc()).fix();
        let old = offset(&before);
        while after - before > chrono::TimeDelta::seconds(1) {
            let middle = before + chrono::TimeDelta::seconds((after - before).num_seconds() / 2);
            if offset(&middle) == old { before = middle } else { after = middle }
        }
        Some(after)
    }
}

/// What is wrong with an expression.
fn wrong(text: &str, what: String) -> TextError {
    TextError {
        message: format!("schedule.cron: {text:?} {what}"),
        help: Some(
            "write minute, hour, day of the month, month and day of the week, as \"0 1,13 * * *\"".to_owned(),
        ),
        span: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cron: &[&str], zone: Tz, from: &str, expected: &[&str]) {
        let schedule = Schedule::new(cron, zone).unwrap();
        let mut instant: DateTime<Utc> = from.parse().unwrap();
        let mut found = Vec::new();
        for _ in expected {
            let next = schedule.next_after(instant).unwrap();
            assert_eq!(schedule.last_until(next), Some(next));
            let before = next - chrono::TimeDelta::seconds(1);
            assert_eq!(schedule.last_until(before), schedule.last_until(instant), "{next}");
            found.push(next.with_timezone(&zone).to_rfc3339());
            instant = next;
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn twice_a_day_across_both_changes() {
        let cron = &[DEFAULT_CRON];
        let spring = ["2023-03-25T13:00:00+01:00", "2023-03-26T01:00:00+01:00", "2023-03-26T13:00:00+02:00"];
        check(cron, Tz::Europe__Berlin, "2023-03-25T11:00:00Z", &spring);
        let autumn = ["2023-10-29T01:00:00+02:00", "2023-10-29T13:00:00+01:00", "2023-10-30T01:00:00+01:00"];
        check(cron, Tz::Europe__Berlin, "2023-10-28T12:00:00Z", &autumn);
        // 01:00 comes twice in Los Angeles, and runs once.
        let autumn = ["2023-11-05T01:00:00-07:00", "2023-11-05T13:00:00-08:00", "2023-11-06T01:00:00-08:00"];
        check(cron, Tz::America__Los_Angeles, "2023-11-05T00:00:00Z", &autumn);
    }

    #[test]
    fn a_time_that_does_not_exist_runs_right_after_the_gap() {
        let berlin = ["2023-03-25T02:30:00+01:00", "2023-03-26T03:00:00+02:00", "2023-03-27T02:30:00+02:00"];
        check(&["30 2 * * *"], Tz::Europe__Berlin, "2023-03-25T00:00:00Z", &berlin);
        let angeles = ["2023-03-11T02:10:00-08:00", "2023-03-12T03:00:00-07:00", "2023-03-13T02:10:00-07:00"];
        check(&["10 2 * * *"], Tz::America__Los_Angeles, "2023-03-11T09:00:00Z", &angeles);
        // Several such times, by one expression or two, are one.
        let once = ["2023-03-26T01:45:00+01:00", "2023-03-26T03:00:00+02:00", "2023-03-26T03:15:00+02:00"];
        check(&["*/15 * * * *", "20 2 * * *"], Tz::Europe__Berlin, "2023-03-26T00:30:00Z", &once);
        // Samoa left a whole day out.
        let apia = ["2011-12-29T13:00:00-10:00", "2011-12-31T00:00:00+14:00", "2011-12-31T13:00:00+14:00"];
        check(&["0 13 * * *"], Tz::Pacific__Apia, "2011-12-29T12:00:00Z", &apia);
    }

    #[test]
    fn a_time_that_comes_twice_runs_once() {
        let berlin = ["2023-10-29T02:30:00+02:00", "2023-10-30T02:30:00+01:00"];
        check(&["30 2 * * *"], Tz::Europe__Berlin, "2023-10-28T12:00:00Z", &berlin);
        let angeles = ["2023-11-05T01:30:00-07:00", "2023-11-06T01:30:00-08:00"];
        check(&["30 1 * * *"], Tz::America__Los_Angeles, "2023-11-05T00:00:00Z", &angeles);
        // Half an hour only, on Lord Howe Island.
        let lord_howe = ["2023-04-02T01:45:00+11:00", "2023-04-03T01:45:00+10:30"];
        check(&["45 1 * * *"], Tz::Australia__Lord_Howe, "2023-04-01T00:00:00Z", &lord_howe);
        let often = ["2023-10-29T02:40:00+02:00", "2023-10-29T03:00:00+01:00"];
        check(&["*/20 * * * *"], Tz::Europe__Berlin, "2023-10-29T00:20:00Z", &often);
    }

    #[test]
    fn a_second_may_stand_in_front() {
        let berlin = ["2023-03-26T01:59:40+01:00", "2023-03-26T03:00:00+02:00", "2023-03-26T03:00:20+02:00"];
        check(&["*/20 * * * * *"], Tz::Europe__Berlin, "2023-03-26T00:59:20Z", &berlin);
    }

    #[test]
    fn what_was_missed_is_made_up_for_once() {
        let schedule = Schedule::new([DEFAULT_CRON], Tz::UTC).unwrap();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let cases = [
            ("2023-05-01T13:00:02Z", "2023-05-02T00:59:59Z", None),
            ("2023-05-01T13:00:02Z", "2023-05-02T01:00:00Z", Some("2023-05-02T01:00:00Z")),
            ("2023-05-01T13:00:02Z", "2023-05-09T12:00:00Z", Some("2023-05-09T01:00:00Z")),
            ("2023-05-01T13:00:00Z", "2023-05-01T13:00:00Z", None),
            ("2023-05-02T00:00:00Z", "2023-05-01T14:00:00Z", None),
        ];
        for (last, now, expected) in cases {
            assert_eq!(schedule.missed_between(at(last), at(now)), expected.map(at), "{last} {now}");
        }
    }

    #[test]
    fn what_is_no_expression_is_told() {
        for (text, what) in [
            ("0 25 * * *", "is no cron expression"),
            ("0 1 * *", "is no cron expression"),
            ("0 0 0 1 * * *", "is no cron expression"),
            ("", "is no cron expression"),
            ("0 0 30 2 *", "never comes"),
        ] {
            let error = Schedule::new([text], Tz::UTC).unwrap_err();
            assert!(error.message.starts_with(&format!("schedule.cron: {text:?} {what}")), "{error}");
            assert!(error.help.unwrap().contains("0 1,13 * * *"));
        }
        assert!(Schedule::new(["0 0 29 2 *", "@daily", "0 9 * * MON-FRI"], Tz::UTC).is_ok());
    }

    #[test]
    fn an_error_has_its_place_in_the_configuration() {
        let text = "timezone = \"UTC\"\ncron = [\"0 1 * * *\",\n  \"0 99 * * *\"]\n";
        let error = Schedule::of_config(&toml::from_str(text).unwrap()).unwrap_err();
        assert!(error.message.contains("0 99 * * *"), "{error}");
        assert_eq!(error.line(text), Some(2));
        let schedule = Schedule::of_config(&ScheduleConfig::default()).unwrap();
        let next = schedule.next_after(DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(next.to_rfc3339(), "1970-01-01T01:00:00+00:00");
    }

    proptest::proptest! {
        #[test]
        fn slots_come_in_order_and_none_is_left_out(
            second in 1_600_000_000_i64..1_800_000_000, minute in 0..60, hour in 0..24,
            zone in proptest::sample::select(vec![
                Tz::Europe__Berlin, Tz::America__Los_Angeles, Tz::Australia__Lord_Howe, Tz::UTC,
            ]),
        ) {
            let schedule = Schedule::new([format!("{minute} {hour} * * *")], zone).unwrap();
            let instant = DateTime::from_timestamp(second, 0).unwrap();
            let next = schedule.next_after(instant).unwrap();
            let last = schedule.last_until(instant).unwrap();
            proptest::prop_assert!(last <= instant && instant < next);
            proptest::prop_assert_eq!(schedule.next_after(last), Some(next));
            let days = |instant: DateTime<Utc>| instant.with_timezone(&zone).date_naive();
            proptest::prop_assert_eq!(days(last).succ_opt(), Some(days(next)));
        }
    }
}
