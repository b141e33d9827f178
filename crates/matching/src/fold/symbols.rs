//! Interned text of a client: cities, states, ZIP codes, dispositions and job statuses as small numbers.

use std::borrow::Cow;

use hashbrown::HashMap;

/// A text's number; equal texts have equal numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Symbol(u32);

/// Texts by number, in the spelling first seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Symbols {
    fold_case: bool,
    numbers: HashMap<Box<str>, Symbol>,
    texts: Vec<Box<str>>,
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
