//! Drops on SFTP servers, with real servers: OpenSSH's, and one that misbehaves on demand.

#[cfg(test)]
mod misbehaving;
#[cfg(all(test, unix))]
mod openssh;
#[cfg(test)]
mod support;
