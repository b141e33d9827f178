//! Logging in to OpenSSH: keys of each kind, an agent, and what is said where it fails.
//!
//! Passwords need root or PAM there: run as root, they are tested here, too; always, and questions with them, they are
//! tested with the server that misbehaves on demand.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use leadq_pipeline::ports::{DropFolder, Fault};
use leadq_sftp::{Login, Secret, SftpSettings};

use super::sshd::{PASSWORD, Sshd, USER, keygen, output, program};
use crate::support::{drop_at, names, says};

/// Lists with a login.
async fn list(sshd: &Sshd, login: Login) -> Result<Vec<String>, leadq_pipeline::ports::PortError> {
    let listing = drop_at(sshd.settings_with(login), &sshd.location("")).list().await?;
    Ok(names(&listing).into_iter().map(str::to_owned).collect())
}

#[tokio::test]
async fn keys_of_each_kind() {
    let sshd = Sshd::start(&["ed25519"]);
    sshd.put("a.csv", b"a");
    for kind in ["ed25519", "rsa", "ecdsa"] {
        let path = sshd.key(kind, kind, "");
        assert_eq!(list(&sshd, Login::Key { path, passphrase: None }).await.unwrap(), ["a.csv"], "{kind}");
    }
}

#[tokio::test]
async fn an_encrypted_key_needs_its_passphrase() {
    let sshd = Sshd::start(&["ed25519"]);
    sshd.put("a.csv", b"a");
    let path = sshd.key("locked", "ed25519", "hunter2");
    let with =
        |passphrase: Option<&str>| Login::Key { path: path.clone(), passphrase: passphrase.map(Secret::new) };
    assert_eq!(list(&sshd, with(Some("hunter2"))).await.unwrap(), ["a.csv"]);
    let words: [&dyn std::fmt::Display; 2] = [&"locked", &"passphrase does not open it"];
    let error = says(list(&sshd, with(Some("hunter3"))).await, Fault::Permanent, &words);
    assert!(!format!("{error:?}").contains("hunter"), "{error:?}");
    says(list(&sshd, with(None)).await, Fault::Permanent, &[&"encrypted", &"key_passphrase_file"]);
}

#[tokio::test]
async fn a_key_that_is_none_is_told() {
    let sshd = Sshd::start(&["ed25519"]);
    sshd.key("id", "ed25519", "");
    for name in ["id.pub", "none"] {
        let login = Login::Key { path: sshd.path(name), passphrase: None };
        says(list(&sshd, login).await, Fault::Permanent, &[&name, &"key"]);
    }
}

#[tokio::test]
async fn a_refusal_says_what_was_tried_and_what_is_allowed() {
    let sshd = Sshd::start(&["ed25519"]);
    let path = sshd.path("stranger");
    keygen(&path, "ed25519", "");
    let mut settings = sshd.settings_with(Login::Key { path, passphrase: None });
    settings.logins.push(Login::Password(Secret::new("hunter2")));
    settings.logins.push(Login::KeyboardInteractive(Secret::new("hunter2")));
    settings.logins.push(Login::Agent { socket: sshd.path("no-agent") });
    let result = drop_at(settings.clone(), &sshd.location("")).list().await;
    let words: [&dyn std::fmt::Display; 6] = [
        &"stranger (ssh-ed25519): refused",
        &"password: not allowed",
        &"keyboard-interactive: not allowed",
        &"agent: cannot be asked",
        &"the server allows: publickey",
        &settings.user,
    ];
    let error = says(result, Fault::Permanent, &words);
    assert!(!format!("{error:?}").contains("hunter2"));
    settings.logins.clear();
    says(drop_at(settings, &sshd.location("")).list().await, Fault::Permanent, &[&"key_file"]);
}

#[tokio::test]
async fn a_password_where_root_runs_the_test() {
    let Some(sshd) = Sshd::start_with_password() else { return };
    sshd.put("a.csv", b"a");
    let with = |password: &str| SftpSettings {
        user: USER.to_owned(),
        ..sshd.settings_with(Login::Password(Secret::new(password)))
    };
    let listing = drop_at(with(PASSWORD), &sshd.location("")).list().await.unwrap();
    assert_eq!(names(&listing), ["a.csv"]);
    let result = drop_at(with("hunter2"), &sshd.location("")).list().await;
    let error =
        says(result, Fault::Permanent, &[&"password: refused", &"the server allows: publickey, password"]);
    assert!(!format!("{error:?}").contains("hunter2"));
}

/// An agent that ends with the test.
struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_keys_of_an_agent() {
    let sshd = Sshd::start(&["ed25519"]);
    sshd.put("a.csv", b"a");
    let socket = sshd.path("agent");
    let mut command = Command::new(program("ssh-agent"));
    let _agent = Agent(command.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).spawn().unwrap());
    for _ in 0..500 {
        if socket.exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let add = |path: &std::path::Path| {
        output(Command::new(program("ssh-add")).arg("-q").arg(path).env("SSH_AUTH_SOCK", &socket));
    };
    says(list(&sshd, Login::Agent { socket: socket.clone() }).await, Fault::Permanent, &[&"it holds no key"]);
    // The server knows the second one only.
    let stranger = sshd.path("stranger");
    keygen(&stranger, "ed25519", "");
    add(&stranger);
    says(list(&sshd, Login::Agent { socket: socket.clone() }).await, Fault::Permanent, &[&"agent: refused"]);
    add(&sshd.key("known", "rsa", ""));
    assert_eq!(list(&sshd, Login::Agent { socket: socket.clone() }).await.unwrap(), ["a.csv"]);
    // So many keys that the server has enough before it comes to the right one.
    output(Command::new(program("ssh-add")).args(["-q", "-D"]).env("SSH_AUTH_SOCK", &socket));
    for number in 0..8 {
        let path = sshd.path(&format!("stranger-{number}"));
        keygen(&path, "ed25519", "");
        add(&path);
    }
    let words: [&dyn std::fmt::Display; 2] =
        [&"the server ended the login", &"Too many authentication failures"];
    says(list(&sshd, Login::Agent { socket }).await, Fault::Permanent, &words);
}
