//! Edge: drops on SFTP servers.
