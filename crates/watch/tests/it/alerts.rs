//! From facts to people, over several runs and two channels, one of which is down for a while.

use chrono::{DateTime, TimeDelta, Utc};
use leadq_contract::AlertKind;
use leadq_watch::alerts::{AlertBook, Channels, DataFacts, DeadColumn, Facts, RunFact, deliver};

use crate::clock::at;
use crate::mail_server::{Manners, mail_server};
use crate::smtp::smtp;
use crate::webhook::{receiver, webhook};

fn now(run: i32) -> DateTime<Utc> {
    at("2023-05-01T01:00:00Z") + TimeDelta::hours(12) * run
}

fn facts(run: i32, dead: &[&str]) -> Facts {
    let dead_columns = dead.iter().map(|column| DeadColumn {
        client: "acme".to_owned(),
        column: (*column).to_owned(),
        file: "data_16.csv".to_owned(),
        share_before: 0.2,
    });
    let data = DataFacts { dead_columns: dead_columns.collect(), ..DataFacts::default() };
    Facts { now: now(run), run: RunFact::Done, data: Some(data) }
}

#[tokio::test]
async fn a_channel_that_was_down_is_told_later_and_the_other_not_twice() {
    // The webhook refuses at the first run.
    let (hook, posted) = receiver(vec![(404, None)]).await;
    let (server, mailed) = mail_server(Manners::default()).await;
    let channels = Channels {
        webhook: Some(webhook(hook)),
        smtp: Some(smtp(server, "tls = \"none\"", None)),
        off: vec![AlertKind::StaleReport],
    };
    let mut stored = AlertBook::default().write().unwrap();
    let mut counts = Vec::new();
    for (run, dead) in [(0, &["set"][..]), (1, &["set"]), (2, &["set"]), (3, &[]), (4, &[])] {
        let mut book = AlertBook::read(&stored).unwrap();
        let failed = deliver(&mut book, &facts(run, dead), &channels).await;
        stored = book.write().unwrap();
        counts.push((failed.len(), posted.lock().unwrap().len(), mailed.lock().unwrap().mails.len()));
    }
    // Opened by mail, and by webhook at the second run; nothing at the third; closed by both at the fourth.
    assert_eq!(counts, [(1, 1, 1), (0, 2, 1), (0, 2, 1), (0, 3, 2), (0, 3, 2)]);
    let posted = posted.lock().unwrap();
    let text = |post: usize| posted[post]["text"].as_str().unwrap().to_owned();
    assert_eq!(text(0), text(1));
    let opened = "leadq: acme: dead column\n\nOPEN  acme: column set says nothing any more since file data_16.csv; \
                  before, 20.0 % of its cells did\n  since: 2023-05-01T01:00:00Z\n  what to do: ";
    assert!(text(1).starts_with(opened), "{}", text(1));
    let closed = "leadq: closed: acme: dead column\n\nCLOSED  acme: dead column\n";
    assert!(text(2).starts_with(closed), "{}", text(2));
}

#[tokio::test]
async fn one_mail_a_run_has_all_of_it() {
    let (server, mailed) = mail_server(Manners::default()).await;
    let channels = Channels { smtp: Some(smtp(server, "tls = \"none\"", None)), ..Channels::default() };
    let mut book = AlertBook::default();
    assert!(deliver(&mut book, &facts(0, &["set", "demo"]), &channels).await.is_empty());
    let run = RunFact::Failed { error: "the disk is full".to_owned(), advice: Some("make room".to_owned()) };
    let failed = Facts { now: now(1), run, data: None };
    assert!(deliver(&mut book, &failed, &channels).await.is_empty());
    assert!(deliver(&mut book, &facts(2, &["demo"]), &channels).await.is_empty());
    let mails = mailed.lock().unwrap().mails.clone();
    let subject = |mail: &String| mail.lines().find(|line| line.starts_with("Subject: ")).unwrap().to_owned();
    let subjects: Vec<_> = mails.iter().map(subject).collect();
    let expected =
        ["Subject: leadq: 2 alerts opened", "Subject: leadq: run failed", "Subject: leadq: 2 alerts closed"];
    assert_eq!(subjects, expected);
    assert!(
        mails[1].contains("the run failed: the disk is full") && mails[1].contains("make room"),
        "{}",
        mails[1]
    );
    assert_eq!(book.open().count(), 1);
}
