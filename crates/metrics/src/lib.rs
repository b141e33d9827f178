//! Room 3: outcomes of leads to rates, with how sure they are (spec chapter 3).
//!
//! Counting is said as SQL over the fact and executed by an engine; what follows from the counts is pure.

pub mod overall;
pub mod wilson;

pub use overall::{Basis, Counts, Metric, Value};
pub use wilson::Rate;
