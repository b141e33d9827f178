//! Compression of text as it comes from clients: frames of zstd, a block each, which any decoder of zstd reads.
//!
//! Two thirds of a report are hashes in hex. In them nothing repeats, and looking for what does is most of what a
//! compressor costs; what can be gained is that a digit takes four bits. zstd's negative levels look at few places, but
//! leave letters at eight bits, unless they are told otherwise. That is a parameter which the safe bindings have only
//! with a feature that would hold for all crates that use zstd, so the library is called directly here.
#![expect(
    unsafe_code,
    reason = "a parameter of zstd that its safe bindings do not have; it halves what compression costs"
)]

use std::ffi::CStr;
use std::io;
use std::ptr::NonNull;

use zstd_sys::{ZSTD_CCtx, ZSTD_cParameter as Parameter};

/// Bytes of a block. A frame is made of it in one go, without the copies of zstd's streams; and from the disk to its
/// encryption a block stays within the processor's second cache.
pub(crate) const BLOCK: usize = 256 << 10;

/// How the compressor works. Against level 1 of zstd, reports of a million leads take 7 % more room and half the time.
const PARAMETERS: [(Parameter, i32); 5] = [
    // After a place without a match, ten bytes are passed over.
    (Parameter::ZSTD_c_compressionLevel, -10),
    // `ZSTD_c_literalCompressionMode`: letters are always given as many bits as they need.
    (Parameter::ZSTD_c_experimentalParam5, 1),
    // Matches are looked for in the whole block,
    (Parameter::ZSTD_c_windowLog, BLOCK.ilog2() as i32),
    // at 8192 places that are remembered: the processor's first cache has room for them.
    (Parameter::ZSTD_c_hashLog, 13),
    (Parameter::ZSTD_c_minMatch, 6),
];

/// Makes frames.
pub(crate) struct Compressor {
    context: NonNull<ZSTD_CCtx>,
    /// Room for the frame of a block that cannot be compressed.
    frame: Vec<u8>,
}

// SAFETY: a context is used by one thread at a time, which may change; it refers to nothing outside.
unsafe impl Send for Compressor {}

impl Compressor {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: the call has no conditions; a null pointer says that there is no memory.
        let context = unsafe { zstd_sys::ZSTD_createCCtx() };
        let context = NonNull::new(context).ok_or(io::ErrorKind::OutOfMemory)?;
        let compressor = Self { context, frame: vec![0; zstd::zstd_safe::compress_bound(BLOCK)] };
        for (parameter, value) in PARAMETERS {
            // SAFETY: the context is alive, and nobody else has it. A wrong value is an error that is told.
            checked(unsafe { zstd_sys::ZSTD_CCtx_setParameter(context.as_ptr(), parameter, value) })?;
        }
        Ok(compressor)
    }

    /// The frame of at most a [block](BLOCK).
    pub(crate) fn frame(&mut self, block: &[u8]) -> io::Result<&[u8]> {
        let (to, room) = (self.frame.as_mut_ptr().cast(), self.frame.len());
        // SAFETY: the context is alive and borrowed mutably. Both buffers are slices that outlive the call, given with
        // their own lengths; zstd keeps no pointer to them.
        let len = unsafe {
            zstd_sys::ZSTD_compress2(self.context.as_ptr(), to, room, block.as_ptr().cast(), block.len())
        };
        let len = checked(len)?;
        Ok(self.frame.get(..len).unwrap_or_default())
    }
}

impl Drop for Compressor {
    fn drop(&mut self) {
        // SAFETY: it was made by `ZSTD_createCCtx`, and nobody else has it.
        unsafe { zstd_sys::ZSTD_freeCCtx(self.context.as_ptr()) };
    }
}

/// What a call returned, unless that is an error.
fn checked(code: usize) -> io::Result<usize> {
    // SAFETY: both calls take any number; the name is text that is there for as long as the process.
    let error = unsafe {
        (zstd_sys::ZSTD_isError(code) != 0).then(|| CStr::from_ptr(zstd_sys::ZSTD_getErrorName(code)))
    };
    match error {
        None => Ok(code),
        Some(name) => Err(io::Error::other(format!("zstd: {}", name.to_string_lossy()))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn zstd_reads_what_is_written(
            lines in prop::collection::vec(("[0-9a-f]{0,64}", 0..400_usize), 0..20),
            noise in prop::collection::vec(any::<u8>(), 0..3_000),
        ) {
            let mut compressor = Compressor::new().unwrap();
            let mut blocks: Vec<Vec<u8>> =
                lines.iter().map(|(text, times)| text.repeat(*times).into_bytes()).collect();
            blocks.push(noise.iter().copied().cycle().take(noise.len() * 80).collect());
            let mut frames = Vec::new();
            for block in &blocks {
                frames.extend_from_slice(compressor.frame(block).unwrap());
            }
            prop_assert_eq!(zstd::decode_all(&frames[..]).unwrap(), blocks.concat());
        }
    }

    fn noise(len: usize) -> Vec<u8> {
        let mut noise = vec![0; len];
        blake3::Hasher::new().finalize_xof().fill(&mut noise);
        noise
    }

    #[test]
    fn a_digit_of_a_hash_takes_little_more_than_four_bits() {
        let hex: String = noise(BLOCK / 2).iter().map(|byte| format!("{byte:02x}")).collect();
        let len = Compressor::new().unwrap().frame(hex.as_bytes()).unwrap().len();
        assert!(len < BLOCK * 52 / 100, "{len} of {BLOCK}");
    }

    #[test]
    fn there_is_room_for_what_nothing_compresses_and_no_more() {
        let mut compressor = Compressor::new().unwrap();
        let noise = noise(2 * BLOCK);
        let frame = compressor.frame(&noise[..BLOCK]).unwrap();
        assert_eq!(zstd::decode_all(frame).unwrap(), noise[..BLOCK]);
        assert!(compressor.frame(&noise).unwrap_err().to_string().starts_with("zstd: "));
        assert_eq!(zstd::decode_all(compressor.frame(b"a").unwrap()).unwrap(), b"a");
    }
}
