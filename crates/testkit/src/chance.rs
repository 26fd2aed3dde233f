//! Randomness for tests: repeatable, and remembered, so that an oracle knows every secret of a run.

use firstkey_core::crypto::hazmat;
use rand_core::{CryptoRng, Error, RngCore};

/// A stream of SHA-512 blocks over a seed and a counter. Not for secrets.
#[derive(Clone, Debug)]
pub struct Seeded {
    seed: u64,
    counter: u64,
    left: Vec<u8>,
}

impl Seeded {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed, counter: 0, left: Vec::new() }
    }

    fn refill(&mut self) {
        let input = [self.seed.to_le_bytes(), self.counter.to_le_bytes()].concat();
        self.left.extend_from_slice(&hazmat::sha512(&input));
        self.counter += 1;
    }

    /// `N` bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        self.fill_bytes(&mut out);
        out
    }
}

impl RngCore for Seeded {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(self.bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        while self.left.len() < dest.len() {
            self.refill();
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

/// Remembers every draw.
#[derive(Clone, Debug)]
pub struct Recorder {
    inner: Seeded,
    /// All draws, in order.
    pub draws: Vec<Vec<u8>>,
}

impl Recorder {
    /// Draws from the stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { inner: Seeded::new(seed), draws: Vec::new() }
    }
}

impl RngCore for Recorder {
    fn next_u32(&mut self) -> u32 {
        self.inner.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.inner.next_u64()
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.inner.fill_bytes(dest);
        self.draws.push(dest.to_vec());
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Recorder {}
