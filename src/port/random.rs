//! The operating system's random generator, and nothing else: no generator of our own that a copied
//! virtual machine could repeat.
//!
//! Promise: every byte is drawn from the system when it is asked for. Must never: buffer, stretch
//! or seed.

use rand_core::{CryptoRng, RngCore};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

/// The system's generator does not answer, or repeats itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system's random generator is not usable")]
pub struct RandomUnavailable;

/// The system's generator behind the interface that the key code asks for.
///
/// # Panics
/// `RngCore` has no room for an error, and a key made without randomness is worse than no key:
/// should the system stop answering after [`SystemRng::open`] found it working, drawing panics with
/// a fixed text.
pub struct SystemRng(SystemRandom);

impl SystemRng {
    /// Draws two values of 32 bytes and refuses a generator that fails, gives zeros or gives the
    /// same twice.
    pub fn open() -> Result<Self, RandomUnavailable> {
        let system = SystemRandom::new();
        judge(|buffer| system.fill(buffer).map_err(|_| RandomUnavailable))?;
        Ok(Self(system))
    }
}

fn judge(mut fill: impl FnMut(&mut [u8]) -> Result<(), RandomUnavailable>) -> Result<(), RandomUnavailable> {
    let mut first = Zeroizing::new([0; 32]);
    let mut second = Zeroizing::new([0; 32]);
    fill(first.as_mut())?;
    fill(second.as_mut())?;
    let usable = *first != *second && *first != [0; 32] && *second != [0; 32];
    if usable { Ok(()) } else { Err(RandomUnavailable) }
}

impl RngCore for SystemRng {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_ne_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_ne_bytes(bytes)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.0.fill(dest).expect("the system's random generator stopped answering");
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        // The code is of the user range; `ring` gives no reason.
        let code = std::num::NonZeroU32::MIN.saturating_add(rand_core::Error::CUSTOM_START);
        self.0.fill(dest).map_err(|_| rand_core::Error::from(code))
    }
}

impl CryptoRng for SystemRng {}

#[cfg(test)]
mod tests {
    use super::{RandomUnavailable, SystemRng, judge};
    use rand_core::RngCore;

    #[test]
    fn the_system_generator_opens_and_differs_each_time() {
        let mut rng = SystemRng::open().expect("a working system");
        let (mut first, mut second) = ([0; 32], [0; 32]);
        rng.fill_bytes(&mut first);
        rng.try_fill_bytes(&mut second).expect("a working system");
        assert_ne!(first, second);
        assert!(first != [0; 32] && second != [0; 32], "both were filled");
        assert_ne!(rng.next_u64(), rng.next_u64());
        assert_ne!(rng.next_u32(), rng.next_u32());
    }

    #[test]
    fn a_generator_that_fails_is_refused() {
        let mut calls = 0;
        assert_eq!(judge(|_| Err(RandomUnavailable)), Err(RandomUnavailable));
        let second_fails = judge(|buffer| {
            calls += 1;
            buffer.fill(calls);
            if calls == 2 { Err(RandomUnavailable) } else { Ok(()) }
        });
        assert_eq!(second_fails, Err(RandomUnavailable));
    }

    #[test]
    fn a_generator_that_repeats_itself_is_refused() {
        let same = judge(|buffer| {
            buffer.fill(9);
            Ok(())
        });
        assert_eq!(same, Err(RandomUnavailable));
    }

    #[test]
    fn a_generator_that_gives_zeros_is_refused_first_or_second() {
        for zero_at in [1, 2] {
            let mut calls = 0;
            let zeros = judge(|buffer| {
                calls += 1;
                buffer.fill(u8::from(calls != zero_at));
                Ok(())
            });
            assert_eq!(zeros, Err(RandomUnavailable));
        }
    }
}
