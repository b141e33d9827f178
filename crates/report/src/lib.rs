//! Pages, charts and workbooks for people: pure functions from what the analysis found to bytes.
//!
//! Three products: [`html`], a page that a person decides by; [`xlsx`], the same numbers to work with;
//! [`feedback_html`], the note to a client that says what to fix in its file. No I/O, no clock, no engine.

mod analysis;
mod chart;
mod definitions;
mod feedback;
pub mod figures;
mod page;
mod workbook;

pub use analysis::{
    Analysis, BridgeRow, Changes, ClaimSum, Claims, ClientState, ColumnHealth, ContradictedClaim, EarlierRun,
    Files,
};
pub use feedback::{DeadSince, Feedback, SetAside, feedback_html};
pub use page::html;
pub use workbook::{Error, xlsx};

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
