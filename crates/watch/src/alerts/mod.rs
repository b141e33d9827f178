//! Alerts: from facts to what is wrong now, from that to what people have to be told, and telling them.
//!
//! [`judge`] is a pure function from the facts of a run to the alerts that are open. The [`AlertBook`] remembers which
//! were open before, so that each is told when it opens and when it closes, and which channel has not been told yet.
//! [`Channels`] tell.

mod band;
mod book;
mod channels;
mod facts;
mod judge;
mod message;
mod smtp;
mod webhook;

pub use band::{Band, Deviation};
pub use book::{AlertBook, Change, Transition};
pub use channels::{ChannelError, Channels, Secrets, deliver};
pub use facts::{
    ClientRates, DataFacts, DeadColumn, Facts, LatestReport, RejectedFile, RowCount, RunFact, Sample,
};
pub use judge::judge;
pub use message::Message;
pub use smtp::Smtp;
pub use webhook::Webhook;

use leadq_contract::AlertKind;
use serde::{Deserialize, Serialize};

/// What makes an alert the same one in two runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlertKey {
    /// What kind of thing.
    pub kind: AlertKind,
    /// Whose; empty for all clients'.
    pub client: String,
    /// Which file or column; empty where there is only one such thing.
    pub subject: String,
}

/// Something that needs somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Which.
    pub key: AlertKey,
    /// What is wrong and where, one sentence.
    pub what: String,
    /// What to do about it, one sentence.
    pub advice: String,
}
