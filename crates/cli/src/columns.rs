//! Columns of a result as plain values, to show them.

use arrow::record_batch::RecordBatch;
use serde_json::{Map, Value as Json};

use crate::cells::{self, Cell, CellColumn};

/// A column by name, each cell as what it is read as; nothing throughout if there is none of the name.
fn column<T: Clone + Default>(rows: &RecordBatch, name: &str, read: impl Fn(Cell<'_>) -> T) -> Vec<T> {
    let column = rows.column_by_name(name).map(CellColumn::new);
    column.map_or_else(|| vec![T::default(); rows.num_rows()], |column| column.cells().map(read).collect())
}

fn text(cell: &Cell<'_>) -> Option<String> {
    cell.text().map(std::borrow::Cow::into_owned)
}

/// A column as text; nulls throughout if there is none of the name.
pub(crate) fn texts(rows: &RecordBatch, name: &str) -> Vec<Option<String>> {
    column(rows, name, |cell| text(&cell))
}

/// A column of counts; nulls throughout if there is none of the name.
pub(crate) fn numbers(rows: &RecordBatch, name: &str) -> Vec<Option<u64>> {
    column(rows, name, |cell| match cell {
        Cell::Integer(number) => u64::try_from(number).ok(),
        _ => None,
    })
}

/// A column of lists of text; empty lists if there is none of the name.
pub(crate) fn lists(rows: &RecordBatch, name: &str) -> Vec<Vec<String>> {
    column(rows, name, |cell| match cell {
        Cell::List(items) => items.iter().filter_map(text).collect(),
        _ => Vec::new(),
    })
}

/// A row of a result by column name: booleans, numbers and lists as they are, anything else as text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Row(pub(crate) Map<String, Json>);

impl Row {
    /// Text of a column; none if it is null.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// Whether a column says yes.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.0.get(name).and_then(Json::as_bool).unwrap_or_default()
    }

    /// A number; 0 for null.
    pub(crate) fn integer(&self, name: &str) -> i64 {
        self.0.get(name).and_then(Json::as_i64).unwrap_or_default()
    }

    /// A count; 0 for null.
    pub(crate) fn count(&self, name: &str) -> u64 {
        self.integer(name).try_into().unwrap_or_default()
    }

    /// A column as people read it; a dash for null.
    pub(crate) fn shown(&self, name: &str) -> String {
        match self.0.get(name) {
            None | Some(Json::Null) => "-".to_owned(),
            Some(Json::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
            Some(Json::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }
}

/// The rows of a result.
pub(crate) fn rows(batches: &[RecordBatch]) -> Vec<Row> {
    let mut rows = Vec::new();
    for batch in batches {
        let (schema, columns) = (batch.schema(), cells::columns(batch));
        let row = |row: usize| {
            let named = schema.fields().iter().zip(&columns);
            Row(named.map(|(field, column)| (field.name().clone(), column.cell(row).json())).collect())
        };
        rows.extend((0..batch.num_rows()).map(row));
    }
    rows
}

/// A surrogate key, given as hexadecimal digits, as other tools show it.
pub(crate) fn as_uuid(hex: &str) -> String {
    match (hex.len(), hex.is_ascii()) {
        (32, true) => {
            format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
        }
        _ => hex.to_owned(),
    }
}
