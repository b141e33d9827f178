//! What travels between leadq's rooms: columns, tables, ids, findings, settings and the run record.
//!
//! Types only. Nothing here reads a file, a clock, the environment or the network; every other crate
//! depends on this one and this one on none of them.

pub mod client;
pub mod column;
pub mod finding;
pub mod identifier;
pub mod limits;
pub mod rows;
pub mod run;
pub mod table;
pub mod vocabulary;

pub use client::{ClientId, ClientSettings};
pub use column::{CellType, LeadColumn, ReportColumn};
pub use finding::{Finding, FindingCode, Severity};
pub use identifier::{IdentifierKey, IdentifierKind, IdentifierSecret, SurrogateKey};
pub use limits::Limits;
pub use rows::{Bucket, BucketCounts, QuarantinedRow};
pub use table::Table;
