//! `surrogate_key(entity, part, …)`: the key of an entity from the parts of its natural key, in SQL.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, LargeStringArray, StringArray, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use leadq_contract::SurrogateKey;

const NAME: &str = "surrogate_key";

/// [`SurrogateKey::of`] over text: the first argument names the entity, a null part is `None`. Never null.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct SurrogateKeyFunction {
    signature: Signature,
}

impl Default for SurrogateKeyFunction {
    fn default() -> Self {
        // Any: text comes in several encodings, and each is read as it is; `check` refuses the rest.
        Self { signature: Signature::variadic_any(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for SurrogateKeyFunction {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        check(arguments.iter())?;
        Ok(DataType::Binary)
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs) -> Result<FieldRef> {
        check(arguments.arg_fields.iter().map(|field| field.data_type()))?;
        Ok(Arc::new(Field::new(NAME, DataType::Binary, false)))
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = arguments.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { arguments.number_rows };
        let texts = arguments.args.iter().map(Text::of).collect::<Result<Vec<_>>>()?;
        let keys = keys(&texts, rows)?;
        if constant {
            return ScalarValue::try_from_array(&keys, 0).map(ColumnarValue::Scalar);
        }
        Ok(ColumnarValue::Array(keys))
    }
}

fn keys(texts: &[Text], rows: usize) -> Result<ArrayRef> {
    let Some((entity, parts)) = texts.split_first() else {
        return exec_err!("{NAME} needs an entity and a part at least");
    };
    let mut keys = BinaryBuilder::with_capacity(rows, rows * size_of::<SurrogateKey>());
    let mut values = Vec::with_capacity(parts.len());
    for row in 0..rows {
        let Some(entity) = entity.value(row) else {
            return exec_err!("{NAME}: the entity is null");
        };
        values.clear();
        values.extend(parts.iter().map(|part| part.value(row).map(str::as_bytes)));
        keys.append_value(SurrogateKey::of(entity, &values).0);
    }
    Ok(Arc::new(keys.finish()))
}

fn check<'a>(arguments: impl ExactSizeIterator<Item = &'a DataType>) -> Result<()> {
    if arguments.len() < 2 {
        return plan_err!("{NAME} needs an entity and a part at least");
    }
    for (position, data_type) in arguments.enumerate() {
        let text = match data_type {
            DataType::Dictionary(_, values) => values.is_string(),
            other => other.is_string() || other.is_null(),
        };
        if !text {
            return plan_err!("{NAME}: argument {} is {data_type}; cast it to text", position + 1);
        }
    }
    Ok(())
}

/// An argument in the encoding it came in.
enum Text {
    Scalar(Option<String>),
    Utf8(StringArray),
    Large(LargeStringArray),
    View(StringViewArray),
    Null,
}

impl Text {
    fn of(argument: &ColumnarValue) -> Result<Self> {
        match argument {
            ColumnarValue::Scalar(scalar) if scalar.is_null() => Ok(Self::Null),
            ColumnarValue::Scalar(scalar) => match scalar.try_as_str() {
                Some(text) => Ok(Self::Scalar(text.map(str::to_owned))),
                None => exec_err!("{NAME}: {} is no text", scalar.data_type()),
            },
            ColumnarValue::Array(array) => Self::of_array(array),
        }
    }

    fn of_array(array: &ArrayRef) -> Result<Self> {
        match array.data_type() {
            DataType::Utf8 => Ok(Self::Utf8(array.as_string().clone())),
            DataType::LargeUtf8 => Ok(Self::Large(array.as_string().clone())),
            DataType::Utf8View => Ok(Self::View(array.as_string_view().clone())),
            DataType::Null => Ok(Self::Null),
            DataType::Dictionary(_, values) => Self::of_array(&cast(array, values)?),
            other => exec_err!("{NAME}: {other} is no text"),
        }
    }

    fn value(&self, row: usize) -> Option<&str> {
        match self {
            Self::Scalar(text) => text.as_deref(),
            Self::Utf8(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Large(array) => array.is_valid(row).then(|| array.value(row)),
            Self::View(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Null => None,
        }
    }
}
