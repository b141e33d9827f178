//! Values of a result by their kinds: the one way from Arrow's columns to what is shown, printed or exported.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float64Type, Int64Type, TimeUnit,
    TimestampMicrosecondType,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::{NaiveDate, NaiveDateTime};
use leadq_contract::SurrogateKey;
use leadq_contract::identifier::hex;
use leadq_report::figures::is_direction;
use serde_json::Value as Json;

/// A value with its kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    /// An exact number, in digits.
    Decimal(String),
    Date(NaiveDate),
    /// Wall time of the client's zone.
    Wall(NaiveDateTime),
    /// Instant, in UTC.
    Instant(NaiveDateTime),
    /// Surrogate key or keyed identifier.
    Key(&'a [u8]),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    /// A value made of named ones.
    Record(Vec<(String, Self)>),
}

/// A column, ready to be read cell by cell.
pub(crate) struct CellColumn(ArrayRef);

/// The columns of a batch.
pub(crate) fn columns(batch: &arrow::record_batch::RecordBatch) -> Vec<CellColumn> {
    batch.columns().iter().map(CellColumn::new).collect()
}

impl CellColumn {
    pub(crate) fn new(column: &ArrayRef) -> Self {
        Self(plain(column))
    }

    /// How many cells there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The cell of a row.
    pub(crate) fn cell(&self, row: usize) -> Cell<'_> {
        read(&self.0, row)
    }

    /// Every cell.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        (0..self.len()).map(|row| self.cell(row))
    }
}

/// The kinds that [`read`] knows. A column that cannot be made one of them is text as Arrow shows it.
fn plain(column: &ArrayRef) -> ArrayRef {
    let wanted = match column.data_type() {
        DataType::Dictionary(_, values) => (**values).clone(),
        DataType::RunEndEncoded(_, values) => values.data_type().clone(),
        DataType::UInt64 => DataType::Decimal128(20, 0),
        other if other.is_integer() => DataType::Int64,
        DataType::Float16 | DataType::Float32 => DataType::Float64,
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary | DataType::FixedSizeBinary(_) => DataType::Binary,
        DataType::Date64 => DataType::Date32,
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            DataType::Decimal128(*precision, *scale)
        }
        DataType::LargeList(item) | DataType::FixedSizeList(item, _) => DataType::List(Arc::clone(item)),
        known @ (DataType::Null
        | DataType::Boolean
        | DataType::Float64
        | DataType::Utf8
        | DataType::Binary
        | DataType::Date32
        | DataType::Decimal128(..)
        | DataType::Decimal256(..)
        | DataType::List(_)
        | DataType::Struct(_)) => known.clone(),
        _ => return as_shown(column),
    };
    if &wanted == column.data_type() {
        return Arc::clone(column);
    }
    match cast(column, &wanted) {
        Ok(cast) if matches!(column.data_type(), DataType::Dictionary(..) | DataType::RunEndEncoded(..)) => {
            plain(&cast)
        }
        Ok(cast) => cast,
        Err(_) => as_shown(column),
    }
}

/// Intervals, times of day, maps and whatever else there is, as Arrow shows it.
fn as_shown(column: &ArrayRef) -> ArrayRef {
    let options = FormatOptions::default();
    let Ok(shown) = ArrayFormatter::try_new(column, &options) else {
        return arrow::array::new_null_array(&DataType::Utf8, column.len());
    };
    let text = |row: usize| (!column.is_null(row)).then(|| shown.value(row).to_string());
    Arc::new((0..column.len()).map(text).collect::<StringArray>())
}

/// The value of a primitive column; its default for another, which [`plain`] rules out.
fn primitive<T: ArrowPrimitiveType>(column: &ArrayRef, row: usize) -> T::Native {
    column.as_any().downcast_ref::<PrimitiveArray<T>>().map_or_else(T::default_value, |c| c.value(row))
}

fn read(column: &ArrayRef, row: usize) -> Cell<'_> {
    if column.is_null(row) {
        return Cell::Null;
    }
    match column.data_type() {
        DataType::Boolean => Cell::Boolean(column.as_boolean().value(row)),
        DataType::Int64 => Cell::Integer(primitive::<Int64Type>(column, row)),
        DataType::Float64 => Cell::Float(primitive::<Float64Type>(column, row)),
        DataType::Decimal128(..) => {
            Cell::Decimal(column.as_primitive::<Decimal128Type>().value_as_string(row))
        }
        DataType::Decimal256(..) => {
            Cell::Decimal(column.as_primitive::<Decimal256Type>().value_as_string(row))
        }
        DataType::Date32 => {
            let date = Date32Type::to_naive_date_opt(primitive::<Date32Type>(column, row));
            date.map_or(Cell::Null, Cell::Date)
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let time =
                chrono::DateTime::from_timestamp_micros(primitive::<TimestampMicrosecondType>(column, row));
            let kind = if zone.is_some() { Cell::Instant } else { Cell::Wall };
            time.map_or(Cell::Null, |time| kind(time.naive_utc()))
        }
        DataType::Utf8 => Cell::Text(column.as_string::<i32>().value(row).into()),
        DataType::Binary => Cell::Key(column.as_binary::<i32>().value(row)),
        DataType::List(_) => {
            let items = plain(&column.as_list::<i32>().value(row));
            Cell::List((0..items.len()).map(|item| read(&items, item).owned()).collect())
        }
        DataType::Struct(fields) => {
            let parts = fields.iter().zip(column.as_struct().columns());
            let part = |(field, values): (&Arc<arrow::datatypes::Field>, &ArrayRef)| {
                let value = plain(&values.slice(row, 1));
                (field.name().clone(), read(&value, 0).owned())
            };
            Cell::Record(parts.map(part).collect())
        }
        _ => Cell::Null,
    }
}

impl Cell<'_> {
    /// The same value, apart from its column.
    fn owned(self) -> Cell<'static> {
        match self {
            Cell::Null => Cell::Null,
            Cell::Boolean(yes) => Cell::Boolean(yes),
            Cell::Integer(number) => Cell::Integer(number),
            Cell::Float(number) => Cell::Float(number),
            Cell::Decimal(number) => Cell::Decimal(number),
            Cell::Date(date) => Cell::Date(date),
            Cell::Wall(time) => Cell::Wall(time),
            Cell::Instant(time) => Cell::Instant(time),
            Cell::Key(key) => Cell::Text(key_text(key).into()),
            Cell::Text(text) => Cell::Text(text.into_owned().into()),
            Cell::List(items) => Cell::List(items.into_iter().map(Cell::owned).collect()),
            Cell::Record(parts) => {
                Cell::Record(parts.into_iter().map(|(name, value)| (name, value.owned())).collect())
            }
        }
    }

    /// The value as text, with ISO times; nothing for null. Lists are JSON.
    pub(crate) fn text(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Cell::Null => return None,
            Cell::Boolean(yes) => if *yes { "true" } else { "false" }.into(),
            Cell::Integer(number) => number.to_string().into(),
            Cell::Float(number) => float_text(*number).into(),
            Cell::Decimal(number) => number.as_str().into(),
            Cell::Date(date) => date.to_string().into(),
            Cell::Wall(time) => time.format("%Y-%m-%dT%H:%M:%S%.f").to_string().into(),
            Cell::Instant(time) => time.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string().into(),
            Cell::Key(key) => key_text(key).into(),
            Cell::Text(text) => text.as_ref().into(),
            Cell::List(_) | Cell::Record(_) => {
                let mut json = String::new();
                self.write_json(&mut json);
                json.into()
            }
        })
    }

    /// Appends the value as JSON: numbers with every digit, what JSON has no word for as text.
    pub(crate) fn write_json(&self, out: &mut String) {
        match self {
            Cell::Null => out.push_str("null"),
            Cell::Float(number) if !number.is_finite() => out.push_str("null"),
            Cell::Boolean(_) | Cell::Integer(_) | Cell::Float(_) | Cell::Decimal(_) => {
                out.push_str(&self.text().unwrap_or_default());
            }
            Cell::Text(text) => quote(text, out),
            Cell::Date(_) | Cell::Wall(_) | Cell::Instant(_) | Cell::Key(_) => {
                quote(&self.text().unwrap_or_default(), out);
            }
            Cell::List(items) => {
                for (place, item) in items.iter().enumerate() {
                    out.push(if place == 0 { '[' } else { ',' });
                    item.write_json(out);
                }
                out.push_str(if items.is_empty() { "[]" } else { "]" });
            }
            Cell::Record(parts) => {
                for (place, (name, value)) in parts.iter().enumerate() {
                    out.push(if place == 0 { '{' } else { ',' });
                    quote(name, out);
                    out.push(':');
                    value.write_json(out);
                }
                out.push_str(if parts.is_empty() { "{}" } else { "}" });
            }
        }
    }

    /// The value as JSON in memory; there an exact number would not stay exact, and is text.
    pub(crate) fn json(&self) -> Json {
        match self {
            Cell::Boolean(yes) => Json::from(*yes),
            Cell::Integer(number) => Json::from(*number),
            Cell::Float(number) => Json::from(*number),
            Cell::List(items) => items.iter().map(Cell::json).collect(),
            Cell::Record(parts) => parts.iter().map(|(name, value)| (name.clone(), value.json())).collect(),
            other => other.text().map_or(Json::Null, |text| Json::from(text.as_ref())),
        }
    }
}

/// The shortest digits that are this number and no other.
fn float_text(number: f64) -> String {
    serde_json::Number::from_f64(number).map_or_else(|| number.to_string(), |number| number.to_string())
}

/// A surrogate key (16 bytes) as UUID, a keyed identifier as hex.
fn key_text(key: &[u8]) -> String {
    <[u8; 16]>::try_from(key).map_or_else(|_| hex(key), |bytes| SurrogateKey(bytes).to_string())
}

/// Appends a JSON string.
pub(crate) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            // C0 has to be escaped; the rest of them, and what turns the direction of text, a terminal obeys.
            c if c.is_control() || is_direction(c) => {
                // A String takes whatever is written.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// What the values of a column are, in words.
pub(crate) fn kind(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        other if other.is_integer() => "integer".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Date32 | DataType::Date64 => "date".to_owned(),
        DataType::Timestamp(_, None) => "wall time of the client's zone".to_owned(),
        DataType::Timestamp(_, Some(_)) => "instant".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "key".to_owned()
        }
        DataType::Decimal128(_, scale) => format!("exact number, {scale} decimals"),
        other if other.is_floating() => "number".to_owned(),
        DataType::List(item) => format!("list of {}", kind(item.data_type())),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{
        BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int32Array,
        ListArray, NullArray, StringViewArray, TimestampNanosecondArray, UInt64Array,
    };
    use arrow::datatypes::{Float64Type, Int8Type};

    use super::*;

    fn check(column: impl Array + 'static, expected: &[(&str, &str)]) {
        let column = CellColumn::new(&(Arc::new(column) as ArrayRef));
        let told: Vec<_> = column
            .cells()
            .map(|cell| {
                let mut json = String::new();
                cell.write_json(&mut json);
                (cell.text().unwrap_or_else(|| "-".into()).into_owned(), json)
            })
            .collect();
        let told: Vec<_> = told.iter().map(|(text, json)| (text.as_str(), json.as_str())).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn each_kind_as_text_and_as_json() {
        check(BooleanArray::from(vec![Some(true), None]), &[("true", "true"), ("-", "null")]);
        check(Int32Array::from(vec![-5]), &[("-5", "-5")]);
        check(UInt64Array::from(vec![u64::MAX]), &[("18446744073709551615", "18446744073709551615")]);
        check(
            Float64Array::from(vec![0.1, 1.0, 1e300, f64::NAN]),
            &[("0.1", "0.1"), ("1.0", "1.0"), ("1e+300", "1e+300"), ("NaN", "null")],
        );
        let money = Decimal128Array::from(vec![Some(-1250), Some(5), None]);
        check(
            money.with_precision_and_scale(38, 2).unwrap(),
            &[("-12.50", "-12.50"), ("0.05", "0.05"), ("-", "null")],
        );
        check(Date32Array::from(vec![19_359]), &[("2023-01-02", "\"2023-01-02\"")]);
        let wall = TimestampNanosecondArray::from(vec![1_672_653_600_000_000_000, 1_672_653_600_500_000_000]);
        check(
            wall.clone(),
            &[
                ("2023-01-02T10:00:00", "\"2023-01-02T10:00:00\""),
                ("2023-01-02T10:00:00.500", "\"2023-01-02T10:00:00.500\""),
            ],
        );
        let there = wall.slice(0, 1).with_timezone("America/Los_Angeles");
        check(there, &[("2023-01-02T10:00:00Z", "\"2023-01-02T10:00:00Z\"")]);
        let keys = BinaryArray::from(vec![&[0x11; 16][..], &[0xab; 2]]);
        check(
            keys,
            &[
                ("11111111-1111-1111-1111-111111111111", "\"11111111-1111-1111-1111-111111111111\""),
                ("abab", "\"abab\""),
            ],
        );
        check(NullArray::new(1), &[("-", "null")]);
    }

    #[test]
    fn text_lists_and_encodings() {
        check(StringViewArray::from(vec!["a\"b\\\u{1b}\n"]), &[("a\"b\\\u{1b}\n", r#""a\"b\\\u001b\n""#)]);
        check(StringArray::from(vec!["a\u{202e}b"]), &[("a\u{202e}b", "\"a\\u202eb\"")]);
        let words: DictionaryArray<Int8Type> = ["x", "y"].into_iter().collect();
        check(words, &[("x", "\"x\""), ("y", "\"y\"")]);
        let lists = ListArray::from_iter_primitive::<Float64Type, _, _>([
            Some(vec![Some(1.5), None]),
            Some(vec![]),
            None,
        ]);
        check(lists, &[("[1.5,null]", "[1.5,null]"), ("[]", "[]"), ("-", "null")]);
    }
}
