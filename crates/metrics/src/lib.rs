//! Room 3: outcomes of leads to rates, with how sure they are (spec chapter 3).
//!
//! Counting is said as SQL over the fact and executed by an engine; what follows from the counts is pure.

pub mod benjamini_hochberg;
pub mod beta_binomial;
mod beta_likelihood;
pub mod kaplan_meier;
pub mod maturation;
pub mod overall;
pub mod segments;
mod stirling;
pub mod trend;
pub mod two_proportions;
pub mod wilson;

pub use maturation::{CurvePoint, Maturation};
pub use overall::{Basis, Counts, Metric, Value};
pub use segments::{Base, Segment, Segments, Standing};
pub use trend::TrendPoint;
pub use wilson::Rate;
