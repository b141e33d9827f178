//! The tables of the lake: names, columns, types, and what an export shows (spec 2.4 and chapter 4).

mod columns;

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

/// What chapter 4 shows of `lead_link`.
const LEAD_LINK_EXPORT: &[&str] =
    &["record_key", "lead_number", "lead_uuid", "tier", "match_type", "selected"];

/// A table of the lake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// One row a lead delivered.
    DimLead,
    /// One row a day.
    DimDate,
    /// One row a city, state and ZIP code.
    DimPlace,
    /// One row a job status of a client.
    DimStatus,
    /// One row a disposition of a client.
    DimDisposition,
    /// One row a client.
    DimClient,
    /// One row a snapshot taken in.
    DimSnapshot,
    /// One row a canonical column of a snapshot taken in: how much its cells say.
    ColumnHealth,
    /// One row a report file seen, whatever became of it.
    ReportFile,
    /// One row a version of a CRM record.
    RecordVersion,
    /// One row a CRM record: its latest state and milestones; what the fold goes on from.
    CrmRecord,
    /// One row a candidate lead of a record.
    LeadLink,
    /// One row a lead: what became of it.
    FactLeadOutcome,
    /// One row a claim of a client against the seller of a lead: what the data say to it.
    Claim,
    /// One row a data-quality finding.
    Finding,
    /// One row a row set aside.
    Quarantine,
}

impl Table {
    /// Every table, in the order in which a run commits them.
    pub const ALL: [Self; 16] = [
        Self::ReportFile,
        Self::DimSnapshot,
        Self::ColumnHealth,
        Self::DimClient,
        Self::DimStatus,
        Self::DimDisposition,
        Self::RecordVersion,
        Self::CrmRecord,
        Self::Quarantine,
        Self::DimLead,
        Self::LeadLink,
        Self::FactLeadOutcome,
        Self::Claim,
        Self::DimPlace,
        Self::DimDate,
        Self::Finding,
    ];

    /// Name in the lake, in SQL and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DimLead => "dim_lead",
            Self::DimDate => "dim_date",
            Self::DimPlace => "dim_place",
            Self::DimStatus => "dim_status",
            Self::DimDisposition => "dim_disposition",
            Self::DimClient => "dim_client",
            Self::DimSnapshot => "dim_snapshot",
            Self::ColumnHealth => "column_health",
            Self::ReportFile => "report_file",
            Self::RecordVersion => "record_version",
            Self::CrmRecord => "crm_record",
            Self::LeadLink => "lead_link",
            Self::FactLeadOutcome => "fact_lead_outcome",
            Self::Claim => "claim",
            Self::Finding => "finding",
            Self::Quarantine => "quarantine",
        }
    }

    /// The table of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Its columns, in stored order. `dimensions` are the lead's, as configured.
    #[must_use]
    pub fn schema(self, dimensions: &[String]) -> SchemaRef {
        Arc::new(Schema::new(columns::of(self, dimensions)))
    }

    /// The columns that an export shows, in order: the fixed lists of chapter 4 for the two tables that
    /// have one, every column otherwise.
    #[must_use]
    pub fn export_columns(self, dimensions: &[String]) -> Vec<String> {
        let all = columns::of(self, dimensions);
        let shown = |name: &str| match self {
            Self::FactLeadOutcome => !name.ends_with("_key"),
            Self::LeadLink => LEAD_LINK_EXPORT.contains(&name),
            _ => true,
        };
        all.iter().map(|f| f.name().clone()).filter(|name| shown(name)).collect()
    }

    /// Columns that identify a row; exports are sorted by them.
    #[must_use]
    pub const fn sort_columns(self) -> &'static [&'static str] {
        match self {
            Self::DimLead | Self::FactLeadOutcome => &["client_id", "lead_uuid"],
            Self::DimDate => &["date"],
            Self::DimPlace => &["city", "state", "zip"],
            Self::DimStatus => &["client_id", "job_status"],
            Self::DimDisposition => &["client_id", "dispo"],
            Self::DimClient => &["client_id"],
            Self::DimSnapshot => &["client_id", "snapshot_no"],
            Self::ColumnHealth => &["client_id", "snapshot_no", "column"],
            Self::ReportFile => &["client_id", "snapshot_at", "file", "status"],
            Self::RecordVersion => &["client_id", "lead_number", "record_key", "version"],
            Self::CrmRecord | Self::Claim => &["client_id", "lead_number", "record_key"],
            Self::LeadLink => &["client_id", "lead_number", "record_key", "rank"],
            Self::Finding => &["code", "client_id", "file", "column"],
            Self::Quarantine => &["client_id", "file", "line"],
        }
    }
}

/// Whether a column's values hardly repeat within a table, as those of keys, numbers of rows and exact times: looking
/// for repeated ones in them is lost work.
#[must_use]
pub fn is_distinct(column: &Field) -> bool {
    const DISTINCT: [&str; 8] = [
        "lead_number",
        "leads_row",
        "line",
        "first_line",
        "last_line",
        "delivered_at",
        "delivered_local",
        "text",
    ];
    is_random(column) || DISTINCT.contains(&column.name().as_str())
}

/// Whether a column's values are random, so that there is nothing in them to compress: keys, and ids as text.
#[must_use]
pub fn is_random(column: &Field) -> bool {
    // Keys of what many rows have in common.
    const SHARED: [&str; 4] = ["client_key", "place_key", "status_key", "disposition_key"];
    let name = column.name().as_str();
    name == "lead_uuid" || (column.data_type().is_binary() && !SHARED.contains(&name))
}

/// A name as an SQL identifier.
#[must_use]
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as an SQL literal.
#[must_use]
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Type of a finding's samples: a list of text.
#[must_use]
pub fn samples_type() -> DataType {
    DataType::List(Arc::new(Field::new("element", DataType::Utf8, true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exported_fact_is_what_chapter_4_lists() {
        let columns = Table::FactLeadOutcome.export_columns(&["source".to_owned()]).join(", ");
        assert_eq!(
            columns,
            "lead_uuid, client_id, delivered_at, matched, match_type, records, stage, quality, set, \
             set_inferred, set_now, appointment, appt_at, demo, demo_now, sold, cancelled, net_sold, \
             entry_date, city, state, zip, dispo, job_status, first_matched_snapshot, first_set_snapshot, \
             first_demo_snapshot, first_sold_snapshot, outcome, disqualified, duplicate_lead, matchable, \
             in_scope, source, price"
        );
    }

    #[test]
    fn the_exported_link_is_what_chapter_4_lists() {
        assert_eq!(
            Table::LeadLink.export_columns(&[]).join(", "),
            "record_key, lead_number, lead_uuid, tier, match_type, selected"
        );
    }

    #[test]
    fn names_are_found_again() {
        for table in Table::ALL {
            assert_eq!(Table::from_name(table.name()), Some(table));
        }
        assert_eq!(Table::from_name("nothing"), None);
    }

    #[test]
    fn every_sort_column_exists() {
        for table in Table::ALL {
            let schema = table.schema(&[]);
            for column in table.sort_columns() {
                assert!(schema.field_with_name(column).is_ok(), "{} {column}", table.name());
            }
        }
    }
}
