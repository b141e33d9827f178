//! What the words and numbers mean.

use maud::html;

use super::Section;
use crate::definitions::{METRICS, TERMS};

/// The section.
pub(super) fn section() -> Option<Section> {
    let body = html! {
        dl.terms {
            @for metric in METRICS { dt { (metric.label) } dd { (metric.text) } }
            @for (term, text) in TERMS { dt { (term) } dd { (text) } }
        }
    };
    Some(Section::new("terms", "What the words mean", body))
}
