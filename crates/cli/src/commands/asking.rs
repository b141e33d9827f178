//! Options of the commands that ask something of the leads: which leads, and times as people write them.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use clap::Args;
use leadq_contract::table::literal;
use leadq_metrics::{Leads, Predicate};
use leadq_pipeline::View;

use crate::failure::{Failure, Outcome};

/// Which leads.
#[derive(Debug, Args)]
pub(super) struct Asking {
    /// Only this client
    #[arg(long, value_name = "ID")]
    pub(super) client: Option<String>,
    /// Only leads whose outcome fulfils an SQL condition over the columns of fact_lead_outcome
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
}

impl Asking {
    /// The leads asked for. What is wrong with the condition is told before anything is counted.
    pub(super) async fn leads(&self, view: &View<'_>) -> Outcome<Leads> {
        check_client(view, self.client.as_deref()).await?;
        let mut leads = leads_of(self.client.as_deref())?;
        if let Some(condition) = &self.condition {
            let alone = Predicate::parse(condition).map_err(|error| wrong(condition, &error))?;
            view.check(&alone).await.map_err(|error| wrong(condition, &error.reason))?;
            let both = leads.predicate.map(|client| client.and(&alone));
            leads.predicate = Some(both.unwrap_or(alone));
        }
        Ok(leads)
    }

    /// Whether nothing is left out.
    pub(super) const fn is_everything(&self) -> bool {
        self.client.is_none() && self.condition.is_none()
    }
}

/// A client that the run does not have is a slip, and not a client without leads.
pub(super) async fn check_client(view: &View<'_>, asked: Option<&str>) -> Outcome<()> {
    let Some(asked) = asked else { return Ok(()) };
    let clients = view.clients().await?;
    if clients.iter().any(|client| client.client_id == asked) {
        return Ok(());
    }
    let known: Vec<_> = clients.into_iter().map(|client| client.client_id).collect();
    let told = format!("run {} has no client {}", view.run.run, leadq_ingest::redact::cell(asked));
    Err(Failure::data(told).help(format!("its clients are {}", known.join(", "))))
}

/// The leads of one client, or of all.
pub(super) fn leads_of(client: Option<&str>) -> Outcome<Leads> {
    let predicate = client.map(|client| Predicate::parse(&format!("client_id = {}", literal(client))));
    Ok(Leads { predicate: predicate.transpose().map_err(Failure::bug)?, as_of: false })
}

fn wrong(condition: &str, reason: &dyn std::fmt::Display) -> Failure {
    Failure::usage(format!("--where {condition:?} is no condition over the fact: {reason}")).help(
        "write an SQL condition over the columns of fact_lead_outcome, such as \"state = 'NV' AND demo\"; \
         `leadq sql \"DESCRIBE fact_lead_outcome\"` lists them",
    )
}

/// Reads a time as people write it: a date, or a date and a time of day. A date alone means its last second,
/// as it does in the name of a snapshot (spec 1.8).
pub(super) fn time(text: &str) -> Result<NaiveDateTime, String> {
    const FORMATS: [&str; 4] = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let text = text.trim();
    let with_time = FORMATS.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let last_second = NaiveTime::from_hms_opt(23, 59, 59).unwrap_or_default();
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|date| date.and_time(last_second));
    with_time.or_else(date).ok_or_else(|| {
        "a time is written 2023-03-31 or 2023-03-31T14:30, in the client's own zone, without an offset"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_write_them() {
        let read = |text: &str| time(text).map(|time| time.to_string());
        assert_eq!(read("2023-03-31").unwrap(), "2023-03-31 23:59:59");
        for text in ["2023-03-31T14:30", "2023-03-31 14:30", "2023-03-31T14:30:00", " 2023-03-31 14:30:00 "] {
            assert_eq!(read(text).unwrap(), "2023-03-31 14:30:00", "{text}");
        }
        for text in ["", "yesterday", "2023-02-30", "31.03.2023", "2023-03-31T14:30Z"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
