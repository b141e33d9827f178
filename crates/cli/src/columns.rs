//! Columns of a result as plain values, to show them.

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use arrow::record_batch::RecordBatch;

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
