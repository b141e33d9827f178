//! The webhook against a receiver that answers what it is told to.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use leadq_watch::alerts::{Message, Webhook};
use tokio::net::TcpListener;

/// What the receiver answers: a status, and seconds for `Retry-After`; nothing at all for 0.
pub(crate) type Answer = (u16, Option<u64>);

/// What it got.
pub(crate) type Received = Arc<Mutex<Vec<serde_json::Value>>>;

pub(crate) async fn receiver(answers: Vec<Answer>) -> (SocketAddr, Received) {
    let received = Received::default();
    let answers = Arc::new(Mutex::new(VecDeque::from(answers)));
    let noted = Arc::clone(&received);
    let answer = move |body: String| answer(body, Arc::clone(&noted), Arc::clone(&answers));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/T0/SECRET", post(answer))).await });
    (address, received)
}

async fn answer(
    body: String,
    noted: Received,
    answers: Arc<Mutex<VecDeque<Answer>>>,
) -> (StatusCode, HeaderMap, &'static str) {
    noted.lock().unwrap().push(serde_json::from_str(&body).unwrap());
    let (status, retry_after) = answers.lock().unwrap().pop_front().unwrap_or((200, None));
    if status == 0 {
        std::future::pending::<()>().await;
    }
    let mut headers = HeaderMap::new();
    if let Some(seconds) = retry_after {
        headers.insert("retry-after", seconds.into());
    }
    if status == 302 {
        headers.insert("location", "/elsewhere".parse().unwrap());
    }
    (StatusCode::from_u16(status).unwrap(), headers, "SECRET words of the server")
}

pub(crate) fn webhook(address: SocketAddr) -> Webhook {
    let webhook = Webhook::new(&format!("http://{address}/T0/SECRET")).unwrap();
    webhook.with_times(Duration::from_millis(300), Duration::from_millis(5))
}

fn message() -> Message {
    Message { subject: "leadq: acme: dead column".to_owned(), text: "OPEN  acme: <set> is dead".to_owned() }
}

#[tokio::test]
async fn a_message_arrives_as_slack_takes_it() {
    let (address, received) = receiver(Vec::new()).await;
    webhook(address).send(&message()).await.unwrap();
    let text = "leadq: acme: dead column\n\nOPEN  acme: &lt;set&gt; is dead";
    assert_eq!(*received.lock().unwrap(), [serde_json::json!({ "text": text })]);
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    for (answers, tries) in [
        (vec![(503, None), (500, None)], 3),
        (vec![(429, Some(0))], 2),
        (vec![(0, None)], 2),
        (vec![(502, None), (429, None), (0, None)], 4),
    ] {
        let (address, received) = receiver(answers.clone()).await;
        webhook(address).send(&message()).await.unwrap();
        assert_eq!(received.lock().unwrap().len(), tries, "{answers:?}");
    }
}

#[tokio::test]
async fn it_waits_as_long_as_it_is_asked_to() {
    let (address, received) = receiver(vec![(429, Some(1))]).await;
    let begun = std::time::Instant::now();
    webhook(address).send(&message()).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(received.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn what_does_not_pass_is_told_without_the_address() {
    let cases = [
        (vec![(404, None)], 1, "it answered 404 Not Found"),
        (vec![(302, None)], 1, "it answered 302 Found"),
        (vec![(503, None); 9], 4, "it answered 503 Service Unavailable"),
        (vec![(0, None); 9], 4, "it did not answer in time"),
    ];
    for (answers, tries, reason) in cases {
        let (address, received) = receiver(answers).await;
        let error = webhook(address).send(&message()).await.unwrap_err();
        assert_eq!(error.to_string(), format!("cannot tell the webhook at 127.0.0.1: {reason}"));
        assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
        assert_eq!(received.lock().unwrap().len(), tries);
    }
}

#[tokio::test]
async fn nobody_there_is_told_without_the_address() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = webhook(free).send(&message()).await.unwrap_err();
    let told = format!("{error:?} {error}");
    assert!(told.contains("it cannot be reached: ") && !told.contains("SECRET"), "{told}");
}
