//! The daemon with real sockets: probes and metrics over HTTP, a webhook's receiver, a mail server, systemd's socket;
//! and its loop with a clock that does what it is told.

#[cfg(test)]
mod alerts;
#[cfg(test)]
mod clock;
#[cfg(test)]
mod defaults;
#[cfg(test)]
mod http;
#[cfg(test)]
mod mail_server;
#[cfg(test)]
mod run_loop;
#[cfg(test)]
mod smtp;
#[cfg(test)]
mod systemd;
#[cfg(test)]
mod webhook;
