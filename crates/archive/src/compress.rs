//! Compression of text as it comes from clients: a frame of zstd, which any decoder of zstd reads.
//!
//! Two thirds of a report are hashes in hex. In them nothing repeats, and looking for what does is most of what a
//! compressor costs; what can be gained is that a digit takes four bits. zstd's negative levels look at few places, but
//! leave letters at eight bits, unless they are told otherwise. That is a parameter which the safe bindings have only
//! with a feature that would hold for all crates that use zstd, so the library is called directly here.
#![expect(
    unsafe_code,
    reason = "a parameter of zstd that its safe bindings do not have; measured in docs/performance.md"
)]

use std::ffi::CStr;
use std::io;
use std::ptr::NonNull;

use zstd_sys::ZSTD_EndDirective::{self, ZSTD_e_continue, ZSTD_e_end};
use zstd_sys::{ZSTD_CCtx, ZSTD_cParameter as Parameter, ZSTD_inBuffer, ZSTD_outBuffer};

/// How the compressor works. Against level 1 of zstd, reports of a million leads take 6 % more room and half the time.
const PARAMETERS: [(Parameter, i32); 5] = [
    // After a place without a match, ten bytes are passed over.
    (Parameter::ZSTD_c_compressionLevel, -10),
    // `ZSTD_c_literalCompressionMode`: letters are always given as many bits as they need.
    (Parameter::ZSTD_c_experimentalParam5, 1),
    // Matches are looked for in the last 512 KiB,
    (Parameter::ZSTD_c_windowLog, 19),
    // at 8192 places that are remembered: the processor's first cache has room for them.
    (Parameter::ZSTD_c_hashLog, 13),
    (Parameter::ZSTD_c_minMatch, 6),
];

/// A compressor, and the one frame that it writes.
pub(crate) struct Compressor(NonNull<ZSTD_CCtx>);

// SAFETY: a context is used by one thread at a time, which may change; it refers to nothing outside.
unsafe impl Send for Compressor {}

/// What a step did.
pub(crate) struct Step {
    /// Bytes of the input that were taken.
    pub(crate) taken: usize,
    /// Bytes of the output that were filled.
    pub(crate) filled: usize,
    /// What is left to be written, in bytes at least; 0 at the frame's end.
    pub(crate) left: usize,
}

impl Compressor {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: the call has no conditions; a null pointer says that there is no memory.
        let context = unsafe { zstd_sys::ZSTD_createCCtx() };
        let context = NonNull::new(context).ok_or(io::ErrorKind::OutOfMemory)?;
        let compressor = Self(context);
        for (parameter, value) in PARAMETERS {
            // SAFETY: the context is alive, and this the only reference to it. A wrong value is an error that is told.
            checked(unsafe { zstd_sys::ZSTD_CCtx_setParameter(compressor.0.as_ptr(), parameter, value) })?;
        }
        Ok(compressor)
    }

    /// Takes some of an input.
    pub(crate) fn compress(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Step> {
        self.step(input, output, ZSTD_e_continue)
    }

    /// Ends the frame: to be called until nothing is left.
    pub(crate) fn end(&mut self, output: &mut [u8]) -> io::Result<Step> {
        self.step(&[], output, ZSTD_e_end)
    }

    fn step(&mut self, input: &[u8], output: &mut [u8], how: ZSTD_EndDirective) -> io::Result<Step> {
        let mut from = ZSTD_inBuffer { src: input.as_ptr().cast(), size: input.len(), pos: 0 };
        let mut to = ZSTD_outBuffer { dst: output.as_mut_ptr().cast(), size: output.len(), pos: 0 };
        // SAFETY: the context is alive and borrowed mutably. Both buffers are slices that outlive the call, with their
        // own lengths; zstd keeps no pointer to them, as no parameter says that they stay where they are.
        let left =
            unsafe { zstd_sys::ZSTD_compressStream2(self.0.as_ptr(), &raw mut to, &raw mut from, how) };
        Ok(Step { left: checked(left)?, taken: from.pos, filled: to.pos })
    }
}

impl Drop for Compressor {
    fn drop(&mut self) {
        // SAFETY: it was made by `ZSTD_createCCtx`, and nobody else has it.
        unsafe { zstd_sys::ZSTD_freeCCtx(self.0.as_ptr()) };
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

    /// Compresses pieces, with so much room at a time.
    fn frame(pieces: &[Vec<u8>], room: usize) -> Vec<u8> {
        let (mut compressor, mut frame) = (Compressor::new().unwrap(), Vec::new());
        let mut output = vec![0; room];
        for piece in pieces {
            let mut piece = &piece[..];
            while !piece.is_empty() {
                let step = compressor.compress(piece, &mut output).unwrap();
                frame.extend_from_slice(&output[..step.filled]);
                piece = &piece[step.taken..];
            }
        }
        loop {
            let step = compressor.end(&mut output).unwrap();
            frame.extend_from_slice(&output[..step.filled]);
            if step.left == 0 {
                return frame;
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn zstd_reads_what_is_written(
            lines in prop::collection::vec(("[0-9a-f]{0,64}", 0..400_usize), 0..20),
            room in 1..70_000_usize,
        ) {
            let pieces: Vec<Vec<u8>> =
                lines.iter().map(|(text, times)| text.repeat(*times).into_bytes()).collect();
            let read = zstd::decode_all(&frame(&pieces, room)[..]).unwrap();
            prop_assert_eq!(read, pieces.concat());
        }
    }

    #[test]
    fn a_digit_of_a_hash_takes_little_more_than_four_bits() {
        let mut hashes = blake3::Hasher::new().finalize_xof();
        let mut bytes = [0; 64 << 10];
        hashes.fill(&mut bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let len = frame(&[hex.clone().into_bytes()], 1 << 10).len();
        assert!(len < hex.len() * 52 / 100, "{len} of {}", hex.len());
    }

    #[test]
    fn an_error_is_told_by_its_name() {
        // `ZSTD_error_memory_allocation`, as the library returns it.
        let error = checked(0_usize.wrapping_sub(64)).unwrap_err().to_string();
        assert!(error.starts_with("zstd: "), "{error}");
        assert!(checked(64).is_ok());
    }
}
