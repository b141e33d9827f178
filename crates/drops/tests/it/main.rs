//! Drops as they are: a folder with links and pipes in it, and a bucket on a real S3 server.

#[cfg(test)]
mod archive;
#[cfg(test)]
mod local;
#[cfg(test)]
mod s3;
#[cfg(test)]
mod server;
