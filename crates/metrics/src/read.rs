//! Columns of a result by name, as plain values.

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, NaiveDateTime};
use leadq_contract::rows::WALL_TIME;

/// A column as text; nulls throughout if there is none of the name.
#[must_use]
pub fn texts(rows: &RecordBatch, name: &str) -> Vec<Option<String>> {
    let column = rows.column_by_name(name).and_then(|column| cast(column, &DataType::Utf8).ok());
    column.map_or_else(
        || vec![None; rows.num_rows()],
        |column| column.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect(),
    )
}

/// A column of counts; nulls throughout if there is none of the name.
#[must_use]
pub fn counts(rows: &RecordBatch, name: &str) -> Vec<Option<u64>> {
    let column = rows.column_by_name(name).and_then(|column| cast(column, &DataType::Int64).ok());
    column.map_or_else(
        || vec![None; rows.num_rows()],
        |column| column.as_primitive::<Int64Type>().iter().map(|n| u64::try_from(n?).ok()).collect(),
    )
}

/// A column of numbers; nulls throughout if there is none of the name.
#[must_use]
pub fn numbers(rows: &RecordBatch, name: &str) -> Vec<Option<f64>> {
    let column = rows.column_by_name(name).and_then(|column| column.as_primitive_opt::<Float64Type>());
    column.map_or_else(|| vec![None; rows.num_rows()], |column| column.iter().collect())
}

/// A column of truth values; false where it is null or there is none of the name.
#[must_use]
pub fn flags(rows: &RecordBatch, name: &str) -> Vec<bool> {
    let column = rows.column_by_name(name).and_then(|column| column.as_boolean_opt());
    column.map_or_else(
        || vec![false; rows.num_rows()],
        |column| column.iter().map(|flag| flag.unwrap_or_default()).collect(),
    )
}

/// A column of wall times, or of instants in UTC; nulls throughout if there is none of the name.
#[must_use]
pub fn wall_times(rows: &RecordBatch, name: &str) -> Vec<Option<NaiveDateTime>> {
    // Arrow would turn an instant into the wall time of its zone, which is UTC here.
    let column = rows.column_by_name(name).and_then(|column| cast(column, &WALL_TIME).ok());
    let time = |micros: i64| DateTime::from_timestamp_micros(micros).map(|time| time.naive_utc());
    column.map_or_else(
        || vec![None; rows.num_rows()],
        |column| {
            let column = column.as_primitive::<TimestampMicrosecondType>();
            column.iter().map(|micros| time(micros?)).collect()
        },
    )
}
