//! `[schedule]` and `[alerts]`: when leadq runs by itself, and whom it tells.

use std::fmt;
use std::net::SocketAddr;

use chrono_tz::Tz;
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use toml::Spanned;

use super::values::{self, addresses, count, names};
use crate::alert::{AlertKind, MailTls};

/// `[schedule]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleConfig {
    /// When to run, with its place: what a cron expression means is not known here.
    pub cron: Option<Spanned<CronExpressions>>,
    /// The zone of the expressions.
    #[serde(default, deserialize_with = "values::zone")]
    pub timezone: Option<Tz>,
    /// Where monitoring asks.
    #[serde(default, deserialize_with = "address")]
    pub listen: Option<SocketAddr>,
    /// Names, beside addresses and `localhost`, that requests may be sent to.
    pub hosts: Option<Vec<String>>,
    /// Whether runs that were missed while leadq was not running are made up for by one.
    pub catch_up: Option<bool>,
    /// How many runs in a row may fail before it is not ready any more.
    #[serde(default, deserialize_with = "count")]
    pub max_failures: Option<u32>,
}

/// Cron expressions, as they are written: one text, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronExpressions(pub Vec<String>);

impl<'de> Deserialize<'de> for CronExpressions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMore)
    }
}

/// Reads a text or a list of texts.
struct OneOrMore;

impl<'de> Visitor<'de> for OneOrMore {
    type Value = CronExpressions;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cron expression, as \"0 1,13 * * *\", or a list of them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<CronExpressions, E> {
        Ok(CronExpressions(vec![text.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<CronExpressions, A::Error> {
        let mut expressions = Vec::new();
        while let Some(expression) = items.next_element()? {
            expressions.push(expression);
        }
        if expressions.is_empty() {
            return Err(A::Error::custom("names no time; give a cron expression, as \"0 1,13 * * *\""));
        }
        Ok(CronExpressions(expressions))
    }
}

/// `[alerts]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertsConfig {
    /// File that holds the address of the webhook.
    pub webhook_file: Option<String>,
    /// Kinds that nobody is told of.
    #[serde(default, deserialize_with = "names")]
    pub off: Vec<AlertKind>,
    /// Mail.
    pub smtp: Option<SmtpConfig>,
}

/// `[alerts.smtp]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// The mail server.
    pub host: String,
    /// Its port.
    #[serde(default, deserialize_with = "count")]
    pub port: Option<u16>,
    /// How the connection is encrypted.
    #[serde(default, deserialize_with = "values::named")]
    pub tls: Option<MailTls>,
    /// Who logs in.
    pub user: Option<String>,
    /// File of the password.
    pub password_file: Option<String>,
    /// The sender.
    pub from: Spanned<String>,
    /// The recipients.
    #[serde(deserialize_with = "addresses")]
    pub to: Vec<Spanned<String>>,
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    values::text(deserializer, "an address in quotes, as \"127.0.0.1:9464\"", |text| {
        text.parse().map(Some).map_err(|_| format!("{text:?} is no address; write it as 127.0.0.1:9464"))
    })
}
