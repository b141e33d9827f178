//! What goes wrong when people make a report by hand, each in a file of its own.

use super::report::{Column, FileNumber, Sheet};

/// Something that goes wrong in one row.
#[derive(Debug, Clone, Copy)]
enum Defect {
    /// The row stands there twice.
    Twice,
    /// A comma in the city, which nobody quoted: the row has a cell too many, and its last one is not empty.
    CommaInCity,
    /// The cell of a column, if it has one, reads something else.
    Reads(Column, &'static str),
    /// The last digit of a hash got lost.
    CutHash(Column),
}

/// File, row (0 is the first; a row that does not suit makes way for the next) and what is wrong with it.
const DEFECTS: [(FileNumber, usize, Defect); 8] = [
    (3, 120, Defect::Reads(Column::EntryDate, "02/30/2025")),
    (4, 33, Defect::Twice),
    (5, 57, Defect::Reads(Column::Appointment, "13/32/2025  1:00PM")),
    (7, 100, Defect::CommaInCity),
    (9, 80, Defect::CutHash(Column::Email)),
    (12, 301, Defect::Twice),
    (14, 150, Defect::Reads(Column::Phone, "#VALUE!")),
    (18, 19, Defect::Reads(Column::Appointment, "03/22/2025 25:00")),
];

/// The file at whose end a database left its count.
const FOOTER: FileNumber = 10;

/// Spoils the sheet of a file as it was spoilt.
pub(super) fn spoil(file: FileNumber, sheet: &mut Sheet) {
    if file == FOOTER {
        sheet.footer = Some(format!("({} rows affected)", sheet.rows.len()));
    }
    for (_, first, defect) in DEFECTS.iter().filter(|(of, _, _)| *of == file) {
        let Some(row) = (*first..sheet.rows.len()).find(|row| suits(sheet, *row, *defect)) else { continue };
        defect.put(sheet, row);
    }
}

/// Whether a defect shows in a row: only a cell that says something can be spoilt.
fn suits(sheet: &Sheet, row: usize, defect: Defect) -> bool {
    let says = |column| {
        let cell = sheet.rows.get(row).and_then(|cells| cells.get(place(sheet, column)?));
        cell.is_some_and(|cell| !cell.is_empty())
    };
    match defect {
        Defect::Twice => true,
        Defect::CommaInCity => says(Column::City) && says(Column::JobStatus),
        Defect::Reads(column, _) | Defect::CutHash(column) => says(column),
    }
}

/// Where a column stands.
fn place(sheet: &Sheet, column: Column) -> Option<usize> {
    sheet.columns.iter().position(|other| *other == column)
}

impl Defect {
    /// Puts the defect into a row.
    fn put(self, sheet: &mut Sheet, row: usize) {
        let change = |sheet: &mut Sheet, column: Column, change: &dyn Fn(&mut String)| {
            let place = place(sheet, column);
            let cells = sheet.rows.get_mut(row);
            if let Some(cell) = cells.zip(place).and_then(|(cells, place)| cells.get_mut(place)) {
                change(cell);
            }
        };
        match self {
            Self::Twice => {
                if let Some(cells) = sheet.rows.get(row).cloned() {
                    sheet.rows.insert(row + 1, cells);
                }
            }
            Self::CommaInCity => change(sheet, Column::City, &|cell| cell.push_str(", USA")),
            Self::Reads(column, text) => change(sheet, column, &|cell| text.clone_into(cell)),
            Self::CutHash(column) => change(sheet, column, &|cell| {
                cell.pop();
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let rows = (0..320).map(|row| vec![format!("Town {row}"), "New".to_owned()]).collect();
        Sheet { columns: vec![Column::City, Column::JobStatus], rows, footer: None }
    }

    #[test]
    fn each_defect_stands_in_its_file_only() {
        let (mut first, mut fourth, mut seventh, mut tenth) = (sheet(), sheet(), sheet(), sheet());
        for (file, sheet) in [(1, &mut first), (4, &mut fourth), (7, &mut seventh), (10, &mut tenth)] {
            spoil(file, sheet);
        }
        assert_eq!((first.rows.len(), first.footer), (320, None));
        assert_eq!((fourth.rows.len(), &fourth.rows[33]), (321, &fourth.rows[34]));
        assert_eq!(seventh.rows[100], ["Town 100, USA", "New"]);
        assert_eq!(tenth.footer.as_deref(), Some("(320 rows affected)"));
    }

    #[test]
    fn a_row_that_does_not_suit_makes_way_for_the_next() {
        let mut sheet = sheet();
        sheet.rows[100][1] = String::new();
        spoil(7, &mut sheet);
        assert_eq!((sheet.rows[100][0].as_str(), sheet.rows[101][0].as_str()), ("Town 100", "Town 101, USA"));
    }
}
