//! Where a lead's home is (spec 1.2), read as cells of a report are.

use std::borrow::Cow;

use leadq_contract::{CellType, FindingCode, LeadColumn, LeadSchema};

use super::Built;
use super::columns::RawLeads;
use crate::cells::{Read, place, state, text, zip};
use crate::redact;

/// Appends city, state and ZIP code of a row.
pub(super) fn append(
    raw: &RawLeads,
    index: usize,
    schema: &LeadSchema,
    built: &mut Built,
    found: &mut Vec<(FindingCode, &'static str)>,
) {
    let is_text = |column| schema.rule(column).cell_type == CellType::Text;
    let city = raw.city.cell(index);
    let city = if is_text(LeadColumn::City) { text::plain(city) } else { place::city(city) };
    built.city.append_option(city.value().map(redact::free_text));
    let state = raw.state.cell(index);
    if is_text(LeadColumn::State) {
        built.state.append_option(free_text(state));
    } else {
        let read = state::read(state);
        note(&read, FindingCode::InvalidState, LeadColumn::State, found);
        built.state.append_option(read.value());
    }
    let zip = raw.zip.cell(index);
    if is_text(LeadColumn::Zip) {
        built.zip.append_option(free_text(zip));
    } else {
        let read = zip::read(zip);
        note(&read, FindingCode::InvalidZip, LeadColumn::Zip, found);
        built.zip.append_option(read.value());
    }
}

fn free_text(raw: &str) -> Option<Cow<'_, str>> {
    text::plain(raw).value().map(redact::free_text)
}

fn note<T>(
    read: &Read<T>,
    code: FindingCode,
    column: LeadColumn,
    found: &mut Vec<(FindingCode, &'static str)>,
) {
    if matches!(read, Read::Invalid) {
        found.push((code, column.name()));
    }
}
