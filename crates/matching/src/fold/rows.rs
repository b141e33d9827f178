//! Clean rows of a batch, row by row, their text as the client's symbols.

use arrow::array::{
    Array, AsArray, BooleanArray, Date32Array, DictionaryArray, FixedSizeBinaryArray, PrimitiveArray,
    StringArray,
};
use arrow::datatypes::{ArrowPrimitiveType, TimestampMicrosecondType, UInt32Type, UInt64Type};
use arrow::record_batch::RecordBatch;
use leadq_contract::IdentifierKey;
use leadq_contract::rows::field;

use super::symbols::{Symbol, Symbols};
use super::{FoldError, Texts};

/// Values of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowValues {
    pub(crate) line: u64,
    pub(crate) email: Option<IdentifierKey>,
    pub(crate) phone: Option<IdentifierKey>,
    pub(crate) entry_date: Option<i32>,
    pub(crate) city: Option<Symbol>,
    pub(crate) state: Option<Symbol>,
    pub(crate) zip: Option<Symbol>,
    pub(crate) appt_at: Option<i64>,
    pub(crate) set: Option<bool>,
    pub(crate) demo: Option<bool>,
    pub(crate) dispo: Option<Symbol>,
    pub(crate) job_status: Option<Symbol>,
}

#[cfg(test)]
impl RowValues {
    /// A row that says nothing.
    pub(crate) const fn empty(line: u64) -> Self {
        Self {
            line,
            email: None,
            phone: None,
            entry_date: None,
            city: None,
            state: None,
            zip: None,
            appt_at: None,
            set: None,
            demo: None,
            dispo: None,
            job_status: None,
        }
    }
}

/// A batch's columns, downcast once.
pub(crate) struct RowReader<'a> {
    line: &'a PrimitiveArray<UInt64Type>,
    entry_date: &'a Date32Array,
    lead_number: &'a StringArray,
    email: &'a FixedSizeBinaryArray,
    phone: &'a FixedSizeBinaryArray,
    appt_at: &'a PrimitiveArray<TimestampMicrosecondType>,
    set: &'a BooleanArray,
    demo: &'a BooleanArray,
    city: CategoryReader<'a>,
    state: CategoryReader<'a>,
    zip: CategoryReader<'a>,
    dispo: CategoryReader<'a>,
    job_status: CategoryReader<'a>,
}

impl<'a> RowReader<'a> {
    pub(crate) fn new(batch: &'a RecordBatch) -> Result<Self, FoldError> {
        let column = |index: usize| batch.columns().get(index).ok_or(FoldError::Schema { column: index });
        let wrong = |column: usize| FoldError::Schema { column };
        let category = |index: usize| CategoryReader::new(column(index)?).ok_or(wrong(index));
        let keys = |index: usize| column(index)?.as_fixed_size_binary_opt().ok_or(wrong(index));
        let flags = |index: usize| column(index)?.as_boolean_opt().ok_or(wrong(index));
        Ok(Self {
            line: column(field::LINE)?.as_primitive_opt().ok_or(wrong(field::LINE))?,
            entry_date: column(field::ENTRY_DATE)?.as_primitive_opt().ok_or(wrong(field::ENTRY_DATE))?,
            lead_number: column(field::LEAD_NUMBER)?.as_string_opt().ok_or(wrong(field::LEAD_NUMBER))?,
            email: keys(field::EMAIL_KEY)?,
            phone: keys(field::PHONE_KEY)?,
            appt_at: column(field::APPT_AT)?.as_primitive_opt().ok_or(wrong(field::APPT_AT))?,
            set: flags(field::SET)?,
            demo: flags(field::DEMO)?,
            city: category(field::CITY)?,
            state: category(field::STATE)?,
            zip: category(field::ZIP)?,
            dispo: category(field::DISPO)?,
            job_status: category(field::JOB_STATUS)?,
        })
    }

    pub(crate) fn lead_number(&self, row: usize) -> Option<&'a str> {
        self.lead_number.is_valid(row).then(|| self.lead_number.value(row))
    }

    pub(crate) fn values(&mut self, row: usize, texts: &mut Texts) -> RowValues {
        RowValues {
            line: self.line.value(row),
            email: key(self.email, row),
            phone: key(self.phone, row),
            entry_date: number(self.entry_date, row),
            city: self.city.symbol(row, &mut texts.city),
            state: self.state.symbol(row, &mut texts.state),
            zip: self.zip.symbol(row, &mut texts.zip),
            appt_at: number(self.appt_at, row),
            set: flag(self.set, row),
            demo: flag(self.demo, row),
            dispo: self.dispo.symbol(row, &mut texts.dispo),
            job_status: self.job_status.symbol(row, &mut texts.job_status),
        }
    }
}

/// A dictionary column whose values become symbols the first time a row uses them.
struct CategoryReader<'a> {
    codes: &'a DictionaryArray<UInt32Type>,
    values: &'a StringArray,
    symbols: Vec<Option<Symbol>>,
}

impl<'a> CategoryReader<'a> {
    fn new(column: &'a dyn Array) -> Option<Self> {
        let codes = column.as_dictionary_opt::<UInt32Type>()?;
        let values = codes.values().as_string_opt::<i32>()?;
        Some(Self { codes, values, symbols: vec![None; values.len()] })
    }

    fn symbol(&mut self, row: usize, symbols: &mut Symbols) -> Option<Symbol> {
        let code = self.codes.key(row)?;
        Some(*self.symbols[code].get_or_insert_with(|| symbols.intern(self.values.value(code))))
    }
}

fn key(column: &FixedSizeBinaryArray, row: usize) -> Option<IdentifierKey> {
    if column.is_null(row) {
        return None;
    }
    column.value(row).try_into().ok().map(IdentifierKey)
}

fn number<T: ArrowPrimitiveType>(column: &PrimitiveArray<T>, row: usize) -> Option<T::Native> {
    column.is_valid(row).then(|| column.value(row))
}

fn flag(column: &BooleanArray, row: usize) -> Option<bool> {
    column.is_valid(row).then(|| column.value(row))
}
