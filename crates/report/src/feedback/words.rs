//! What is said to a client's office about each kind of finding; what is not listed is none of its business.

use leadq_contract::FindingCode::{self, self as F};

/// What is said about a kind of finding.
pub(super) struct Words {
    code: FindingCode,
    /// What was found.
    pub(super) what: &'static str,
    /// What to do.
    pub(super) remedy: &'static str,
    /// What is counted: one, many.
    pub(super) unit: Unit,
}

/// What is counted: one, many.
type Unit = (&'static str, &'static str);

const fn say(code: FindingCode, what: &'static str, remedy: &'static str, unit: Unit) -> Words {
    Words { code, what, remedy, unit }
}

const FILES: Unit = ("file", "files");
const CELLS: Unit = ("cell", "cells");
const RECORDS: Unit = ("record", "records");
const CASES: Unit = ("case", "cases");

/// Dead columns, unknown columns and rows set aside have sections of their own.
const WORDS: &[Words] = &[
    say(
        F::NotAReport,
        "A file is no report that we know",
        "Please send the usual export, with its header line and the columns for email or phone and for the appointment.",
        FILES,
    ),
    say(
        F::TooLarge,
        "A file is too large",
        "Please send one report a file, as it comes from your system, or ask us how to send more.",
        FILES,
    ),
    say(
        F::CompressionRatio,
        "A file is too large",
        "Please send one report a file, as it comes from your system, or ask us how to send more.",
        FILES,
    ),
    say(
        F::TooManyColumns,
        "A file has too many columns",
        "Please export only the columns of the report.",
        FILES,
    ),
    say(
        F::PlaintextPii,
        "Emails or phone numbers came in plain text",
        "Please let your export hash them as agreed, before the file leaves you.",
        CELLS,
    ),
    say(
        F::HashConventionMismatch,
        "Emails or phone numbers are hashed in another way than agreed",
        "Please check with us how they are to be written and hashed.",
        FILES,
    ),
    say(
        F::RowCountDrop,
        "A report has under half of the rows of the one before",
        "Was the export cut, or filtered? If so, please send it again in full.",
        FILES,
    ),
    say(
        F::StaleReport,
        "We have had no new report for longer than usual",
        "Please send the latest export.",
        FILES,
    ),
    say(F::InvalidHash, "An email or phone is no hash", "Please look at how the column is filled.", CELLS),
    say(
        F::JunkHash,
        "A placeholder was entered as email or phone",
        "Please leave the cell empty where you do not know it.",
        CELLS,
    ),
    say(
        F::InvalidDate,
        "A date cannot be read",
        "Please check these dates, and use one form throughout, such as 2023-04-06.",
        CELLS,
    ),
    say(
        F::InvalidTimestamp,
        "A date with time cannot be read",
        "Please check these dates and times, and use one form throughout, such as 2023-04-06 14:30.",
        CELLS,
    ),
    say(F::InvalidBoolean, "A yes-or-no cell says neither", "Please use 1 and 0, or yes and no.", CELLS),
    say(F::InvalidState, "A state is none", "Please use the two letters, such as NV.", CELLS),
    say(F::InvalidZip, "A ZIP code is none", "Please use five digits.", CELLS),
    say(F::MissingColumn, "A column is missing", "If your system has it, please export it too.", FILES),
    say(
        F::DemoWithoutSet,
        "Records have a demo but no appointment set",
        "Please mark the appointment as set where a demo took place; they cannot be counted otherwise.",
        RECORDS,
    ),
    say(F::SetWithoutAppt, "Records are set but have no appointment date", "Please enter the date.", RECORDS),
    say(
        F::ApptWithoutSet,
        "Records have an appointment date but are not set",
        "Please mark them as set, or remove the date.",
        RECORDS,
    ),
    say(F::SaleWithoutDemo, "Records are sold without a demo", "Please mark the demo.", RECORDS),
    say(
        F::DemoBeforeAppt,
        "Records say demo before the appointment's time",
        "Please correct the date or the mark.",
        RECORDS,
    ),
    say(
        F::EntryAfterSnapshot,
        "Records were entered after the report that shows them",
        "Please correct the entry date, or the date in the file's name.",
        RECORDS,
    ),
    say(
        F::Vanished,
        "Records have disappeared that the report should still show",
        "Were they deleted or merged? If not, please check the export's filter.",
        RECORDS,
    ),
    say(
        F::SplitIdentity,
        "One lead number stands for several persons",
        "Please give each person a number of its own.",
        CASES,
    ),
];

/// The words for a code, if it is the client's business.
pub(super) fn of(code: FindingCode) -> Option<&'static Words> {
    WORDS.iter().find(|words| words.code == code)
}

impl Words {
    /// Whether files are counted, and not what is in them: then samples tell the client nothing.
    pub(super) fn of_files(&self) -> bool {
        self.unit == FILES
    }
}

/// What a dead column looks like.
pub(super) fn dead(column: &str) -> &'static str {
    match column {
        "set" | "demo" => "no row says yes any more",
        _ => "empty in every row",
    }
}

/// A canonical column in the words of an office.
pub(super) fn column(name: &str) -> &str {
    match name {
        "entry_date" => "Entry date",
        "lead_number" => "Lead number",
        "email_hash" => "Email",
        "phone_hash" => "Phone",
        "city" => "City",
        "state" => "State",
        "zip" => "ZIP",
        "location" => "Location",
        "appt_at" => "Appointment date",
        "set" => "Appointment set",
        "demo" => "Demo",
        "dispo" => "Disposition",
        "job_status" => "Job status",
        other => other,
    }
}

/// Why a row was set aside, and what to do.
pub(super) fn reason(name: &str) -> (&str, &'static str) {
    match name {
        "malformed" => (
            "cannot be read",
            "the row has more or fewer cells than the header, or a quotation mark that never closes",
        ),
        "no_identity" => ("no person given", "the row has no email, phone or lead number"),
        "oversized_row" => ("too long", "the row is far longer than a row should be"),
        other => (other, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leadq_contract::Severity;

    #[test]
    fn what_a_client_can_mend_has_words() {
        let silent: Vec<&str> = FindingCode::ALL
            .iter()
            .filter(|code| code.severity() > Severity::Info && of(**code).is_none())
            .map(|code| code.name())
            .collect();
        // Ours to mend, or shown in a section of its own.
        let ours = [
            "oversized_row",
            "malformed",
            "no_identity",
            "no_lead_uuid",
            "unknown_client",
            "dead_column",
            "too_late",
        ];
        let rest = [
            "set_inferred",
            "hub_identifier",
            "duplicate_lead",
            "unmatchable_lead",
            "conflict_link",
            "unmapped_disposition",
            "claim_supported",
            "claim_contradicted",
        ];
        assert_eq!(silent, [&ours[..], &rest[..]].concat());
    }

    #[test]
    fn every_column_has_words() {
        for known in leadq_contract::ReportColumn::ALL {
            assert_ne!(column(known.name()), known.name());
        }
    }
}
