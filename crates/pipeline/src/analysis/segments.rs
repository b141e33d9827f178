//! Segments: counts by up to three dimensions, and how each stands among the others.

use leadq_metrics::question::PLACES_OF_LEADS;
use leadq_metrics::{Base, Dimension, Leads, Place, Segments, read};

use crate::ports::PortError;
use crate::view::View;

impl View<'_> {
    /// The leads cut by dimensions; without any, one row of all.
    ///
    /// # Errors
    /// If the tables cannot be read, or the predicate does not fit the fact.
    pub async fn segments(&self, leads: &Leads, by: &[Dimension]) -> Result<Segments, PortError> {
        let places = self.places_of_leads(by).await?;
        let of_report = by.iter().any(|dimension| dimension.is_of_report(&places));
        let base = if of_report { Base::Matched } else { Base::Delivered };
        let rows = self.rows(&leads.by_segment(by, of_report)).await?;
        let by = by.iter().map(|one| one.name().to_owned()).collect();
        // Ranking very many takes a while: on a thread of its own the caller can still be stopped.
        let read = tokio::task::spawn_blocking(move || Segments::read(by, base, &rows));
        read.await.map_err(|error| PortError::permanent("rank", "the segments", error))
    }

    /// Of which parts of the place the leads have values of their own.
    async fn places_of_leads(&self, by: &[Dimension]) -> Result<Vec<Place>, PortError> {
        if !by.iter().any(|dimension| matches!(dimension, Dimension::Place(_))) {
            return Ok(Vec::new());
        }
        let rows = self.rows(PLACES_OF_LEADS).await?;
        let has = |place: &Place| {
            rows.first().is_some_and(|row| read::flags(row, place.column()).first() == Some(&true))
        };
        Ok([Place::State, Place::City, Place::Zip3].into_iter().filter(has).collect())
    }
}
