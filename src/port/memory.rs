//! How much memory is there now: what the machine has left, what the container may take, what the
//! process may map.
//!
//! Promise: the smallest of all limits that can be read; where none can be read, no opinion. Must
//! never: count swap (a password's Argon2 memory must not go there) or believe an unlimited cgroup
//! over the machine.

#[cfg(unix)]
mod unix;

#[cfg(windows)]
pub use super::process::available_kib;
#[cfg(unix)]
pub use unix::available_kib;

/// Kept free for the rest of the program, in KiB.
const HEADROOM_KIB: u64 = 16 * 1024;

/// A profile needs more memory than there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{needed_kib} KiB of memory are needed and {available_kib} KiB are available")]
pub struct NotEnough {
    /// KiB needed, with some for the rest of the program.
    pub needed_kib: u64,
    /// KiB available.
    pub available_kib: u64,
}

/// What a run of Argon2id with that memory needs in all, in KiB.
pub fn needed_kib(profile_kib: u32) -> u64 {
    u64::from(profile_kib) + HEADROOM_KIB
}

/// Whether a run of Argon2id with that memory fits now. A system that does not say how much it has
/// is given the benefit of the doubt: reserving is fallible too.
pub fn check(profile_kib: u32) -> Result<(), NotEnough> {
    judge(profile_kib, available_kib())
}

fn judge(profile_kib: u32, available_kib: Option<u64>) -> Result<(), NotEnough> {
    let needed_kib = needed_kib(profile_kib);
    match available_kib {
        Some(available_kib) if available_kib < needed_kib => Err(NotEnough { needed_kib, available_kib }),
        _ => Ok(()),
    }
}

#[cfg(all(test, unix))]
#[path = "memory_tests.rs"]
mod tests;
