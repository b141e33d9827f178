//! A mail server as far as a client needs one, that notes what it is sent. It answers what it is told to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What a server does.
#[derive(Clone, Copy, Default)]
pub(crate) struct Manners {
    /// Its answer to `RCPT TO`, in place of the usual one.
    pub(crate) recipient: Option<&'static str>,
    /// Offers to log in.
    pub(crate) login: bool,
    /// Hangs up instead of a greeting.
    pub(crate) hangs_up: bool,
}

/// What it was sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent {
    /// Lines of the client that are commands.
    pub(crate) commands: Vec<String>,
    /// Mails, each as it came.
    pub(crate) mails: Vec<String>,
}

pub(crate) async fn mail_server(manners: Manners) -> (SocketAddr, Arc<Mutex<Sent>>) {
    let sent = Arc::new(Mutex::new(Sent::default()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let noted = Arc::clone(&sent);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            // A client that goes away ends its own conversation only.
            let _ = converse(socket, manners, &noted).await;
        }
    });
    (address, sent)
}

async fn converse(socket: TcpStream, manners: Manners, sent: &Mutex<Sent>) -> std::io::Result<()> {
    if manners.hangs_up {
        return Ok(());
    }
    let (read, mut write) = socket.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 sink ESMTP\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        sent.lock().unwrap().commands.push(line);
        let answer = match word.as_str() {
            "EHLO" if manners.login => "250-sink\r\n250-AUTH PLAIN\r\n250 8BITMIME",
            "EHLO" => "250-sink\r\n250 8BITMIME",
            "AUTH" => "235 welcome",
            "RCPT" => manners.recipient.unwrap_or("250 fine"),
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    mail.push_str(&line);
                    mail.push('\n');
                }
                sent.lock().unwrap().mails.push(mail);
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}
