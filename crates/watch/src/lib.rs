//! Edge: the schedule, the alerts, and the small HTTP server that monitoring asks.

pub mod alerts;
pub mod clock;
pub mod error;
pub mod http;
pub mod job;
mod metrics;
pub mod monitor;
pub mod run_loop;
pub mod schedule;
pub mod systemd;
