//! Seeded randomness: the same seed gives the same bytes, to the server and to the clients. For
//! tests and fuzzing only.
//!
//! Promise: the server's source of randomness answers from here only on a thread that asked for it.
//! Must never: be in a program that somebody uses.

use firstkey_testkit::chance::Seeded;
use rand_core::RngCore;
use std::cell::RefCell;

thread_local! {
    static SOURCE: RefCell<Option<Seeded>> = const { RefCell::new(None) };
}

/// Runs `work` with the server's randomness, on this thread, from `seed`.
pub(crate) fn with<T>(seed: u128, work: impl FnOnce() -> T) -> T {
    SOURCE.set(Some(Seeded::wide(seed)));
    let answer = work();
    SOURCE.set(None);
    answer
}

/// Fills from the seed, if there is one on this thread.
pub(crate) fn fill(dest: &mut [u8]) -> bool {
    SOURCE.with_borrow_mut(|source| source.as_mut().map(|source| source.fill_bytes(dest)).is_some())
}

/// Whether there is one.
pub(crate) fn is_set() -> bool {
    SOURCE.with_borrow(Option::is_some)
}
