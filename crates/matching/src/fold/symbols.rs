//! Interned text of a client: cities, states, ZIP codes, dispositions and job statuses as small numbers.

use std::borrow::Cow;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// A text's number; equal texts have equal numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Symbol(u32);

/// Texts by number, in the spelling first seen.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Spelled", into = "Spelled")]
pub(crate) struct Symbols {
    fold_case: bool,
    numbers: HashMap<Box<str>, Symbol>,
    texts: Vec<Box<str>>,
}

/// What has to be kept of [`Symbols`]: the rest follows.
#[derive(Serialize, Deserialize)]
struct Spelled {
    fold_case: bool,
    texts: Vec<Box<str>>,
}

impl From<Symbols> for Spelled {
    fn from(symbols: Symbols) -> Self {
        Self { fold_case: symbols.fold_case, texts: symbols.texts }
    }
}

impl From<Spelled> for Symbols {
    fn from(Spelled { fold_case, texts }: Spelled) -> Self {
        let mut symbols = Self { fold_case, ..Self::default() };
        for text in &texts {
            symbols.intern(text);
        }
        symbols
    }
}

impl Symbols {
    /// Texts that differ in case differ.
    pub(crate) fn exact() -> Self {
        Self::default()
    }

    /// Texts that differ only in case are one (1.6).
    pub(crate) fn folded() -> Self {
        Self { fold_case: true, ..Self::default() }
    }

    pub(crate) fn intern(&mut self, text: &str) -> Symbol {
        let compared = if self.fold_case { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) };
        if let Some(number) = self.numbers.get(&*compared) {
            return *number;
        }
        let number = Symbol(self.texts.len() as u32);
        self.numbers.insert(compared.into(), number);
        self.texts.push(text.into());
        number
    }

    pub(crate) fn text(&self, symbol: Symbol) -> &str {
        &self.texts[symbol.0 as usize]
    }

    /// The texts, by number.
    pub(crate) fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }
}

impl Symbol {
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}
