//! Seeded randomness: the same seed gives the same bytes, to the server and to the clients. For
//! tests and fuzzing only.
//!
//! Promise: the server's source of randomness answers from here only on a thread that asked for it.
//! Must never: be in a program that somebody uses.

use rand_core::{CryptoRng, Error, RngCore};
use sha2::{Digest, Sha512};
use std::cell::RefCell;

thread_local! {
    static SOURCE: RefCell<Option<Seeded>> = const { RefCell::new(None) };
}

/// A stream of SHA-512 blocks over a seed and a counter.
pub(crate) struct Seeded {
    seed: u128,
    counter: u64,
    left: Vec<u8>,
}

impl Seeded {
    /// The stream of `seed`.
    pub(crate) fn new(seed: u128) -> Self {
        Self { seed, counter: 0, left: Vec::new() }
    }
}

impl RngCore for Seeded {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        while self.left.len() < dest.len() {
            let block = Sha512::new().chain_update(self.seed.to_le_bytes()).chain_update(self.counter.to_le_bytes());
            self.left.extend_from_slice(&block.finalize());
            self.counter += 1;
        }
        dest.copy_from_slice(&self.left[..dest.len()]);
        self.left.drain(..dest.len());
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Seeded {}

/// Runs `work` with the server's randomness, on this thread, from `seed`.
pub(crate) fn with<T>(seed: u128, work: impl FnOnce() -> T) -> T {
    SOURCE.set(Some(Seeded::new(seed)));
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
