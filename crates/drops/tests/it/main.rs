//! Drops as they are: a folder with links and pipes in it, and a bucket on a real S3 server.

mod archive;
mod local;
mod s3;
mod server;
