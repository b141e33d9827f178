//! Columns of a result as plain values, to show them.

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use arrow::record_batch::RecordBatch;
use serde_json::{Map, Value as Json};

/// A column as text; nulls throughout if there is none of the name.
pub(crate) fn texts(rows: &RecordBatch, name: &str) -> Vec<Option<String>> {
    let column = rows.column_by_name(name).and_then(|column| cast(column, &DataType::Utf8).ok());
    column.map_or_else(
        || vec![None; rows.num_rows()],
        |column| column.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect(),
    )
}

/// A column of counts; nulls throughout if there is none of the name.
pub(crate) fn numbers(rows: &RecordBatch, name: &str) -> Vec<Option<u64>> {
    let column = rows.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
    column.map_or_else(
        || vec![None; rows.num_rows()],
        |column| column.iter().map(|n| n.and_then(|n| u64::try_from(n).ok())).collect(),
    )
}

/// A column of lists of text; empty lists if there is none of the name.
pub(crate) fn lists(rows: &RecordBatch, name: &str) -> Vec<Vec<String>> {
    let column = rows.column_by_name(name).and_then(|column| column.as_list_opt::<i32>());
    let Some(column) = column else { return vec![Vec::new(); rows.num_rows()] };
    let texts = |list| {
        let list = cast(&list, &DataType::Utf8).ok()?;
        Some(list.as_string::<i32>().iter().flatten().map(str::to_owned).collect())
    };
    column.iter().map(|list| list.and_then(texts).unwrap_or_default()).collect()
}

/// A row of a result by column name: booleans and integers as they are, anything else as text.
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
        let schema = batch.schema();
        let columns: Vec<_> = schema
            .fields()
            .iter()
            .zip(batch.columns())
            .map(|(field, column)| (field.name().clone(), values(column)))
            .collect();
        rows.extend((0..batch.num_rows()).map(|row| {
            Row(columns.iter().map(|(name, values)| (name.clone(), values[row].clone())).collect())
        }));
    }
    rows
}

/// A column as JSON values.
fn values(column: &dyn Array) -> Vec<Json> {
    let as_text = |column: &dyn Array| -> Vec<Json> {
        let texts = cast(column, &DataType::Utf8).ok();
        texts.map_or_else(
            || vec![Json::Null; column.len()],
            |texts| texts.as_string::<i32>().iter().map(Json::from).collect(),
        )
    };
    match column.data_type() {
        DataType::Boolean => column.as_boolean().iter().map(Json::from).collect(),
        other if other.is_integer() => cast(column, &DataType::Int64).map_or_else(
            |_| as_text(column),
            |numbers| numbers.as_primitive::<Int64Type>().iter().map(Json::from).collect(),
        ),
        _ => as_text(column),
    }
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
