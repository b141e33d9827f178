//! Bounds on the size of a report file, so that a hostile one does no harm (promise 10).

/// What a report file may be at most; a file beyond is rejected whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one report, or of all members of an archive together, decompressed.
    pub max_file_size: u64,
    /// Decompressed to compressed bytes; told only beyond [`Self::RATIO_FROM`].
    pub max_ratio: u32,
    /// Cells of a header.
    pub max_columns: u32,
}

impl Limits {
    /// Decompressed bytes up to which the ratio does not matter: small files compress by chance.
    pub const RATIO_FROM: u64 = 16 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_file_size: 8 << 30, max_ratio: 200, max_columns: 16_384 }
    }
}
