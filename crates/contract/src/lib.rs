//! What travels between leadq's rooms: columns, tables, ids, findings, settings and the run record.
//!
//! Types only. Nothing here reads a file, a clock, the environment or the network; every other crate
//! depends on this one and this one on none of them.

pub mod alert;
pub mod client;
pub mod column;
pub mod config;
pub mod finding;
pub mod identifier;
pub mod identity;
pub mod kept_rows;
pub mod limits;
pub mod rows;
pub mod run;
pub mod schema;
pub mod snapshot_pattern;
pub mod table;
pub mod text_error;
pub mod vocabulary;

pub use alert::{AlertKind, MailTls};
pub use client::{ClientId, ClientSettings};
pub use column::{CellType, LeadColumn, ReportColumn};
pub use finding::{Finding, FindingCode, Severity};
pub use identifier::{IdentifierKey, IdentifierKind, IdentifierSecret, SurrogateKey};
pub use identity::IdentityRule;
pub use kept_rows::{BookId, BookMark, KeptRows, RowRun};
pub use limits::Limits;
pub use rows::{Bucket, BucketCounts, QuarantinedRow};
pub use schema::{LeadSchema, ReportSchema};
pub use snapshot_pattern::SnapshotPattern;
pub use table::Table;
pub use text_error::TextError;
