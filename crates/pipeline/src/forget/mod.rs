//! Forgetting a person (promise 9): finding what belongs to it, taking it out of the archive, and proof.
//!
//! The list of keyed identifiers says who is forgotten; it is part of what a run reads by, so that the run after it
//! changed makes every table anew without these people. Here is what goes beyond tables: who else's identifiers are
//! the person's own (`person`), the files as received (`archive`), and the search through all that a lake holds
//! (`proof`).

mod archive;
mod person;
mod proof;

pub use archive::{Redacted, Scope, redact};
pub use person::{Person, Whom, find};
pub use proof::{Proof, Scanned};
