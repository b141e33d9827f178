//! Fetching from drops that behave, and from those that do not.

mod cases;
mod clearing;
mod fake;
mod laws;
