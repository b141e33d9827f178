//! Tells a webhook, in the form that Slack's incoming webhooks take: `{"text": …}`.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use serde_json::json;

use super::message::Message;
use crate::error::WatchError;

/// The longest that one try may take.
const TIME_OUT: Duration = Duration::from_secs(15);
/// Tries.
const TRIES: u32 = 4;
/// The pause after the first try; it doubles after each.
const PAUSE: Duration = Duration::from_secs(2);
/// The longest pause, whatever the server asks for: the next run tries again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A webhook. Its address is a secret: neither errors nor logs hold more of it than the host.
pub struct Webhook {
    client: Client,
    url: Url,
    time_out: Duration,
    pause: Duration,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("host", &self.host()).finish_non_exhaustive()
    }
}

impl Webhook {
    /// A webhook at an address: `https`, or `http` on this machine.
    ///
    /// # Errors
    /// If the text is no such address; the error does not hold it.
    pub fn new(address: &str) -> Result<Self, WatchError> {
        let wrong = |reason: &str| {
            WatchError::new("use", "the address of the webhook", reason)
                .hint("put the address as its server gives it, https://…, alone into the file that alerts.webhook_file names")
        };
        let url = Url::parse(address.trim()).map_err(|error| wrong(&error.to_string()))?;
        let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        match url.scheme() {
            "https" => {}
            "http" if local => {}
            _ => return Err(wrong("it is neither https nor on this machine")),
        }
        choose_provider();
        let client = Client::builder()
            .redirect(Policy::none())
            .user_agent(concat!("leadq/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| WatchError::new("set up", "the webhook", Cause(&error)))?;
        Ok(Self { client, url, time_out: TIME_OUT, pause: PAUSE })
    }

    /// The same with other times: the longest of a try, and the pause after the first.
    #[must_use]
    pub fn with_times(mut self, time_out: Duration, pause: Duration) -> Self {
        (self.time_out, self.pause) = (time_out, pause);
        self
    }

    fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Sends a message; tries again after a time-out, a broken connection, 429 and 5xx.
    ///
    /// # Errors
    /// Names the host and what it said.
    pub async fn send(&self, message: &Message) -> Result<(), WatchError> {
        let body = json!({ "text": slack_text(message) });
        let mut pause = self.pause;
        let mut tried = 1;
        loop {
            let (reason, wait) =
                match self.client.post(self.url.clone()).timeout(self.time_out).json(&body).send().await {
                    Ok(response) if response.status().is_success() => return Ok(()),
                    Ok(response) => {
                        let status = response.status();
                        let again = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
                        let wait = retry_after(&response).unwrap_or(pause);
                        (format!("it answered {status}"), again.then_some(wait))
                    }
                    Err(error) => (Cause(&error).to_string(), Some(pause)),
                };
            match wait.filter(|_| tried < TRIES) {
                Some(wait) => {
                    tracing::info!(webhook.host = self.host(), %reason, "the webhook is tried again");
                    tokio::time::sleep(wait.min(LONGEST_PAUSE)).await;
                }
                None => return Err(self.failed(&reason)),
            }
            tried += 1;
            pause *= 2;
        }
    }

    fn failed(&self, reason: &str) -> WatchError {
        WatchError::new("tell", format!("the webhook at {}", self.host()), reason).hint(
            "the next run tells it; if the address has changed, put the new one into the webhook's file",
        )
    }
}

/// An error of the client and its causes, without the address.
struct Cause<'a>(&'a reqwest::Error);

impl std::fmt::Display for Cause<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The error itself would name the address; its causes speak of names, ports and certificates.
        if self.0.is_timeout() {
            return f.write_str("it did not answer in time");
        }
        f.write_str(if self.0.is_connect() { "it cannot be reached" } else { "the connection broke" })?;
        let mut cause = std::error::Error::source(self.0);
        while let Some(error) = cause {
            cause = error.source();
            if cause.is_none() {
                write!(f, ": {error}")?;
            }
        }
        Ok(())
    }
}

/// How long a server asks to wait, where it says so in seconds.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The text with the three characters escaped that mean something to Slack: nobody's file name calls a whole channel.
fn slack_text(message: &Message) -> String {
    let text = format!("{}\n\n{}", message.subject, message.text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Chooses the cryptography of TLS for this process, unless somebody has.
fn choose_provider() {
    // It fails only if one has been chosen already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_by_its_host_only() {
        let webhook = Webhook::new(" https://hooks.example.com/services/T0/SECRET\n").unwrap();
        assert_eq!(format!("{webhook:?}"), "Webhook { host: \"hooks.example.com\", .. }");
        let told = webhook.failed("it answered 404").to_string();
        assert_eq!(told, "cannot tell the webhook at hooks.example.com: it answered 404");
        for address in ["", "hooks/SECRET", "http://hooks.example.com/SECRET", "ftp://localhost/SECRET"] {
            let error = Webhook::new(address).unwrap_err();
            assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
        }
        assert!(Webhook::new("http://127.0.0.1:1/x").is_ok());
    }

    #[test]
    fn nobody_is_called_by_a_name() {
        let message = Message { subject: "leadq: a".to_owned(), text: "<!channel> & <@U1>".to_owned() };
        assert_eq!(slack_text(&message), "leadq: a\n\n&lt;!channel&gt; &amp; &lt;@U1&gt;");
    }
}
