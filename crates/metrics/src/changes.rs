//! Changes: what became of the leads between two snapshots, or between two runs, and why.

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use leadq_contract::Table;

use crate::{Leads, Predicate, read};

/// Name of the table of spans that [`Leads::changes`] reads: `client_id`, `from_at`, `to_at` (wall times of the
/// client's zone), `from_no`, `to_no` (numbers of the last snapshots then), `to_entry_from` (the earliest entry date in
/// the later one).
pub const SPAN: &str = "span";

/// What stands before the names of the earlier run's tables in [`of_runs_sql`] and [`bridge_sql`].
pub const BEFORE: &str = "before_";

/// The tables of the earlier run that these read.
pub const TABLES_BEFORE: [Table; 5] =
    [Table::FactLeadOutcome, Table::LeadLink, Table::CrmRecord, Table::DimClient, Table::ReportFile];

/// One change of a lead, a link or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whose.
    pub client_id: String,
    /// The lead; none for a file.
    pub lead_uuid: Option<String>,
    /// What changed: `matched`, `set`, `unset`, `demoed`, `sold`, `rescheduled`, `vanished`; between runs also
    /// `delivered`, `relinked`, `file`.
    pub change: String,
    /// The value before: an appointment, a lead, a file's status, else `false` or `true`.
    pub from: Option<String>,
    /// The value after.
    pub to: Option<String>,
    /// Between runs: why.
    pub cause: Option<String>,
    /// The record that is linked otherwise.
    pub lead_number: Option<String>,
    /// The file.
    pub file: Option<String>,
}

impl Change {
    /// Reads what [`Leads::changes`] and [`of_runs_sql`] give.
    #[must_use]
    pub fn read(batches: &[RecordBatch]) -> Vec<Self> {
        let mut all = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
        for batch in batches {
            let mut columns =
                ["client_id", "lead_uuid", "change", "from", "to", "cause", "lead_number", "file"]
                    .map(|name| read::texts(batch, name).into_iter());
            for _ in 0..batch.num_rows() {
                let [client_id, lead_uuid, change, from, to, cause, lead_number, file] =
                    columns.each_mut().map(|column| column.next().flatten());
                let (client_id, change) = (client_id.unwrap_or_default(), change.unwrap_or_default());
                all.push(Self { client_id, lead_uuid, change, from, to, cause, lead_number, file });
            }
        }
        all
    }
}

impl Leads {
    /// The query of what changed between the moments of [`SPAN`].
    #[must_use]
    pub fn changes(&self) -> String {
        include_str!("sql/changes.sql").replace("{predicate}", &Predicate::sql(self.predicate.as_ref()))
    }
}

/// The query of how many leads changed in which way: `change` and `leads`.
#[must_use]
pub fn counted_sql(changes: &str) -> String {
    format!("SELECT change, count(*) AS leads FROM (\n{changes}\n) GROUP BY change")
}

/// The query of what changed between two runs.
#[must_use]
pub fn of_runs_sql() -> String {
    include_str!("sql/changes_of_runs.sql").replace("{compared}", compared())
}

/// The query of how much each cause moved the counts between two runs.
#[must_use]
pub fn bridge_sql() -> String {
    include_str!("sql/bridge.sql").replace("{compared}", compared())
}

fn compared() -> &'static str {
    include_str!("sql/compared_runs.sql").trim_end()
}

/// Why a count moved between two runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// Leads that the earlier run did not have.
    NewLead,
    /// Leads that the later run no longer has.
    WithdrawnLead,
    /// Leads that the client can, or can no longer, have reported on.
    CameIntoScope,
    /// News in snapshots after the earlier run's.
    NewSnapshot,
    /// Records linked otherwise.
    Relinked,
    /// Late or corrected files, or other settings.
    Correction,
}

impl Cause {
    /// Every cause, in the order in which they are told.
    pub const ALL: [Self; 6] = [
        Self::NewLead,
        Self::WithdrawnLead,
        Self::CameIntoScope,
        Self::NewSnapshot,
        Self::Relinked,
        Self::Correction,
    ];

    /// Name in output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewLead => "new_lead",
            Self::WithdrawnLead => "withdrawn_lead",
            Self::CameIntoScope => "came_into_scope",
            Self::NewSnapshot => "new_snapshot",
            Self::Relinked => "relinked",
            Self::Correction => "correction",
        }
    }

    /// In words.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::NewLead => "new leads",
            Self::WithdrawnLead => "leads that are no longer in the export",
            Self::CameIntoScope => "leads in or out of scope by the latest snapshot",
            Self::NewSnapshot => "news in new snapshots",
            Self::Relinked => "records linked to another lead",
            Self::Correction => "late or corrected files, or other settings",
        }
    }
}

/// By how much one cause moved the counts between two runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BridgeStep {
    /// The cause.
    pub cause: Cause,
    /// Change of delivered, matched, set, demos and sold.
    pub moved: [i64; 5],
}

/// The counts that [`BridgeStep::moved`] speaks of, in order.
pub const BRIDGED: [&str; 5] = ["delivered", "matched", "set", "demos", "sold"];

/// Reads what [`bridge_sql`] gives; of one client, if one is named.
#[must_use]
pub fn read_bridge(batches: &[RecordBatch], client: Option<&str>) -> Vec<BridgeStep> {
    let mut steps = Cause::ALL.map(|cause| BridgeStep { cause, moved: [0; 5] });
    for batch in batches {
        let (clients, causes) = (read::texts(batch, "client_id"), read::texts(batch, "cause"));
        for row in 0..batch.num_rows() {
            if client.is_some_and(|client| clients[row].as_deref() != Some(client)) {
                continue;
            }
            let step = steps.iter_mut().find(|step| causes[row].as_deref() == Some(step.cause.name()));
            for (moved, name) in step.into_iter().flat_map(|step| step.moved.iter_mut()).zip(BRIDGED) {
                *moved += integer(batch, name, row);
            }
        }
    }
    steps.into_iter().filter(|step| step.moved != [0; 5]).collect()
}

fn integer(batch: &RecordBatch, name: &str, row: usize) -> i64 {
    let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
    column.filter(|column| column.is_valid(row)).map_or(0, |column| column.value(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_fill_in() {
        for sql in [of_runs_sql(), bridge_sql(), Leads::default().changes()] {
            assert!(!sql.contains('{'), "{sql}");
        }
    }

    #[test]
    fn every_cause_of_the_query_is_known() {
        for cause in Cause::ALL {
            assert!(compared().contains(&format!("'{}'", cause.name())), "{}", cause.name());
        }
    }
}
