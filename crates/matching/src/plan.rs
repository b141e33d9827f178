//! The second half of room 2 as a list of queries: from folded tables to links, outcomes and findings.
//!
//! Each step is one query over tables made before it; an engine executes it and nothing else needs to be
//! known of it. The `.sql` files are named after the table that they make. No step looks beyond one client, but for
//! the last few: so a client in which nothing changed is left alone.

use leadq_contract::table::quoted;
use leadq_contract::{Finding, FindingCode, Table};

/// Tables of the client that must be readable before the first step, beside those that the fold and the reader
/// make of [`Table`]: `dim_snapshot`, `dim_client`, `dim_status`, `dim_disposition` and `crm_record`.
pub mod input {
    /// Clean leads, [`lead_rows`](leadq_contract::rows::lead_rows).
    pub const LEAD_CLEAN: &str = "lead_clean";
    /// Leads files: `leads_file`, `place` in their order.
    pub const LEADS_FILE: &str = "leads_file";
    /// Pairs of identifiers that records ever carried: `client_id`, `record_key`, `lead_number`, `email_key`,
    /// `phone_key`, `last_version`, `is_latest`.
    pub const RECORD_IDENTITY: &str = "record_identity";
    /// Versions that took back a `set`: `client_id`, `lead_number`, `file`, `line`.
    pub const UNSET_VERSION: &str = "unset_version";
    /// How long the hashes are: `client_id`, `side` (`leads`, `reports`), `kind`, `digits`, `cells`.
    pub const HASH_DIGITS: &str = "hash_digits";
    /// Identifiers of rows that no record version has: `client_id`, `email_key`, `phone_key`.
    pub const ROW_IDENTITY: &str = "row_identity";
    /// Findings of reading and folding, as [`Table::Finding`](leadq_contract::Table::Finding).
    pub const FILE_FINDING: &str = "file_finding";
    /// Of all clients, before the last steps: `first_day`, `last_day`.
    pub const CLIENT_DAYS: &str = "client_days";
}

/// Where a step's rows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Only to later steps, under this name.
    Scratch(&'static str),
    /// To a table of the lake, and to later steps under the table's name.
    Table(Table),
}

/// One query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where its rows go.
    pub output: Output,
    /// The query.
    pub sql: String,
}

/// The steps of one client, in order. `dimensions` are the lead's, as configured.
#[must_use]
pub fn steps(dimensions: &[String]) -> Vec<Step> {
    let with = |alias: &str, sql: &str| {
        let columns: String =
            dimensions.iter().map(|name| format!("{alias}.{},\n    ", quoted(name))).collect();
        sql.replace("{dimensions}", columns.trim_end())
    };
    let scratch = |name, sql: &str| Step { output: Output::Scratch(name), sql: sql.to_owned() };
    vec![
        table(Table::DimLead, with("d", include_str!("sql/dim_lead.sql"))),
        scratch("hub_identifier", include_str!("sql/hub_identifier.sql")),
        table(Table::LeadLink, include_str!("sql/lead_link.sql").to_owned()),
        table(Table::FactLeadOutcome, with("l", include_str!("sql/fact_lead_outcome.sql"))),
        scratch("claimed", include_str!("sql/claimed.sql")),
        scratch("claimed_identifier", include_str!("sql/claimed_identifier.sql")),
        table(Table::Claim, include_str!("sql/claim.sql").to_owned()),
        table(Table::Finding, findings()),
    ]
}

/// The steps over all clients, after those of each.
#[must_use]
pub fn closing_steps() -> Vec<Step> {
    vec![
        table(Table::DimPlace, include_str!("sql/dim_place.sql").to_owned()),
        table(Table::DimDate, include_str!("sql/dim_date.sql").to_owned()),
    ]
}

fn table(table: Table, sql: String) -> Step {
    Step { output: Output::Table(table), sql }
}

macro_rules! rules {
    ($($code:ident = $file:literal;)*) => {
        /// The rules of 2.6 that are told from the tables: each file gives one row an occurrence.
        const RULES: &[(FindingCode, &str)] = &[
            $((FindingCode::$code, include_str!(concat!("sql/finding/", $file, ".sql"))),)*
        ];
    };
}

rules! {
    DemoWithoutSet = "demo_without_set";
    SetWithoutAppt = "set_without_appt";
    ApptWithoutSet = "appt_without_set";
    SaleWithoutDemo = "sale_without_demo";
    DemoBeforeAppt = "demo_before_appt";
    EntryAfterSnapshot = "entry_after_snapshot";
    Unset = "unset";
    Vanished = "vanished";
    AgedOut = "aged_out";
    SetInferred = "set_inferred";
    SharedIdentity = "shared_identity";
    CityInManyStates = "city_in_many_states";
    HubIdentifier = "hub_identifier";
    HashConventionMismatch = "hash_convention_mismatch";
    DuplicateLead = "duplicate_lead";
    UnmatchableLead = "unmatchable_lead";
    AmbiguousLink = "ambiguous_link";
    ConflictLink = "conflict_link";
    UnmappedDisposition = "unmapped_disposition";
    ClaimSupported = "claim_supported";
    ClaimContradicted = "claim_contradicted";
}

/// All findings: those of reading and folding, and one query a rule.
fn findings() -> String {
    let mut sql = format!("SELECT * FROM {}", input::FILE_FINDING);
    for (code, occurrences) in RULES {
        sql.push_str("\nUNION ALL\n");
        sql.push_str(
            &include_str!("sql/finding.sql")
                .replace("{code}", code.name())
                .replace("{severity}", code.severity().name())
                .replace("{max_samples}", &Finding::MAX_SAMPLES.to_string())
                .replace("{sample_length}", &Finding::SAMPLE_LENGTH.to_string())
                .replace("{occurrences}", occurrences),
        );
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_fill_in() {
        let dimensions = ["source".to_owned(), "odd \"name".to_owned()];
        for step in steps(&dimensions).into_iter().chain(closing_steps()) {
            assert!(!step.sql.contains('{'), "{}", step.sql);
        }
        assert!(steps(&["odd \"name".to_owned()])[0].sql.contains("d.\"odd \"\"name\","));
    }

    #[test]
    fn each_rule_is_named_as_its_code() {
        for (code, sql) in RULES {
            assert!(sql.starts_with(&format!("-- {}: ", code.name())), "{}", code.name());
        }
    }
}
