//! Columns of few distinct values: each distinct raw cell is read once, rows carry its id.

use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, StringArray, UInt32Array};
use arrow::datatypes::UInt32Type;
use arrow::error::ArrowError;
use hashbrown::HashMap;

use crate::cells::Read;
use crate::digest::digest;

/// Distinct raw cells that are remembered; beyond, the memory starts anew.
const MAX_REMEMBERED: usize = 1 << 16;
/// Distinct values after which the dictionary starts anew with the next batch.
const MAX_VALUES: usize = 1 << 17;

/// Bytes of values after which the dictionary, and of raw cells after which the memory starts anew.
const MAX_BYTES: usize = 8 << 20;

/// Id of a value within its category's current dictionary.
pub(crate) type ValueId = u32;

/// A value as one cell spelled it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spelled {
    pub(crate) id: ValueId,
    spelling: u32,
}

/// The distinct values of a column.
#[derive(Default)]
pub(crate) struct Category {
    /// Compare without regard to case (dispositions and job statuses, 1.6).
    fold_case: bool,
    remembered: HashMap<Box<str>, Read<Spelled>>,
    ids: HashMap<Box<str>, ValueId>,
    spellings: Vec<Box<str>>,
    /// By id: a digest of the compared text, and the spelling that a kept row had first.
    values: Vec<(u128, Option<u32>)>,
    codes: Vec<Option<u32>>,
    dictionary: Option<ArrayRef>,
    /// Bytes of the raw cells remembered, and of the values.
    remembered_bytes: usize,
    bytes: usize,
}

impl Category {
    /// Values that differ in case differ.
    pub(crate) fn exact() -> Self {
        Self::default()
    }

    /// Values that differ only in case are one, shown in the spelling first kept.
    pub(crate) fn folded() -> Self {
        Self { fold_case: true, ..Self::default() }
    }

    /// Reads a raw cell, by `reader` if it was not seen before.
    pub(crate) fn read<'t, S: AsRef<str>>(
        &mut self,
        raw: &'t str,
        reader: impl FnOnce(&'t str) -> Read<S>,
    ) -> Read<Spelled> {
        if let Some(known) = self.remembered.get(raw) {
            return *known;
        }
        let read = match reader(raw) {
            Read::Value(text) => Read::Value(self.intern(text.as_ref())),
            Read::Null => Read::Null,
            Read::Invalid => Read::Invalid,
        };
        self.remembered_bytes += raw.len();
        if self.remembered.len() >= MAX_REMEMBERED || self.remembered_bytes > MAX_BYTES {
            self.remembered.clear();
            self.remembered_bytes = raw.len();
        }
        self.remembered.insert(raw.into(), read);
        read
    }

    /// The id of a clean text.
    pub(crate) fn intern(&mut self, text: &str) -> Spelled {
        let compared = if self.fold_case { text.to_lowercase().into_boxed_str() } else { text.into() };
        let next = self.values.len() as ValueId;
        let digest = digest(compared.as_bytes());
        let id = *self.ids.entry(compared).or_insert(next);
        if id == next {
            self.values.push((digest, None));
        }
        if self.fold_case || id == next {
            self.bytes += text.len();
            self.spellings.push(text.into());
        }
        let spelling = if self.fold_case { self.spellings.len() as u32 - 1 } else { id };
        Spelled { id, spelling }
    }

    /// A clean text by what [`Self::read`] or [`Self::intern`] gave.
    pub(crate) fn text(&self, value: Spelled) -> &str {
        &self.spellings[value.spelling as usize]
    }

    /// Digest of a value for row comparison; the same for every spelling.
    pub(crate) fn digest(&self, value: Option<Spelled>) -> u128 {
        value.map_or(0, |value| self.values[value.id as usize].0)
    }

    /// Appends a kept row's value to the batch under way.
    pub(crate) fn push(&mut self, value: Option<Spelled>) {
        if let Some(value) = value {
            let shown = &mut self.values[value.id as usize].1;
            if shown.is_none() {
                *shown = Some(value.spelling);
                self.dictionary = None;
            }
        }
        self.codes.push(value.map(|value| value.id));
    }

    /// The batch's column. Starts a new dictionary if this one has grown large; ids are void then.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let codes = UInt32Array::from(std::mem::take(&mut self.codes));
        let values = match &self.dictionary {
            Some(values) if values.len() == self.values.len() => Arc::clone(values),
            _ => self.dictionary_values(),
        };
        self.dictionary = Some(Arc::clone(&values));
        self.trim();
        Ok(Arc::new(DictionaryArray::<UInt32Type>::try_new(codes, values)?))
    }

    /// Between two batches: starts anew if the values have grown large; ids are void then.
    pub(crate) fn trim(&mut self) {
        if self.values.len() > MAX_VALUES || self.bytes > MAX_BYTES {
            *self = Self { fold_case: self.fold_case, ..Self::default() };
        }
    }

    /// Bytes of the values.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    fn dictionary_values(&self) -> ArrayRef {
        let text = |(_, shown): &(u128, Option<u32>)| shown.map_or("", |s| &*self.spellings[s as usize]);
        Arc::new(self.values.iter().map(|value| Some(text(value))).collect::<StringArray>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::AsArray;

    fn shown(category: &mut Category) -> Vec<String> {
        let column = category.finish().unwrap();
        let column = column.as_dictionary::<UInt32Type>();
        let texts = column.downcast_dict::<StringArray>().unwrap();
        texts.into_iter().map(|text| text.unwrap_or("-").to_owned()).collect()
    }

    fn push(category: &mut Category, raw: &str, kept: bool) {
        let read = category.read(raw, |raw| Read::Value(raw.trim().to_owned()));
        if let (Read::Value(value), true) = (read, kept) {
            category.push(Some(value));
        }
    }

    #[test]
    fn the_first_spelling_of_a_kept_row_is_shown() {
        let mut dispo = Category::folded();
        for (raw, kept) in [("SALE", false), ("Sale ", true), ("SALE", true), ("ND", true)] {
            push(&mut dispo, raw, kept);
        }
        assert_eq!(shown(&mut dispo), ["Sale", "Sale", "ND"]);
        push(&mut dispo, "sale", true);
        assert_eq!(shown(&mut dispo), ["Sale"]);
    }

    #[test]
    fn exact_values_differ_in_case() {
        let mut zip = Category::exact();
        for raw in ["a", "A", "a "] {
            push(&mut zip, raw, true);
        }
        zip.push(None);
        assert_eq!(shown(&mut zip), ["a", "A", "a", "-"]);
    }
}
