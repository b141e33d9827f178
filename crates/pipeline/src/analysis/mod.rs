//! What chapter 3 asks of a committed run: each question is a plan of the room `metrics`, executed here.

mod changes;
mod moments;
mod segments;

use arrow::array::{ArrayRef, StringArray, TimestampMicrosecondArray};
use chrono::NaiveDateTime;
use leadq_metrics::{Maturation, maturation};

use crate::ports::PortError;
use crate::view::View;
use crate::wall::micros;

pub use changes::{BetweenRuns, Span};
pub use moments::ClientMoments;

use std::sync::Arc;

impl View<'_> {
    /// Maturation curves: of all leads, where there are several clients, then of each client.
    ///
    /// # Errors
    /// If the tables cannot be read, or the predicate does not fit the fact.
    pub async fn maturation(&self, leads: &leadq_metrics::Leads) -> Result<Vec<Maturation>, PortError> {
        Ok(maturation::read(&self.rows(&leads.ages()).await?))
    }
}

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<StringArray>())
}

fn wall_times(values: impl Iterator<Item = NaiveDateTime>) -> ArrayRef {
    Arc::new(values.map(|time| Some(micros(time))).collect::<TimestampMicrosecondArray>())
}
