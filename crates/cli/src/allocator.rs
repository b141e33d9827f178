//! The allocator, mimalloc, and how soon it gives memory back to the system.
//!
//! Threads come and go with a run's stages, and what one of them freed is of no use to the next. By default it is kept
//! for seconds: on a million leads a quarter of the memory at the peak was nobody's. The two calls that say otherwise
//! are not among those that the library's safe interface has.
#![expect(unsafe_code, reason = "the allocator's safe interface cannot be told when to give memory back")]

use std::ffi::{c_int, c_long};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay`, the sixteenth of `mi_option_t` in mimalloc's header; the bindings do not name it.
const PURGE_DELAY: c_int = 15;
/// Milliseconds for which freed memory is kept. 100 cost half a second of processor time more on a million leads.
const KEPT: c_long = 150;

/// Says how long freed memory is kept, unless the environment does (`MIMALLOC_PURGE_DELAY`).
pub(crate) fn keep_for_a_moment() {
    // SAFETY: the call takes any option and value.
    unsafe { libmimalloc_sys::mi_option_set_default(PURGE_DELAY, KEPT) };
}

/// Gives back what this thread and those that ended have freed.
pub(crate) fn give_back() {
    // SAFETY: the call has no conditions; it frees what nobody uses.
    unsafe { libmimalloc_sys::mi_collect(true) };
}
