//! Edge: drops on SFTP servers.
//!
//! The protocol is spoken by `russh` and `russh-sftp`: they are kept, are Rust throughout, wait without a thread per
//! connection, and bring the server's side along, so that tests have a server that misbehaves on demand. `ssh2`
//! binds libssh2, which is C, blocks, and shares one socket's errors between all transfers; the program `sftp` has no
//! errors but its texts. Used of `russh-sftp` is the raw session alone: it sends one packet and gives the answer to it,
//! so that what is outstanding, for how long, and what a short answer means is decided here.
//!
//! - [`SftpSettings`]: where, as whom, and how the server is known.
//! - [`SftpDrop`]: the port [`DropFolder`](leadq_pipeline::ports::DropFolder).
//!
//! A host key is compared with what was pinned before anything secret is sent, and never learned by itself.

mod answer;
mod connection;
mod folder;
mod host_key;
mod known_hosts;
mod list;
mod location;
mod login;
mod names;
mod read;
mod settings;
mod stream;
#[cfg(feature = "testing")]
pub mod testing;

pub use folder::SftpDrop;
pub use host_key::HostKeys;
pub use location::Location;
pub use login::{Login, Secret};
pub use settings::{SftpSettings, Surroundings};
