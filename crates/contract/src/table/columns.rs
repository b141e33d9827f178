//! The columns of each table.

use arrow::datatypes::{DataType, Field};

use super::{Table, samples_type};
use crate::rows::{Bucket, PRICE, WALL_TIME, instant};

/// A table's columns, in stored order.
pub(super) fn of(table: Table, dimensions: &[String]) -> Vec<Field> {
    match table {
        Table::DimLead => dim_lead(dimensions),
        Table::DimDate => DIM_DATE.iter().map(Column::field).collect(),
        Table::DimPlace => DIM_PLACE.iter().map(Column::field).collect(),
        Table::DimStatus => DIM_STATUS.iter().map(Column::field).collect(),
        Table::DimDisposition => DIM_DISPOSITION.iter().map(Column::field).collect(),
        Table::DimClient => DIM_CLIENT.iter().map(Column::field).collect(),
        Table::DimSnapshot => dim_snapshot(),
        Table::ColumnHealth => COLUMN_HEALTH.iter().map(Column::field).collect(),
        Table::ReportFile => report_file(),
        Table::RecordVersion => record_version(),
        Table::CrmRecord => crm_record(),
        Table::LeadLink => LEAD_LINK.iter().map(Column::field).collect(),
        Table::FactLeadOutcome => fact_lead_outcome(dimensions),
        Table::Claim => claim(),
        Table::Finding => finding(),
        Table::Quarantine => QUARANTINE.iter().map(Column::field).collect(),
    }
}

/// Kind of a column, in the types that Delta Lake knows.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Integer,
    Bool,
    Date,
    /// Wall time of the client's zone.
    Wall,
    Instant,
    /// Surrogate key (16 bytes) or keyed identifier (32 bytes).
    Key,
}

/// A column: name, kind, whether it may be null.
struct Column(&'static str, Kind, bool);

impl Column {
    fn field(&self) -> Field {
        let data_type = match self.1 {
            Kind::Text => DataType::Utf8,
            Kind::Integer => DataType::Int64,
            Kind::Bool => DataType::Boolean,
            Kind::Date => DataType::Date32,
            Kind::Wall => WALL_TIME,
            Kind::Instant => instant(),
            Kind::Key => DataType::Binary,
        };
        Field::new(self.0, data_type, self.2)
    }
}

const NULL: bool = true;
const SOME: bool = false;
use Kind::{Bool, Date, Instant, Integer, Key, Text, Wall};

const DIM_DATE: &[Column] = &[
    Column("date", Date, SOME),
    Column("year", Integer, SOME),
    Column("quarter", Integer, SOME),
    Column("month", Integer, SOME),
    Column("month_name", Text, SOME),
    Column("iso_year", Integer, SOME),
    Column("iso_week", Integer, SOME),
    Column("day", Integer, SOME),
    Column("weekday", Text, SOME),
];

const DIM_PLACE: &[Column] = &[
    Column("place_key", Key, SOME),
    Column("city", Text, NULL),
    Column("state", Text, NULL),
    Column("zip", Text, NULL),
];

const DIM_STATUS: &[Column] = &[
    Column("status_key", Key, SOME),
    Column("client_id", Text, SOME),
    Column("job_status", Text, SOME),
    Column("stage", Text, SOME),
];

const DIM_DISPOSITION: &[Column] = &[
    Column("disposition_key", Key, SOME),
    Column("client_id", Text, SOME),
    Column("dispo", Text, SOME),
    Column("outcome", Text, SOME),
    // what it claims against the seller; null unless the outcome is `dq_seller`
    Column("claim", Text, NULL),
];

const DIM_CLIENT: &[Column] = &[
    Column("client_key", Key, SOME),
    Column("client_id", Text, SOME),
    Column("name", Text, SOME),
    Column("timezone", Text, SOME),
    Column("max_leads_per_key", Integer, SOME),
    Column("max_records_per_key", Integer, SOME),
    Column("snapshots", Integer, SOME),
    Column("first_snapshot_at", Wall, NULL),
    Column("last_snapshot_at", Wall, NULL),
    Column("last_snapshot_instant", Instant, NULL),
];

/// Informative cells are those that say something before a place is filled from `location` (spec 1.9).
const COLUMN_HEALTH: &[Column] = &[
    Column("client_id", Text, SOME),
    Column("snapshot_no", Integer, SOME),
    Column("snapshot_at", Wall, SOME),
    Column("file", Text, SOME),
    Column("column", Text, SOME),
    Column("kept", Integer, SOME),
    Column("informative", Integer, SOME),
    Column("present", Bool, SOME),
    Column("dead", Bool, SOME),
];

/// What is claimed of which lead, the verdict, and what it rests on (spec 2.7).
const CLAIM: &[Column] = &[
    Column("record_key", Key, SOME),
    Column("client_id", Text, SOME),
    Column("lead_number", Text, NULL),
    Column("lead_key", Key, SOME),
    Column("lead_uuid", Text, SOME),
    Column("dispo", Text, SOME),
    Column("claim", Text, SOME),
    Column("verdict", Text, SOME),
    Column("evidence", Text, NULL),
    Column("evidence_count", Integer, SOME),
    // one of them: a lead, or a record and the lead that it is linked to
    Column("evidence_lead_uuid", Text, NULL),
    Column("evidence_lead_number", Text, NULL),
    // when it was delivered, entered (midnight of the day) or first seen set
    Column("evidence_at", Wall, NULL),
    Column("shared_by", Text, NULL),
    Column("delivered_at", Instant, NULL),
    Column("entry_date", Date, NULL),
    Column("zip", Text, NULL),
];

const LEAD_LINK: &[Column] = &[
    Column("record_key", Key, SOME),
    Column("client_id", Text, SOME),
    Column("lead_number", Text, NULL),
    Column("lead_key", Key, SOME),
    Column("lead_uuid", Text, SOME),
    Column("tier", Integer, SOME),
    Column("match_type", Text, SOME),
    Column("by_latest_version", Bool, SOME),
    Column("rank", Integer, SOME),
    Column("selected", Bool, SOME),
];

const QUARANTINE: &[Column] = &[
    Column("client_id", Text, SOME),
    Column("file", Text, SOME),
    Column("line", Integer, SOME),
    Column("reason", Text, SOME),
    Column("text", Text, SOME),
];

/// A record's state (spec 2.2): what a version holds.
const STATE: &[Column] = &[
    Column("email_key", Key, NULL),
    Column("phone_key", Key, NULL),
    Column("entry_date", Date, NULL),
    Column("city", Text, NULL),
    Column("state", Text, NULL),
    Column("zip", Text, NULL),
    Column("appt_at", Wall, NULL),
];

const FACT: &[Column] = &[
    Column("lead_uuid", Text, SOME),
    Column("client_id", Text, SOME),
    Column("delivered_at", Instant, NULL),
    Column("matched", Bool, SOME),
    Column("match_type", Text, NULL),
    Column("records", Integer, SOME),
    Column("stage", Text, SOME),
    Column("quality", Text, SOME),
    Column("set", Bool, SOME),
    Column("set_inferred", Bool, SOME),
    Column("set_now", Bool, SOME),
    Column("appointment", Bool, SOME),
    Column("appt_at", Wall, NULL),
    Column("demo", Bool, SOME),
    Column("demo_now", Bool, SOME),
    Column("sold", Bool, SOME),
    Column("cancelled", Bool, SOME),
    Column("net_sold", Bool, SOME),
    Column("entry_date", Date, NULL),
    Column("city", Text, NULL),
    Column("state", Text, NULL),
    Column("zip", Text, NULL),
    Column("dispo", Text, NULL),
    Column("job_status", Text, NULL),
    Column("first_matched_snapshot", Wall, NULL),
    Column("first_set_snapshot", Wall, NULL),
    Column("first_demo_snapshot", Wall, NULL),
    Column("first_sold_snapshot", Wall, NULL),
    Column("outcome", Text, NULL),
    Column("disqualified", Bool, SOME),
    Column("duplicate_lead", Bool, SOME),
    Column("matchable", Bool, SOME),
    Column("in_scope", Bool, SOME),
];

/// Star-schema keys of the fact, after the columns that chapter 4 lists; exports leave them out.
const FACT_KEYS: &[Column] = &[
    Column("lead_key", Key, SOME),
    Column("client_key", Key, SOME),
    Column("primary_record_key", Key, NULL),
    Column("place_key", Key, NULL),
    Column("status_key", Key, NULL),
    Column("disposition_key", Key, NULL),
];

fn columns(parts: &[&[Column]]) -> Vec<Field> {
    parts.iter().flat_map(|part| part.iter().map(Column::field)).collect()
}

fn lead_dimensions(dimensions: &[String]) -> impl Iterator<Item = Field> {
    dimensions
        .iter()
        .map(|name| Field::new(name, DataType::Utf8, true))
        .chain(std::iter::once(Field::new("price", PRICE, true)))
}

fn dim_lead(dimensions: &[String]) -> Vec<Field> {
    let mut fields = columns(&[&[
        Column("lead_key", Key, SOME),
        Column("client_id", Text, SOME),
        Column("lead_uuid", Text, SOME),
        Column("delivered_at", Instant, NULL),
        Column("delivered_local", Wall, NULL),
        Column("email_key", Key, NULL),
        Column("phone_key", Key, NULL),
        Column("city", Text, NULL),
        Column("state", Text, NULL),
        Column("zip", Text, NULL),
    ]]);
    fields.extend(lead_dimensions(dimensions));
    fields.extend(columns(&[&[
        Column("matchable", Bool, SOME),
        Column("duplicate_lead", Bool, SOME),
        Column("in_scope", Bool, SOME),
        // where its row stands: name of the leads file, and position from 1
        Column("leads_file", Text, NULL),
        Column("leads_row", Integer, NULL),
    ]]));
    fields
}

fn fact_lead_outcome(dimensions: &[String]) -> Vec<Field> {
    let mut fields = columns(&[FACT]);
    fields.extend(lead_dimensions(dimensions));
    fields.extend(columns(&[FACT_KEYS]));
    fields
}

fn claim() -> Vec<Field> {
    let mut fields = columns(&[CLAIM]);
    fields.push(Field::new("price", PRICE, true));
    fields
}

fn bucket_fields() -> impl Iterator<Item = Field> {
    std::iter::once("rows_read")
        .chain(Bucket::ALL.into_iter().map(Bucket::name))
        .map(|name| Field::new(name, DataType::Int64, false))
}

fn dim_snapshot() -> Vec<Field> {
    let mut fields = columns(&[&[
        Column("snapshot_key", Key, SOME),
        Column("client_id", Text, SOME),
        Column("snapshot_no", Integer, SOME),
        Column("snapshot_at", Wall, SOME),
        Column("file", Text, SOME),
        Column("content_key", Key, SOME),
    ]]);
    fields.extend(bucket_fields());
    fields.extend(columns(&[&[
        Column("rows_set", Integer, SOME),
        Column("rows_set_and_demo", Integer, SOME),
        Column("entry_from", Date, NULL),
        Column("entry_to", Date, NULL),
        Column("dead_columns", Text, NULL),
    ]]));
    fields
}

fn report_file() -> Vec<Field> {
    let mut fields = columns(&[&[
        Column("client_id", Text, SOME),
        Column("file", Text, SOME),
        Column("snapshot_at", Wall, SOME),
        Column("status", Text, SOME),
        Column("reason", Text, NULL),
        Column("content_key", Key, SOME),
        Column("bytes", Integer, SOME),
    ]]);
    fields.extend(bucket_fields());
    // Encoding and delimiter, or sheet, and what was taken off before: for people.
    fields.push(Column("read_as", Text, SOME).field());
    fields
}

fn record_version() -> Vec<Field> {
    columns(&[
        &[
            Column("record_key", Key, SOME),
            Column("client_id", Text, SOME),
            Column("lead_number", Text, NULL),
            Column("version", Integer, SOME),
            Column("valid_from", Wall, SOME),
            Column("valid_to", Wall, NULL),
            Column("snapshot_no", Integer, SOME),
            Column("file", Text, SOME),
            Column("line", Integer, SOME),
        ],
        STATE,
        &[
            Column("set", Bool, SOME),
            Column("set_inferred", Bool, SOME),
            Column("demo", Bool, SOME),
            Column("dispo", Text, NULL),
            Column("job_status", Text, NULL),
            Column("unset", Bool, SOME),
        ],
    ])
}

fn crm_record() -> Vec<Field> {
    columns(&[
        &[
            Column("record_key", Key, SOME),
            Column("client_id", Text, SOME),
            Column("lead_number", Text, NULL),
            Column("versions", Integer, SOME),
            Column("first_snapshot_no", Integer, SOME),
            Column("first_seen_at", Wall, SOME),
            Column("first_line", Integer, SOME),
            Column("last_snapshot_no", Integer, SOME),
            Column("last_seen_at", Wall, SOME),
            Column("last_file", Text, SOME),
            Column("last_line", Integer, SOME),
            Column("presence", Text, SOME),
        ],
        STATE,
        &[
            Column("state_demo", Bool, SOME),
            Column("dispo", Text, NULL),
            Column("job_status", Text, NULL),
            Column("set", Bool, SOME),
            Column("set_said", Bool, SOME),
            Column("set_inferred", Bool, SOME),
            Column("set_now", Bool, SOME),
            Column("set_now_inferred", Bool, SOME),
            Column("demo", Bool, SOME),
            Column("demo_seen", Bool, SOME),
            Column("demo_now", Bool, SOME),
            Column("sold", Bool, SOME),
            Column("first_set_snapshot", Wall, NULL),
            Column("first_demo_snapshot", Wall, NULL),
            Column("first_sold_snapshot", Wall, NULL),
        ],
    ])
}

fn finding() -> Vec<Field> {
    let mut fields = columns(&[&[
        Column("code", Text, SOME),
        Column("severity", Text, SOME),
        Column("client_id", Text, SOME),
        Column("file", Text, NULL),
        Column("line", Integer, NULL),
        Column("column", Text, NULL),
        Column("count", Integer, SOME),
    ]]);
    fields.push(Field::new("samples", samples_type(), true));
    fields
}
