//! Edge: the schedule, the alerts, and the small HTTP server that monitoring asks.
