//! Segments: the leads cut by one to three dimensions, each with its counts and how it ranks.

use arrow::record_batch::RecordBatch;

use crate::benjamini_hochberg::q_values;
use crate::beta_binomial::Prior;
use crate::two_proportions::p_value;
use crate::{Counts, read};

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

impl Segments {
    /// Reads what [`Leads::by_segment`](crate::Leads::by_segment) gives, and ranks it.
    #[must_use]
    pub fn read(by: Vec<String>, base: Base, batches: &[RecordBatch]) -> Self {
        let mut rows = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
        for batch in batches {
            let mut columns: Vec<_> =
                (0..by.len()).map(|n| read::texts(batch, &format!("d{n}")).into_iter()).collect();
            rows.extend(Counts::read(batch).into_iter().map(|counts| Segment {
                values: columns.iter_mut().map(|column| column.next().flatten()).collect(),
                counts,
                standing: Standing::default(),
            }));
        }
        let mut segments = Self { by, base, rows };
        segments.rank();
        segments
    }

    /// Fills in how each segment stands among all of them. One alone has nobody to be compared with.
    fn rank(&mut self) {
        if self.by.is_empty() {
            return;
        }
        let pairs: Vec<_> = self.rows.iter().map(|row| (row.counts.set, row.counts.delivered)).collect();
        let all = pairs.iter().fold((0, 0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
        let prior = Prior::fit(&pairs);
        let p_values: Vec<_> = pairs
            .iter()
            .map(|(set, delivered)| p_value(*set, *delivered, all.0 - set, all.1 - delivered))
            .collect();
        let q_values = q_values(&p_values);
        for (((row, (set, delivered)), p_value), q_value) in
            self.rows.iter_mut().zip(pairs).zip(p_values).zip(q_values)
        {
            let shrunken_rate = prior.as_ref().map(|prior| prior.posterior_mean(set, delivered));
            row.standing = Standing { shrunken_rate, p_value, q_value };
        }
    }
}
