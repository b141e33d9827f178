//! Findings of one file, counted as they occur.

use std::collections::BTreeMap;

use leadq_contract::{Finding, FindingCode};

/// A finding of one file: which code, in which column, how often, where first.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FileFinding {
    /// What was found.
    pub code: FindingCode,
    /// In which column: a canonical name, or the file's own for an unknown one.
    pub column: Option<String>,
    /// Physical line of the first occurrence, 1-based.
    pub line: Option<u64>,
    /// How often.
    pub count: u64,
    /// The first occurrences, redacted.
    pub samples: Vec<String>,
}

/// Counts findings by code and column.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    found: BTreeMap<(FindingCode, Option<String>), FileFinding>,
}

impl Tally {
    /// Counts one occurrence. `sample` is asked for only while samples are wanted.
    pub(crate) fn add(
        &mut self,
        code: FindingCode,
        column: Option<&str>,
        line: Option<u64>,
        sample: impl FnOnce() -> String,
    ) {
        let finding = self.found.entry((code, column.map(str::to_owned))).or_insert_with(|| FileFinding {
            code,
            column: column.map(str::to_owned),
            line,
            count: 0,
            samples: Vec::new(),
        });
        finding.count += 1;
        if finding.samples.len() < Finding::MAX_SAMPLES {
            finding.samples.push(sample());
        }
    }

    /// The findings, by code and column.
    pub(crate) fn finish(self) -> Vec<FileFinding> {
        self.found.into_values().collect()
    }
}
