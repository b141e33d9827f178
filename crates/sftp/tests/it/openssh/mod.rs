//! OpenSSH's sshd on loopback, as the user that runs the tests.

mod files;
mod host_keys;
mod logins;
mod sshd;
