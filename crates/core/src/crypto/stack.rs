//! The part of the stack that a computation with secrets used, overwritten after it.
//!
//! The crates that hash and agree on keys leave their input in blocks on the stack, below the frame
//! of whoever called them, until something else happens to be called that deep. In a program that
//! then waits for a person or a server, that can be minutes.
//!
//! Promise: the stack below the caller is zero for so many words when [`wiped_after`] returns. Must
//! never: be taken for more than it is; values that the compiler keeps in registers, or in the
//! caller's own frame, are not reached.

use zeroize::Zeroize;

/// Words of 8 bytes that a hash, a MAC or a cipher stays well within: 8 KiB. Overwriting them takes
/// less than the hash of a block.
pub const SHALLOW: usize = 1024;

/// Words of 8 bytes that the curves stay within: 32 KiB. The deepest is the end of an OPAQUE login,
/// with its tables of points.
pub const DEEP: usize = 4096;

/// Runs `work` in a frame of its own, then overwrites that frame and what lay below it, `WORDS` of
/// 8 bytes.
pub fn wiped_after<const WORDS: usize, T>(work: impl FnOnce() -> T) -> T {
    let result = apart(work);
    wipe::<WORDS>();
    result
}

#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Overwrites so many words of 8 bytes of the stack below the caller. Words, because each is
/// written by itself and cannot be left out: bytes would take eight times as long.
#[inline(never)]
#[allow(clippy::large_stack_arrays, reason = "the stack is what it is for")]
pub fn wipe<const WORDS: usize>() {
    let mut used = [0_u64; WORDS];
    used.zeroize();
}
