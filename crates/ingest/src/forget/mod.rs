//! Forgetting a person (spec 1.7 and promise 9): whose rows are dropped, and files without them.
//!
//! A report's row is a forgotten person's when one of its cells, in whatever column, holds an identifier of that
//! person: a hash in digits or base64, or an email or a phone in plain text. Phones are not looked for where other
//! numbers stand: in dates, lead numbers, ZIP codes.

mod leads;
mod look;
mod plan;
mod report;
mod search;
mod suppress;
#[cfg(test)]
mod tests;
mod workbook;

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use leadq_contract::{IdentifierKey, IdentifierKind, IdentifierSecret};

use crate::cells::hash::{every_hash, is_junk};
use crate::cells::text;
pub use crate::container::{TAKEN_OUT, note};
pub use leads::redact_leads;
pub use look::is_in_report;
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

    /// Whether a text holds an identifier of a forgotten person: a hash, an email, a phone if `phones` are looked for,
    /// or what the lake keeps of one.
    #[must_use]
    pub fn stands_in(&self, text: &str, secret: &IdentifierSecret, phones: bool) -> bool {
        let is_keyed = || {
            let runs = text.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() == 64);
            runs.filter_map(IdentifierKey::from_hex).any(|key| self.contains(&key))
        };
        Search::of(self, secret).is_some_and(|search| search.finds(text, phones)) || is_keyed()
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

/// The keyed identifiers of an email or a phone in plain text, by each algorithm and rule by which a client may hash
/// it; none if it is neither, or what people write who have none.
#[must_use]
pub fn identifiers_of(
    plain: &str,
    kind: IdentifierKind,
    secret: &IdentifierSecret,
) -> Option<Vec<IdentifierKey>> {
    let plain = text::tidy(plain);
    let looks_right = match kind {
        IdentifierKind::Email => plain.split_once('@').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty()),
        IdentifierKind::Phone => true,
    };
    let hashes = every_hash(&plain, kind);
    if !looks_right || hashes.is_empty() || hashes.iter().any(is_junk) {
        return None;
    }
    Some(hashes.iter().map(|hash| secret.key(hash.as_bytes())).collect())
}

impl FromIterator<IdentifierKey> for Forgotten {
    fn from_iter<T: IntoIterator<Item = IdentifierKey>>(keys: T) -> Self {
        Self(Arc::new(keys.into_iter().collect()))
    }
}
