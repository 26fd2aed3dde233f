//! The part of the stack that a computation with secrets used, overwritten after it.
//!
//! The crates that hash and agree on keys leave their input in blocks on the stack, below the frame of whoever called them, until something else happens to be
//! called that deep. In a program that then waits for a person or a server, that can be minutes.
//!
//! Promise: the stack below the caller is zero for [`DEEP`] bytes when [`wiped_after`] returns. Must never: be taken for more than it is; values that the
//! compiler keeps in registers, or in the caller's own frame, are not reached.

use zeroize::Zeroize;

/// How far down it is wiped, in bytes. The deepest, the end of an OPAQUE login with its tables of points, stays above.
pub const DEEP: usize = 32 * 1024;

/// Runs `work` in a frame of its own, then overwrites that frame and what lay below it.
pub fn wiped_after<T>(work: impl FnOnce() -> T) -> T {
    let result = apart(work);
    wipe::<DEEP>();
    result
}

#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Overwrites so many bytes of the stack below the caller.
#[inline(never)]
#[allow(clippy::large_stack_arrays, reason = "the stack is what it is for")]
pub fn wipe<const BYTES: usize>() {
    let mut used = [0_u8; BYTES];
    used.zeroize();
}
