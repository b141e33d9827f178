//! Segments: the leads cut by one to three dimensions, each with its counts and how it ranks.

use crate::Counts;

/// What the delivered leads of a row are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// All leads delivered.
    Delivered,
    /// Only those with a CRM record: the row speaks of something that the client's report alone knows, or
    /// nobody knows how many leads had been delivered by then.
    Matched,
    /// Rows of snapshots, no leads.
    Rows,
}

impl Base {
    /// Name in output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Matched => "matched",
            Self::Rows => "rows",
        }
    }
}

/// How a segment's conversion rate stands among those shown.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Standing {
    /// Posterior mean of the rate under the beta prior fitted to all segments.
    pub shrunken_rate: Option<f64>,
    /// Whether the segment differs from all others together: two-sided p-value.
    pub p_value: Option<f64>,
    /// The same, adjusted for the number of segments (Benjamini-Hochberg).
    pub q_value: Option<f64>,
}

/// One segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Its value of each dimension; `None` where the leads have none.
    pub values: Vec<Option<String>>,
    /// Its counts.
    pub counts: Counts,
    /// How its conversion rate stands among the others.
    pub standing: Standing,
}

/// All segments of a question, by delivered descending, then by their values.
#[derive(Debug, Clone, PartialEq)]
pub struct Segments {
    /// Names of the dimensions.
    pub by: Vec<String>,
    /// What `delivered` counts.
    pub base: Base,
    /// The segments.
    pub rows: Vec<Segment>,
}
