//! The header of a report: which line it is, and which cell means which column (spec 1.3 and 1.4).

use std::io;

use leadq_contract::column::{ColumnSet, normalise_header};
use leadq_contract::schema::Target;
use leadq_contract::{FindingCode, ReportColumn, ReportSchema};

use crate::cells::text::tidy;
use crate::raw::{RawRow, Rows, Step};
use crate::redact;
use crate::tally::Tally;

/// The header is looked for among this many non-blank lines.
pub(crate) const MAX_LINES: usize = 25;
/// A header has at least this many recognised cells.
const MIN_RECOGNISED: usize = 3;

/// A header line, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// Each cell as it is compared with repeated headers.
    pub(crate) normalised: Vec<String>,
    /// The cells that mean each canonical column, from left to right.
    pub(crate) cells: [Vec<usize>; ReportColumn::COUNT],
    /// Cells of which `schemas.json` says that they are no column: not used, and nothing to tell of.
    dismissed: Vec<usize>,
}

impl Header {
    /// Reads a line as a header; `None` if it is none.
    pub(crate) fn read<'a>(
        line: impl Iterator<Item = &'a str> + Clone,
        schema: &ReportSchema,
    ) -> Option<Self> {
        let mut cells: [Vec<usize>; ReportColumn::COUNT] = Default::default();
        let mut recognised = 0;
        let mut dismissed = Vec::new();
        for (index, cell) in line.clone().enumerate() {
            match schema.target(cell) {
                Some(Target::Column(column)) => {
                    recognised += 1;
                    cells[column.index()].push(index);
                }
                Some(Target::Nothing | Target::Dimension(_)) => dismissed.push(index),
                None => {}
            }
        }
        let has = |column: ReportColumn| !cells[column.index()].is_empty();
        let identified =
            has(ReportColumn::EmailHash) || has(ReportColumn::PhoneHash) || has(ReportColumn::LeadNumber);
        (recognised >= MIN_RECOGNISED && identified).then(|| Self {
            normalised: line.map(normalise_header).collect(),
            cells,
            dismissed,
        })
    }

    /// Goes to the header among the first non-blank rows (1.4); rows above it go to `above`.
    ///
    /// # Errors
    /// What the input reports.
    pub(crate) fn find(
        rows: &mut impl Rows,
        schema: &ReportSchema,
        mut above: impl FnMut(&RawRow),
    ) -> io::Result<Option<Self>> {
        let mut lines = 0;
        while lines < MAX_LINES {
            let step = rows.next_row()?;
            let row = rows.row();
            match step {
                Step::End => break,
                Step::Row if row.cells().all(|cell| cell.trim().is_empty()) => continue,
                Step::Row => {
                    if Self::read(row.cells(), schema).is_some() {
                        rows.begin_body();
                        return Ok(Self::read(rows.row().cells(), schema));
                    }
                }
                Step::Malformed | Step::Oversized => {}
            }
            lines += 1;
            above(row);
        }
        Ok(None)
    }

    /// How many cells are recognised.
    pub(crate) fn recognised(&self) -> usize {
        self.cells.iter().map(Vec::len).sum()
    }

    /// The canonical columns that the file has.
    pub(crate) fn present(&self) -> ColumnSet {
        ReportColumn::ALL.into_iter().filter(|c| !self.cells[c.index()].is_empty()).collect()
    }

    /// Why the file is no report in spite of its header, if it is none.
    pub(crate) fn objection(&self) -> Option<String> {
        let present = self.present();
        let lacks = |columns: &[ReportColumn]| columns.iter().all(|c| !present.contains(*c));
        if lacks(&[ReportColumn::EmailHash, ReportColumn::PhoneHash]) {
            return Some("it has neither an email nor a phone hash column".to_owned());
        }
        lacks(&[ReportColumn::Set, ReportColumn::Demo, ReportColumn::ApptAt])
            .then(|| "it has none of the columns set, demo and appt_at".to_owned())
    }

    /// Counts unknown and missing columns.
    pub(crate) fn report<'a>(&self, line: impl Iterator<Item = &'a str>, number: u64, tally: &mut Tally) {
        let mut named = Vec::new();
        for (cell, text) in line.enumerate() {
            let known =
                self.cells.iter().any(|cells| cells.contains(&cell)) || self.dismissed.contains(&cell);
            let name = redact::cell(&tidy(text));
            if !known && !self.normalised[cell].is_empty() && !named.contains(&name) {
                named.push(name.clone());
                tally.add(FindingCode::UnknownColumn, Some(&name), Some(number), || name.clone());
            }
        }
        let present = self.present();
        for column in ReportColumn::ALL.into_iter().filter(|c| !present.contains(*c)) {
            tally.add(FindingCode::MissingColumn, Some(column.name()), None, || column.name().to_owned());
        }
    }

    /// Whether a cell repeats its column's header.
    pub(crate) fn repeats(&self, cell: usize, text: &str) -> bool {
        self.normalised.get(cell).is_some_and(|header| {
            let mut compared =
                text.chars().filter(|c| c.is_alphanumeric() || *c == '#').flat_map(char::to_lowercase);
            !header.is_empty()
                && header.chars().all(|c| compared.next() == Some(c))
                && compared.next().is_none()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Header> {
        Header::read(line.split(','), &ReportSchema::default())
    }

    #[test]
    fn a_header_has_three_known_cells_and_an_identifier() {
        assert!(read("Report run at 5,,").is_none());
        assert!(read("City,State,Zip,Set").is_none());
        assert!(read("Email,Set").is_none());
        assert!(read("Lead #,Set,Demo").is_some());
    }

    #[test]
    fn two_headers_may_mean_one_column() {
        let header = read("Email,CITY,Set,CityName").unwrap();
        assert_eq!(header.cells[ReportColumn::City.index()], [1, 3]);
    }

    #[test]
    fn a_column_that_schemas_dismiss_is_not_told_as_unknown_1_3() {
        let text = r#"{"input_schemas": {"contractor_reports": {"entries": [
            {"name": "Result", "new_name": null}]}}}"#;
        let mut schema = ReportSchema::default();
        schema.lay(&leadq_contract::schema::SchemasFile::parse(text).unwrap().contractor_reports.columns);
        let line = "Email,Set,Demo,RESULT,Comment";
        let header = Header::read(line.split(','), &schema).unwrap();
        assert!(!header.present().contains(ReportColumn::Dispo));
        let mut tally = Tally::default();
        header.report(line.split(','), 1, &mut tally);
        let found = tally.finish();
        let unknown: Vec<_> = found
            .iter()
            .filter(|found| found.code == FindingCode::UnknownColumn)
            .map(|found| found.column.as_deref())
            .collect();
        assert_eq!(unknown, [Some("Comment")]);
    }

    #[test]
    fn what_is_no_report_of_1_3() {
        assert!(read("Lead #,City,State,Set").unwrap().objection().is_some());
        assert!(read("Email,City,State").unwrap().objection().is_some());
        assert_eq!(read("Email,City,Appt").unwrap().objection(), None);
    }

    #[test]
    fn repeated_headers_are_compared_as_headers() {
        let header = read("Email,Appt Date,Set").unwrap();
        assert!(header.repeats(1, " APPT_DATE "));
        assert!(!header.repeats(1, "Appt Dates"));
        assert!(!header.repeats(3, "Set"));
    }
}
