//! Passwords and questions, which OpenSSH leaves to root and PAM.

use leadq_pipeline::ports::{DropFolder, Fault};
use leadq_sftp::testing::{Plan, Silence, TestServer};
use leadq_sftp::{HostKeys, Login, Secret, SftpSettings};
use russh::keys::{Algorithm, EcdsaCurve};

use super::{bounded, serve};
use crate::support::{drop_at, says};

fn with(server: &TestServer, logins: Vec<Login>) -> SftpSettings {
    SftpSettings { logins, ..server.settings() }
}

fn both(secret: &str) -> Vec<Login> {
    vec![Login::Password(Secret::new(secret)), Login::KeyboardInteractive(Secret::new(secret))]
}

#[tokio::test]
async fn a_password() {
    let server = serve(Plan::serving([("/a.csv", &b"a"[..])])).await;
    drop_at(with(&server, both("right")), &server.location("/")).list().await.unwrap();
    assert_eq!(server.log().logins, ["password"]);
    let wrong = drop_at(with(&server, both("hunter2")), &server.location("/"));
    let words: [&dyn std::fmt::Display; 3] = [
        &"password: refused",
        &"keyboard-interactive: not allowed",
        &"the server allows: publickey, password",
    ];
    let error = says(wrong.list().await, Fault::Permanent, &words);
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_password_as_an_answer() {
    let mut plan = Plan::serving([("/a.csv", &b"a"[..])]);
    (plan.password, plan.answer) = (None, Some("right".to_owned()));
    let server = serve(plan).await;
    drop_at(with(&server, both("right")), &server.location("/")).list().await.unwrap();
    assert_eq!(server.log().logins, ["keyboard-interactive"]);
    let wrong = drop_at(with(&server, both("hunter2")), &server.location("/"));
    says(wrong.list().await, Fault::Permanent, &[&"password: not allowed", &"keyboard-interactive: refused"]);
}

#[tokio::test]
async fn a_refused_password_is_not_sent_twice_nor_tried_again() {
    let mut plan = Plan::serving([("/a.csv", &b"a"[..])]);
    plan.answer = Some("right".to_owned());
    let server = serve(plan).await;
    let settings = SftpSettings { attempts: 5, ..with(&server, both("hunter2")) };
    let result = drop_at(settings, &server.location("/")).list().await;
    says(result, Fault::Permanent, &[&"password: refused", &"not tried, the password was refused already"]);
    assert_eq!(server.log().logins, ["password"]);
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_with_another_key() {
    let server = serve(Plan::serving([("/a.csv", &b"a"[..])])).await;
    let wrong = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned();
    let host_keys = HostKeys::Fingerprints(vec![wrong.clone()]);
    let settings = SftpSettings { host_keys, attempts: 5, ..server.settings() };
    let result = drop_at(settings, &server.location("/")).list().await;
    says(result, Fault::Permanent, &[&wrong, &server.fingerprints()[0]]);
    assert!(server.log().logins.is_empty());
}

#[tokio::test]
async fn any_host_key_of_a_server_that_has_several() {
    let plan = Plan::serving([("/a.csv", &b"a"[..])]);
    let kinds = [Algorithm::Ed25519, Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 }];
    let server = TestServer::start_with_keys(plan, &kinds).await.unwrap();
    for fingerprint in server.fingerprints() {
        let host_keys = HostKeys::Fingerprints(vec![fingerprint.clone()]);
        let settings = SftpSettings { host_keys, ..server.settings() };
        drop_at(settings, &server.location("/")).list().await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_falls_silent_before_it_serves() {
    for silence in [Silence::Connecting, Silence::LoggingIn] {
        let mut plan = Plan::serving([("/a.csv", &b"a"[..])]);
        plan.silence = Some(silence);
        let server = serve(plan).await;
        let connect_timeout = std::time::Duration::from_millis(500);
        let settings = SftpSettings { connect_timeout, ..server.settings() };
        let result = bounded(drop_at(settings, &server.location("/")).list()).await;
        says(result, Fault::Transient, &[&"did not answer within 0.5 s", &"connect_timeout"]);
    }
}

#[tokio::test]
async fn a_server_without_sftp_or_without_ssh() {
    let mut plan = Plan::serving([("/a.csv", &b"a"[..])]);
    plan.no_sftp = true;
    let server = serve(plan).await;
    let result = drop_at(server.settings(), &server.location("/")).list().await;
    says(result, Fault::Permanent, &[&"does not offer SFTP"]);
    let (settings, location) = (server.settings(), server.location("/"));
    drop(server);
    tokio::task::yield_now().await;
    let result = bounded(drop_at(settings, &location).list()).await;
    says(result, Fault::Transient, &[&"cannot connect to"]);
}
