//! The hallway: which room comes when, what a run does and commits, and the ports that the edges fill.

pub mod ports;
