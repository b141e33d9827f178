//! What room 1 hands on: clean rows, the bucket of every row, quarantined rows.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// Where a data row ends up (spec 1.7), in the order in which the rules are tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Bucket {
    /// Cannot be read as a row; quarantined.
    Malformed,
    /// Only dashes.
    Separator,
    /// The export's closing line.
    Footer,
    /// The header again.
    RepeatedHeader,
    /// All recognised cells null.
    Blank,
    /// No email, phone or lead number; quarantined.
    NoIdentity,
    /// On the suppression list.
    Forgotten,
    /// Equal to a row kept earlier in the file.
    Duplicate,
    /// Goes on.
    Kept,
}

impl Bucket {
    /// Every bucket, in the order of the rules.
    pub const ALL: [Self; 9] = [
        Self::Malformed,
        Self::Separator,
        Self::Footer,
        Self::RepeatedHeader,
        Self::Blank,
        Self::NoIdentity,
        Self::Forgotten,
        Self::Duplicate,
        Self::Kept,
    ];

    /// Name in tables and output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Separator => "separator",
            Self::Footer => "footer",
            Self::RepeatedHeader => "repeated_header",
            Self::Blank => "blank",
            Self::NoIdentity => "no_identity",
            Self::Forgotten => "forgotten",
            Self::Duplicate => "duplicate",
            Self::Kept => "kept",
        }
    }
}

/// How many rows of a file fell into each bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct BucketCounts([u64; Bucket::ALL.len()]);

impl BucketCounts {
    /// Counts one row.
    pub const fn add(&mut self, bucket: Bucket) {
        self.0[bucket as usize] += 1;
    }

    /// Rows in one bucket.
    #[must_use]
    pub const fn get(&self, bucket: Bucket) -> u64 {
        self.0[bucket as usize]
    }

    /// Rows read: the sum of the buckets.
    #[must_use]
    pub fn rows_read(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// A row set aside, with its text redacted, so that the client can be shown what to fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedRow {
    /// Physical line of the row's first line, 1-based; of a leads file the row's position.
    pub line: u64,
    /// Why: a bucket's or finding's name.
    pub reason: &'static str,
    /// The raw text, identifiers masked.
    pub text: String,
}

/// Fields of a clean report row. `line` is the physical line of the row's first line; identifiers are
/// keyed (32 bytes); `city` and `state` are filled from `location`.
pub mod field {
    /// Physical line, 1-based.
    pub const LINE: usize = 0;
    /// Day of entry.
    pub const ENTRY_DATE: usize = 1;
    /// The client's number of the lead.
    pub const LEAD_NUMBER: usize = 2;
    /// Keyed email hash.
    pub const EMAIL_KEY: usize = 3;
    /// Keyed phone hash.
    pub const PHONE_KEY: usize = 4;
    /// City.
    pub const CITY: usize = 5;
    /// State code.
    pub const STATE: usize = 6;
    /// ZIP code.
    pub const ZIP: usize = 7;
    /// Wall time of the appointment.
    pub const APPT_AT: usize = 8;
    /// Appointment set.
    pub const SET: usize = 9;
    /// Demo held.
    pub const DEMO: usize = 10;
    /// Disposition.
    pub const DISPO: usize = 11;
    /// Job status.
    pub const JOB_STATUS: usize = 12;
}

/// Wall time without a zone, in seconds of precision but microseconds of unit, as Delta Lake keeps it.
pub const WALL_TIME: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

/// An instant in UTC.
#[must_use]
pub fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// A column of few distinct values within a file.
#[must_use]
pub fn category() -> DataType {
    DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8))
}

/// Schema of the clean rows of a report, by the positions in [`field`].
#[must_use]
pub fn report_rows() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let nullable = |name, data_type| Field::new(name, data_type, true);
        Arc::new(Schema::new(vec![
            Field::new("line", DataType::UInt64, false),
            nullable("entry_date", DataType::Date32),
            nullable("lead_number", DataType::Utf8),
            nullable("email_key", DataType::FixedSizeBinary(32)),
            nullable("phone_key", DataType::FixedSizeBinary(32)),
            nullable("city", category()),
            nullable("state", category()),
            nullable("zip", category()),
            nullable("appt_at", WALL_TIME),
            nullable("set", DataType::Boolean),
            nullable("demo", DataType::Boolean),
            nullable("dispo", category()),
            nullable("job_status", category()),
        ]))
    });
    Arc::clone(&SCHEMA)
}

/// Schema of clean leads: one row a row of the files, repeated leads included. Dimensions, as text, come
/// before `price`; `leads_file` and `leads_row` (from 1) say where the row stands.
#[must_use]
pub fn lead_rows(dimensions: &[String]) -> SchemaRef {
    let nullable = |name: &str, data_type| Field::new(name, data_type, true);
    let mut fields = vec![
        Field::new("lead_key", DataType::Binary, false),
        Field::new("client_id", DataType::Utf8, false),
        Field::new("lead_uuid", DataType::Utf8, false),
        Field::new("leads_file", DataType::Utf8, false),
        Field::new("leads_row", DataType::Int64, false),
        nullable("email_key", DataType::Binary),
        nullable("phone_key", DataType::Binary),
        nullable("delivered_at", instant()),
        nullable("delivered_local", WALL_TIME),
        nullable("city", DataType::Utf8),
        nullable("state", DataType::Utf8),
        nullable("zip", DataType::Utf8),
    ];
    fields.extend(dimensions.iter().map(|name| nullable(name, DataType::Utf8)));
    fields.push(nullable("price", PRICE));
    Arc::new(Schema::new(fields))
}

/// Type of a lead's price: an amount of money to a hundredth of a cent.
pub const PRICE: DataType = DataType::Decimal128(18, 4);
