//! Forgetting a person (spec 1.7 and promise 9): whose rows are dropped, and files without them.
//!
//! A report's row is a forgotten person's when one of its cells, in whatever column, holds an identifier of that
//! person: a hash in digits or base64, or an email or a phone in plain text. Phones are not looked for where other
//! numbers stand: in dates, lead numbers, ZIP codes.

mod leads;
mod plan;
mod report;
mod search;
mod suppress;
#[cfg(test)]
mod tests;
mod workbook;

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use leadq_contract::IdentifierKey;

pub use leads::redact_leads;
pub use report::{Redaction, redact_report};
pub(crate) use search::Search;
pub(crate) use suppress::Suppression;

/// The keyed identifiers of those who are forgotten: of an email or a phone, those of each algorithm and rule by
/// which a client may hash it. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forgotten(Arc<BTreeSet<IdentifierKey>>);

impl Forgotten {
    /// Nobody.
    #[must_use]
    pub fn nobody() -> &'static Self {
        static NOBODY: LazyLock<Forgotten> = LazyLock::new(Forgotten::default);
        &NOBODY
    }

    /// Whether an identifier is a forgotten person's.
    #[must_use]
    pub fn contains(&self, key: &IdentifierKey) -> bool {
        self.0.contains(key)
    }

    /// The keyed identifiers, in order.
    pub fn keys(&self) -> impl Iterator<Item = &IdentifierKey> {
        self.0.iter()
    }

    /// Whether nobody is forgotten.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<IdentifierKey> for Forgotten {
    fn from_iter<T: IntoIterator<Item = IdentifierKey>>(keys: T) -> Self {
        Self(Arc::new(keys.into_iter().collect()))
    }
}
