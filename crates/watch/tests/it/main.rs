//! The daemon with real sockets: probes and metrics over HTTP, a webhook's receiver, a mail server, systemd's socket;
//! and its loop with a clock that does what it is told.

mod alerts;
mod clock;
mod http;
mod mail_server;
mod run_loop;
mod smtp;
mod systemd;
mod webhook;
