//! Limits on what one file may be, against files made to do harm (promise 10).

/// What a report file may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file, or of all members of an archive together, decompressed.
    pub max_file_size: u64,
    /// How many times its compressed size a file may come to; told beyond 16 MiB only.
    pub max_ratio: u32,
    /// Cells of a header.
    pub max_columns: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_file_size: 8 << 30, max_ratio: 200, max_columns: 16_384 }
    }
}
