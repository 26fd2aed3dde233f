//! Randomness: the operating system's, through ring, in the form that OPAQUE asks for (`rand_core`
//! 0.6).
//!
//! In tests and for fuzzing a thread can ask for `seeded` bytes instead; a release build has none
//! of that.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod seeded;

use rand_core::{CryptoRng, Error, RngCore};
use ring::rand::{SecureRandom, SystemRandom};

/// The system's generator as a [`RngCore`].
pub(crate) struct SystemRng(SystemRandom);

impl SystemRng {
    pub(crate) fn new() -> Self {
        Self(SystemRandom::new())
    }
}

impl RngCore for SystemRng {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(random())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(random())
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        #[cfg(any(test, feature = "fuzzing"))]
        if seeded::fill(dest) {
            return;
        }
        self.0.fill(dest).expect("invariant: the system's random source never fails once it has started");
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for SystemRng {}

/// `N` random bytes.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRng::new().fill_bytes(&mut bytes);
    bytes
}

/// A fresh id: a version 4 UUID (RFC 9562), 16 bytes.
pub(crate) fn fresh_id() -> [u8; 16] {
    as_uuid_v4(random())
}

/// A fresh id that begins with the time, a version 7 UUID (RFC 9562): new ones lie side by side in
/// an index, however many there are. For what tells its age anyway; the ids of accounts do not,
/// since those of people who do not exist are made up.
pub(crate) fn fresh_ordered_id() -> [u8; 16] {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    #[cfg(any(test, feature = "fuzzing"))]
    let since = if seeded::is_set() { std::time::Duration::from_secs(1) } else { since };
    let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    *uuid::Builder::from_unix_timestamp_millis(millis, &random()).as_uuid().as_bytes()
}

/// 16 bytes with the marks of a version 4 UUID, so that made-up ids look like real ones.
pub(crate) fn as_uuid_v4(bytes: [u8; 16]) -> [u8; 16] {
    *uuid::Builder::from_random_bytes(bytes).as_uuid().as_bytes()
}
