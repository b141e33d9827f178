//! The binary as its users meet it: files in, tables and figures out.

mod bad_input;
mod golden;
mod matching;
mod outcomes;
mod place;
mod privacy;
mod reports;
mod runs;
