//! Edge: the archive keeps each file as it was received, once per content, compressed and encrypted.
//!
//! A folder or an object store holds `blobs/ab/<content id>.age` and the catalogue, `catalogue/<numbers>.age`. Both
//! are files of the format [age](https://age-encryption.org/v1), encrypted to a key that the installation's secret
//! gives ([`age_identity`]): who has the secret reads them without leadq, too. `trailer` says what is within.
//!
//! *Absent: knowing what a file means, and when it may go.*

mod archive;
mod blob;
mod catalogue;
mod compress;
mod fault;
mod folder;
mod header;
mod keys;
mod payload;
mod place;
mod seal;
mod store;
mod trailer;

pub use archive::FileArchive;
pub use keys::age_identity;
