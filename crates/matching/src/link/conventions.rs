//! `hash_convention_mismatch`: the two sides hash otherwise, once a kind of identifier (spec 2.6).
//!
//! Either the commonest length differs, or leads find a record by this kind under a tenth as often as by the other. The
//! sample says which, and what likely differs: another length is another algorithm, whose hashes never meet, so that the
//! share says no more; the same length is another normalisation.

use std::fmt::Write as _;

use leadq_contract::{FindingCode, IdentifierKind};

use super::LinkInput;
use super::leads::Leads;
use super::samples::Samples;

/// Digits of a hash, and who makes hashes so long; the commonest of equals is the first.
const ALGORITHMS: [(u32, &str); 3] = [(64, "SHA-256"), (40, "SHA-1"), (32, "MD5")];

/// By kind, email and phone. `carried`: whether any record has a usable one.
pub(super) fn mismatches(input: &LinkInput<'_>, leads: &Leads, carried: [bool; 2]) -> Vec<Samples> {
    let kinds = [IdentifierKind::Email, IdentifierKind::Phone];
    let mut found = kinds.map(|kind| Samples::new(FindingCode::HashConventionMismatch, kind.column()));
    for (side, samples) in found.iter_mut().enumerate() {
        let [of_leads, of_reports] = input.digits.map(|digits| commonest(digits[side]));
        match (of_leads, of_reports) {
            (Some((leads, by)), Some((reports, other))) if leads != reports => samples.add(|text| {
                let _ = write!(
                    text,
                    "leads {by} ({leads} hex digits), reports {other} ({reports}): hash both by one algorithm"
                );
            }),
            _ => by_share(leads.found, carried, side, samples),
        }
    }
    found.into()
}

/// The commonest length of hashes.
fn commonest(cells: [u64; 3]) -> Option<(u32, &'static str)> {
    let most = cells.into_iter().max().filter(|most| *most > 0)?;
    ALGORITHMS.into_iter().zip(cells).find(|(_, cells)| *cells == most).map(|(algorithm, _)| algorithm)
}

#[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
fn by_share(found: [[u64; 2]; 2], reported: [bool; 2], side: usize, samples: &mut Samples) {
    // A kind that the client does not send at all is a missing column, not another convention.
    if !reported[side] || found.iter().any(|[carried, _]| *carried == 0) {
        return;
    }
    let [email, phone] = found.map(|[carried, found]| found as f64 / carried as f64);
    let (share, other, name, likely) = match side {
        0 => {
            let likely = "not trimmed or lower-cased before hashing, or without the dots of Gmail addresses";
            (email, phone, IdentifierKind::Phone.column(), likely)
        }
        _ => {
            let likely = "hashed without the + or the country code on one side";
            (phone, email, IdentifierKind::Email.column(), likely)
        }
    };
    if share < other / 10.0 {
        samples.add(|text| {
            let percent = |share: f64| (share * 1000.0).round() / 10.0;
            let _ = write!(
                text,
                "{:?} % of leads find a record by it, {:?} % by {name}: likely {likely}",
                percent(share),
                percent(other)
            );
        });
    }
}
