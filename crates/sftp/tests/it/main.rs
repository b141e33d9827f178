//! Drops on SFTP servers, with real servers: OpenSSH's, and one that misbehaves on demand.

#[cfg(test)]
mod misbehaving;
#[cfg(unix)]
#[cfg(test)]
mod openssh;
#[cfg(test)]
mod support;
