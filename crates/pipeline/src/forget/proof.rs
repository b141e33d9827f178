//! The proof that nobody who is forgotten is left in a lake: every file of it is searched.

use arrow::array::{Array, ArrayRef, AsArray as _};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use bytes::Bytes;
use leadq_contract::{IdentifierKey, IdentifierSecret};
use leadq_ingest::Forgotten;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::state::unpacked;

/// Bytes of an identifier as the lake keeps it.
const KEY: usize = 32;

/// What was searched, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scanned {
    /// Data files of tables, and checkpoints of their logs.
    pub data_files: u64,
    /// Rows in them.
    pub rows: u64,
    /// State files.
    pub state_files: u64,
    /// Logs of tables, run records, documents and whatever else there is.
    pub other_files: u64,
    /// Files in which somebody who is forgotten was found, or that could not be searched, and why.
    pub found: Vec<(String, &'static str)>,
}

/// Searches files of a lake for people who are forgotten.
#[derive(Debug)]
pub struct Proof<'a> {
    forgotten: &'a Forgotten,
    secret: &'a IdentifierSecret,
    /// By the first two bytes of a keyed identifier, whether there is one.
    begins: Vec<bool>,
    scanned: Scanned,
}

impl<'a> Proof<'a> {
    /// Nothing is searched yet.
    #[must_use]
    pub fn new(forgotten: &'a Forgotten, secret: &'a IdentifierSecret) -> Self {
        let mut begins = vec![false; 1 << 16];
        for IdentifierKey([first, second, ..]) in forgotten.keys() {
            begins[usize::from(*first) << 8 | usize::from(*second)] = true;
        }
        Self { forgotten, secret, begins, scanned: Scanned::default() }
    }

    /// Searches a file, by what its name says that it is.
    pub fn search(&mut self, name: &str, bytes: Bytes) {
        let found = if name.ends_with(".parquet") {
            self.scanned.data_files += 1;
            match self.table(bytes) {
                Ok((rows, found)) => {
                    self.scanned.rows += rows;
                    Ok(found)
                }
                Err(error) => Err(error.to_string()),
            }
        } else if name.starts_with("state/") {
            self.scanned.state_files += 1;
            unpacked(&bytes).map(|bytes| self.is_in_bytes(&bytes)).map_err(|error| error.to_string())
        } else {
            self.scanned.other_files += 1;
            Ok(self.is_in_bytes(&bytes))
        };
        match found {
            Ok(false) => {}
            Ok(true) => self.scanned.found.push((name.to_owned(), "it holds an identifier")),
            Err(reason) => {
                tracing::warn!(file = name, reason, "cannot search a file");
                self.scanned.found.push((name.to_owned(), "it cannot be searched"));
            }
        }
    }

    /// What was searched, and what was found.
    #[must_use]
    pub fn into_scanned(self) -> Scanned {
        self.scanned
    }

    /// Rows of a Parquet file, and whether any of them holds an identifier.
    fn table(&self, bytes: Bytes) -> Result<(u64, bool), ArrowError> {
        let (mut rows, mut found) = (0, false);
        for batch in ParquetRecordBatchReaderBuilder::try_new(bytes)?.build()? {
            let batch = batch?;
            rows += batch.num_rows() as u64;
            for column in batch.columns() {
                found = found || self.is_in_column(column)?;
            }
        }
        Ok((rows, found))
    }

    fn is_in_column(&self, column: &ArrayRef) -> Result<bool, ArrowError> {
        match column.data_type() {
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => {
                let values = cast(column, &DataType::LargeBinary)?;
                Ok(values.as_binary::<i64>().iter().flatten().any(|value| self.is_in_bytes(value)))
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => {
                let texts = cast(column, &DataType::LargeUtf8)?;
                Ok(texts.as_string::<i64>().iter().flatten().any(|text| self.is_in_cell(text)))
            }
            DataType::List(_) => self.is_in_column(column.as_list::<i32>().values()),
            DataType::Map(..) => self.is_in_columns(column.as_map().entries().columns()),
            DataType::Struct(_) => self.is_in_columns(column.as_struct().columns()),
            _ => Ok(false),
        }
    }

    fn is_in_columns(&self, columns: &[ArrayRef]) -> Result<bool, ArrowError> {
        columns.iter().try_fold(false, |found, column| Ok(found || self.is_in_column(column)?))
    }

    fn is_in_cell(&self, text: &str) -> bool {
        // Shorter than a phone, and no email.
        let is_short = text.len() < 10 && text.is_ascii() && !text.contains(['@', '%', '(', '[']);
        !is_short && self.forgotten.stands_in(text, self.secret, true)
    }

    /// Whether bytes hold an identifier, as it is kept or in any text.
    fn is_in_bytes(&self, bytes: &[u8]) -> bool {
        let is_key = |window: &[u8]| {
            self.begins[usize::from(window[0]) << 8 | usize::from(window[1])]
                && window.try_into().is_ok_and(|key| self.forgotten.contains(&IdentifierKey(key)))
        };
        bytes.windows(KEY).any(is_key)
            || bytes.len() > KEY
                && self.forgotten.stands_in(&String::from_utf8_lossy(bytes), self.secret, false)
    }
}
