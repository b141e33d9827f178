//! What the documented default says is what stands without it.

use chrono::DateTime;
use leadq_contract::config::{Config, DOCUMENTED, ScheduleConfig};
use leadq_watch::alerts::{Channels, Secrets};
use leadq_watch::http::DEFAULT_LISTEN;
use leadq_watch::monitor::Tolerance;
use leadq_watch::run_loop::Start;
use leadq_watch::schedule::Schedule;

#[test]
fn the_documented_defaults_are_the_defaults() {
    let keys: Vec<_> = DOCUMENTED.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).collect();
    let written = Config::parse(&keys.join("\n")).unwrap();
    let (schedule, default) = (&written.schedule, ScheduleConfig::default());
    let times = |config: &ScheduleConfig| {
        let schedule = Schedule::of_config(config).unwrap();
        let mut instant = DateTime::UNIX_EPOCH;
        std::iter::repeat_with(|| {
            instant = schedule.next_after(instant).unwrap();
            instant
        })
        .take(20)
        .collect::<Vec<_>>()
    };
    assert_eq!(times(schedule), times(&default));
    assert_eq!(schedule.listen, Some(DEFAULT_LISTEN));
    assert_eq!(schedule.hosts.as_deref(), Some(&[][..]));
    assert_eq!(Tolerance::of_config(schedule), Tolerance::of_config(&default));
    assert_eq!(Start::of_config(schedule, None), Start::of_config(&default, None));
    assert!(written.alerts.off.is_empty());
    // The examples of the alerts are such as can be used.
    let secrets = Secrets {
        webhook: Some("https://hooks.example.com/x".to_owned()),
        smtp_password: Some("x".to_owned()),
        credentials: None,
    };
    assert_eq!(Channels::of_config(&written.alerts, &secrets).unwrap().names(), ["webhook", "smtp"]);
}
