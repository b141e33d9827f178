//! What is said to a client's office about each kind of finding; what is not listed is none of its business.

use leadq_contract::FindingCode;

/// What is said about a kind of finding.
pub(super) struct Words {
    /// What was found.
    pub(super) what: &'static str,
    /// What to do.
    pub(super) remedy: &'static str,
    /// What is counted: one, many.
    pub(super) unit: (&'static str, &'static str),
}

const fn say(what: &'static str, remedy: &'static str, unit: (&'static str, &'static str)) -> Option<Words> {
    Some(Words { what, remedy, unit })
}

const FILES: (&str, &str) = ("file", "files");
const CELLS: (&str, &str) = ("cell", "cells");
const RECORDS: (&str, &str) = ("record", "records");
const CASES: (&str, &str) = ("case", "cases");

/// The words for a code. Dead columns, unknown columns and rows set aside have sections of their own.
pub(super) const fn of(code: FindingCode) -> Option<Words> {
    use FindingCode as F;
    match code {
        F::NotAReport => say(
            "A file is no report that we know",
            "Please send the usual export, with its header line and the columns for email or phone and for the appointment.",
            FILES,
        ),
        F::TooLarge | F::CompressionRatio => say(
            "A file is too large",
            "Please send one report a file, as it comes from your system, or ask us how to send more.",
            FILES,
        ),
        F::TooManyColumns => {
            say("A file has too many columns", "Please export only the columns of the report.", FILES)
        }
        F::PlaintextPii => say(
            "Emails or phone numbers came in plain text",
            "Please let your export hash them as agreed, before the file leaves you.",
            CELLS,
        ),
        F::HashConventionMismatch => say(
            "Emails or phone numbers are hashed in another way than agreed",
            "Please check with us how they are to be written and hashed.",
            CASES,
        ),
        F::RowCountDrop => say(
            "A report has under half of the rows of the one before",
            "Was the export cut, or filtered? If so, please send it again in full.",
            FILES,
        ),
        F::StaleReport => {
            say("We have had no new report for longer than usual", "Please send the latest export.", CASES)
        }
        F::InvalidHash => {
            say("An email or phone is no hash", "Please look at how the column is filled.", CELLS)
        }
        F::JunkHash => say(
            "A placeholder was entered as email or phone",
            "Please leave the cell empty where you do not know it.",
            CELLS,
        ),
        F::InvalidDate => {
            say("A date cannot be read", "Please use one form throughout, such as 4/6/2023.", CELLS)
        }
        F::InvalidTimestamp => say(
            "A date with time cannot be read",
            "Please use one form throughout, such as 4/6/2023 2:30 PM.",
            CELLS,
        ),
        F::InvalidBoolean => {
            say("A yes-or-no cell says neither", "Please use 1 and 0, or yes and no.", CELLS)
        }
        F::InvalidState => say("A state is none", "Please use the two letters, such as NV.", CELLS),
        F::InvalidZip => say("A ZIP code is none", "Please use five digits.", CELLS),
        F::MissingColumn => say("A column is missing", "If your system has it, please export it too.", FILES),
        F::DemoWithoutSet => say(
            "Records have a demo but no appointment set",
            "Please mark the appointment as set where a demo took place; they cannot be counted otherwise.",
            RECORDS,
        ),
        F::SetWithoutAppt => {
            say("Records are set but have no appointment date", "Please enter the date.", RECORDS)
        }
        F::ApptWithoutSet => say(
            "Records have an appointment date but are not set",
            "Please mark them as set, or remove the date.",
            RECORDS,
        ),
        F::SaleWithoutDemo => say("Records are sold without a demo", "Please mark the demo.", RECORDS),
        F::DemoBeforeAppt => say(
            "Records say demo before the appointment's time",
            "Please correct the date or the mark.",
            RECORDS,
        ),
        F::EntryAfterSnapshot => say(
            "Records were entered after the report that shows them",
            "Please correct the entry date, or the date in the file's name.",
            RECORDS,
        ),
        F::Vanished => say(
            "Records have disappeared that the report should still show",
            "Were they deleted or merged? If not, please check the export's filter.",
            RECORDS,
        ),
        F::SplitIdentity => say(
            "One lead number stands for several persons",
            "Please give each person a number of its own.",
            CASES,
        ),
        _ => None,
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
        "no_identity" => ("nobody known", "the row has no email, phone or lead number"),
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
        let ours =
            ["oversized_row", "malformed", "no_identity", "no_lead_uuid", "unknown_client", "dead_column"];
        let rest = [
            "set_inferred",
            "hub_identifier",
            "duplicate_lead",
            "unmatchable_lead",
            "conflict_link",
            "unmapped_disposition",
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
