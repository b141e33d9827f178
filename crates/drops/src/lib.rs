//! Edge: drops on local disk and in object storage.
