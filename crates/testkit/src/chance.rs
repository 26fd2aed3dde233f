//! Randomness for tests: repeatable, and remembered, so that an oracle knows every secret of a run.

use firstkey_core::crypto::hazmat;
use rand_core::{CryptoRng, Error, RngCore};

/// A stream of SHA-512 blocks over a seed and a counter, both little-endian. Not for secrets.
#[derive(Clone, Debug)]
pub struct Seeded {
    seed: Vec<u8>,
    counter: u64,
    left: Vec<u8>,
}

impl Seeded {
    /// The stream of `seed`, of 8 bytes.
    pub fn new(seed: u64) -> Self {
        Self::of(&seed.to_le_bytes())
    }

    /// The stream of `seed`, of 16 bytes: room for a digest.
    pub fn wide(seed: u128) -> Self {
        Self::of(&seed.to_le_bytes())
    }

    fn of(seed: &[u8]) -> Self {
        Self { seed: seed.to_vec(), counter: 0, left: Vec::new() }
    }

    fn refill(&mut self) {
        let input = [self.seed.as_slice(), &self.counter.to_le_bytes()].concat();
        self.left.extend_from_slice(&hazmat::sha512(&input));
        self.counter += 1;
    }

    /// `N` bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        self.fill_bytes(&mut out);
        out
    }

    /// A number below `end`, which is not 0 and fits in 32 bits.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("invariant: a small number");
        usize::try_from(self.next_u64() % end).expect("invariant: below a usize")
    }

    /// One of these, of which there is one at least.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
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
    /// The draw that comes out otherwise.
    other: Option<usize>,
}

impl Recorder {
    /// Draws from the stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { inner: Seeded::new(seed), draws: Vec::new(), other: None }
    }

    /// The same stream, but for the draw with this number, from 0.
    pub fn with_another(seed: u64, draw: usize) -> Self {
        Self { other: Some(draw), ..Self::new(seed) }
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
        if self.other == Some(self.draws.len()) {
            for byte in &mut *dest {
                *byte ^= 0x55;
            }
        }
        self.draws.push(dest.to_vec());
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Recorder {}

#[cfg(test)]
mod tests {
    use super::*;

    const NARROW: [u8; 8] = [0xbe, 0x61, 0x8c, 0xa8, 0x3c, 0x9c, 0x56, 0xb0];
    const WIDE: [u8; 8] = [0x9f, 0xd9, 0x15, 0x82, 0x32, 0x93, 0xda, 0x11];

    #[test]
    fn a_seed_gives_the_same_bytes_for_ever_and_every_seed_others() {
        // Recorded runs name their seed: SHA-512(seed || counter), computed with Python's hashlib.
        assert_eq!(Seeded::new(7).bytes(), NARROW);
        assert_eq!(Seeded::wide(7).bytes(), WIDE);
        assert_ne!(Seeded::new(8).bytes(), NARROW);
        let mut halves = Seeded::new(7);
        assert_eq!([halves.bytes::<5>().as_slice(), &halves.bytes::<3>()].concat(), NARROW);
    }

    #[test]
    fn a_number_below_an_end_is_below_it_and_any_of_them() {
        let mut chance = Seeded::new(1);
        let mut drawn = [0; 5];
        for _ in 0..1000 {
            drawn[chance.below(5)] += 1;
        }
        assert!(drawn.iter().all(|times| (100..300).contains(times)), "{drawn:?}");
    }
}
