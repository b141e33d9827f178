//! Mail against a server on a socket.

use std::net::SocketAddr;

use leadq_watch::alerts::{Message, Smtp};

use crate::mail_server::{Manners, mail_server};

pub(crate) fn smtp(address: SocketAddr, more: &str, password: Option<&str>) -> Smtp {
    let text = format!(
        "host = \"127.0.0.1\"\nport = {}\nfrom = \"leadq <leadq@example.com>\"\nto = [\"a@example.com\", \
         \"Bea <b@example.com>\"]\n{more}",
        address.port()
    );
    Smtp::new(&toml::from_str(&text).unwrap(), password.map(str::to_owned)).unwrap()
}

const PLAIN: &str = "tls = \"none\"";

fn message() -> Message {
    Message {
        subject: "leadq: acme: dead column".to_owned(), text: "OPEN  acme: set\n.\nis über".to_owned()
    }
}

#[tokio::test]
async fn a_mail_arrives() {
    let (address, sent) = mail_server(Manners::default()).await;
    smtp(address, PLAIN, None).send(&message()).await.unwrap();
    let sent = sent.lock().unwrap().clone();
    let [mail] = sent.mails.try_into().unwrap();
    for expected in [
        "From: leadq <leadq@example.com>",
        "To: a@example.com, Bea <b@example.com>",
        "Subject: leadq: acme: dead column",
        "Content-Type: text/plain; charset=utf-8",
        "Message-ID: <",
        "Date: ",
        "OPEN  acme: set",
    ] {
        assert!(mail.contains(expected), "{expected}: {mail}");
    }
    let recipients = sent.commands.iter().filter(|line| line.starts_with("RCPT TO:")).count();
    assert_eq!(recipients, 2);
}

#[tokio::test]
async fn it_logs_in() {
    let (address, sent) = mail_server(Manners { login: true, ..Manners::default() }).await;
    let smtp = smtp(address, &format!("{PLAIN}\nuser = \"leadq\""), Some("PASSWORD"));
    smtp.send(&message()).await.unwrap();
    // base64 of \0leadq\0PASSWORD
    let login = "AUTH PLAIN AGxlYWRxAFBBU1NXT1JE".to_owned();
    assert!(sent.lock().unwrap().commands.contains(&login));
    assert!(!format!("{smtp:?}").contains("PASSWORD"));
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    let (address, sent) = mail_server(Manners { login: true, ..Manners::default() }).await;
    let error = smtp(address, "user = \"leadq\"", Some("PASSWORD")).send(&message()).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot send mail by 127.0.0.1: "), "{error}");
    let sent = sent.lock().unwrap().clone();
    assert!(sent.mails.is_empty() && sent.commands.iter().all(|line| line.starts_with("EHLO")), "{sent:?}");
}

#[tokio::test]
async fn what_the_server_refuses_is_told_without_its_words() {
    let refusal = Manners { recipient: Some("550 no mailbox b@example.com"), ..Manners::default() };
    let (address, _) = mail_server(refusal).await;
    let error = smtp(address, PLAIN, None).send(&message()).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot send mail by 127.0.0.1: it answered 550");
    assert!(error.hint.unwrap().contains("alerts.smtp"));
    let (address, _) = mail_server(Manners { hangs_up: true, ..Manners::default() }).await;
    let error = smtp(address, PLAIN, None).send(&message()).await.unwrap_err();
    assert!(!format!("{error:?}").contains('@') && error.hint.is_some(), "{error:?}");
}
