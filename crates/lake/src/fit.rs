//! Batches as plans yield them, made to fit a table's columns.
//!
//! Plans give text and keys in the encodings that suit them; a table has one type a column. Only changes
//! of encoding are made. What would change a value's meaning (text to number, wall time to instant) is an
//! error: it is a plan that is wrong.

use arrow::array::{Array as _, ArrayRef};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, SchemaRef};
use arrow::record_batch::RecordBatch;

/// The batch with the columns of `schema`, found by name.
pub(crate) fn fit(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, String> {
    if batch.num_columns() != schema.fields().len() {
        let known = |name: &str| schema.field_with_name(name).is_ok();
        let found = batch.schema();
        let extra: Vec<_> = found.fields().iter().map(|f| f.name().as_str()).filter(|f| !known(f)).collect();
        if !extra.is_empty() {
            return Err(format!("the rows have columns that the table does not: {}", extra.join(", ")));
        }
    }
    let columns = schema.fields().iter().map(|field| column(batch, field)).collect::<Result<_, _>>()?;
    RecordBatch::try_new(SchemaRef::clone(schema), columns).map_err(|error| error.to_string())
}

fn column(batch: &RecordBatch, field: &Field) -> Result<ArrayRef, String> {
    let name = field.name();
    let values = batch.column_by_name(name).ok_or_else(|| format!("the rows have no column {name}"))?;
    let (from, to) = (values.data_type(), field.data_type());
    if from != to && !same_meaning(from, to) {
        return Err(format!("column {name} is {from} where the table has {to}"));
    }
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let fitted = cast_with_options(values, to, &strict).map_err(|error| format!("column {name}: {error}"))?;
    let nulls = fitted.logical_null_count();
    if nulls > 0 && !field.is_nullable() {
        return Err(format!("column {name} is null in {nulls} rows and may never be"));
    }
    Ok(fitted)
}

fn same_meaning(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (DataType::Null, _) => true,
        (DataType::Dictionary(_, from), to) => same_meaning(from, to),
        (DataType::List(from) | DataType::LargeList(from) | DataType::ListView(from), DataType::List(to)) => {
            same_meaning(from.data_type(), to.data_type())
        }
        // Microseconds are what Delta stores; a unit is an encoding, a zone is not.
        (DataType::Timestamp(_, from), DataType::Timestamp(_, to)) => from.is_some() == to.is_some(),
        (DataType::Decimal128(_, from), DataType::Decimal128(_, to)) => from <= to,
        _ => {
            let both = |kind: fn(&DataType) -> bool| kind(from) && kind(to);
            from == to || both(DataType::is_string) || both(DataType::is_binary) || both(DataType::is_integer)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, AsArray as _, DictionaryArray, FixedSizeBinaryArray, Int32Array, ListArray, NullArray,
        StringArray, StringViewArray, TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array,
    };
    use arrow::datatypes::{Int32Type, Int64Type, Schema, TimeUnit, TimestampMicrosecondType};

    use super::*;

    fn one(values: ArrayRef, to: DataType, nullable: bool) -> Result<ArrayRef, String> {
        let batch = RecordBatch::try_from_iter([("c", values)]).unwrap();
        let schema = Arc::new(Schema::new(vec![Field::new("c", to, nullable)]));
        fit(&batch, &schema).map(|batch| Arc::clone(batch.column(0)))
    }

    #[test]
    fn encodings_are_changed() {
        let dictionary: DictionaryArray<Int32Type> = ["a", "b", "a"].into_iter().collect();
        let text = one(Arc::new(dictionary), DataType::Utf8, true).unwrap();
        assert_eq!(text.as_string::<i32>(), &StringArray::from(vec!["a", "b", "a"]));
        let view = one(Arc::new(StringViewArray::from(vec!["x"])), DataType::Utf8, false).unwrap();
        assert_eq!(view.as_string::<i32>().value(0), "x");
        let key = FixedSizeBinaryArray::try_from_iter([[7_u8; 16]].into_iter()).unwrap();
        assert_eq!(one(Arc::new(key), DataType::Binary, false).unwrap().as_binary::<i32>().value(0), [7; 16]);
        let small = one(Arc::new(Int32Array::from(vec![5])), DataType::Int64, false).unwrap();
        assert_eq!(small.as_primitive::<Int64Type>().value(0), 5);
        let nanos = one(Arc::new(TimestampNanosecondArray::from(vec![5_000])), wall(), false).unwrap();
        assert_eq!(nanos.as_primitive::<TimestampMicrosecondType>().value(0), 5);
        assert_eq!(one(Arc::new(NullArray::new(2)), DataType::Date32, true).unwrap().null_count(), 2);
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1)])]);
        let to = DataType::List(Arc::new(Field::new("element", DataType::Int64, true)));
        assert_eq!(one(Arc::new(list), to.clone(), true).unwrap().data_type(), &to);
    }

    #[test]
    fn meanings_are_not() {
        let text = || Arc::new(StringArray::from(vec!["1"]));
        assert_eq!(
            one(text(), DataType::Int64, true).unwrap_err(),
            "column c is Utf8 where the table has Int64"
        );
        let instant = TimestampMicrosecondArray::from(vec![1]).with_timezone("UTC");
        assert!(one(Arc::new(instant), wall(), true).is_err());
        let too_large = UInt64Array::from(vec![u64::MAX]);
        assert!(one(Arc::new(too_large), DataType::Int64, true).is_err());
    }

    #[test]
    fn a_null_where_none_may_be_is_an_error() {
        let values = || Arc::new(StringArray::from(vec![Some("a"), None]));
        assert!(one(values(), DataType::Utf8, true).is_ok());
        let error = one(values(), DataType::Utf8, false).unwrap_err();
        assert_eq!(error, "column c is null in 1 rows and may never be");
        // A null among a dictionary's values is one as well.
        let keys = Int32Array::from(vec![0, 1]);
        let dictionary = DictionaryArray::new(keys, values());
        assert!(one(Arc::new(dictionary), DataType::Utf8, false).is_err());
    }

    #[test]
    fn columns_are_found_by_name() {
        let a: ArrayRef = Arc::new(Int32Array::from(vec![1]));
        let b: ArrayRef = Arc::new(StringArray::from(vec!["b"]));
        let batch = RecordBatch::try_from_iter([("b", b), ("a", a)]).unwrap();
        let field = |name: &str, data_type| Field::new(name, data_type, true);
        let schema = |fields| Arc::new(Schema::new(fields));
        let both = schema(vec![field("a", DataType::Int64), field("b", DataType::Utf8)]);
        assert_eq!(fit(&batch, &both).unwrap().schema(), both);
        let more = schema(vec![field("a", DataType::Int64), field("b", DataType::Utf8), field("x", wall())]);
        assert_eq!(fit(&batch, &more).unwrap_err(), "the rows have no column x");
        let fewer = schema(vec![field("a", DataType::Int64)]);
        assert_eq!(fit(&batch, &fewer).unwrap_err(), "the rows have columns that the table does not: b");
    }

    fn wall() -> DataType {
        DataType::Timestamp(TimeUnit::Microsecond, None)
    }
}
