//! Randomness: the operating system's, through ring, in the form that OPAQUE asks for (`rand_core`
//! 0.6).
//!
//! In tests and for fuzzing a thread can ask for `seeded` bytes instead; a release build has none
//! of that.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod seeded;

use rand_core::{CryptoRng, Error, RngCore};
use ring::rand::{SecureRandom, SystemRandom};
use std::sync::atomic::{AtomicU64, Ordering};

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
/// an index, however many there are, and those of one process in the order in which they were made.
/// For what tells its age anyway; the ids of accounts do not, since those of people who do not
/// exist are made up.
pub(crate) fn fresh_ordered_id() -> [u8; 16] {
    let mut tail: [u8; 10] = random();
    #[cfg(any(test, feature = "fuzzing"))]
    if seeded::is_set() {
        return *uuid::Builder::from_unix_timestamp_millis(1000, &tail).as_uuid().as_bytes();
    }
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    let tick = next_tick(&LAST_TICK, millis);
    tail[..2].copy_from_slice(&tick.to_be_bytes()[6..]);
    *uuid::Builder::from_unix_timestamp_millis(tick >> COUNTER_BITS, &tail).as_uuid().as_bytes()
}

/// Bits behind the milliseconds that count the ids of one millisecond (RFC 9562 section 6.2, method
/// 1).
const COUNTER_BITS: u32 = 12;

/// The last id's milliseconds and counter.
static LAST_TICK: AtomicU64 = AtomicU64::new(0);

/// Milliseconds and counter of the next id: now, or one more than the last if that is later.
fn next_tick(last: &AtomicU64, millis: u64) -> u64 {
    let after = |last: u64| (millis << COUNTER_BITS).max(last + 1);
    match last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(after(last))) {
        Ok(last) | Err(last) => after(last),
    }
}

/// 16 bytes with the marks of a version 4 UUID, so that made-up ids look like real ones.
pub(crate) fn as_uuid_v4(bytes: [u8; 16]) -> [u8; 16] {
    *uuid::Builder::from_random_bytes(bytes).as_uuid().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::{COUNTER_BITS, fresh_ordered_id, next_tick};
    use std::sync::atomic::AtomicU64;

    #[test]
    fn ordered_ids_stand_in_the_order_in_which_they_were_made() {
        let ids: Vec<[u8; 16]> = (0..10_000).map(|_| fresh_ordered_id()).collect();
        assert!(ids.is_sorted_by(|one, next| one < next));
        assert!(ids.iter().all(|id| id[6] >> 4 == 7 && id[8] >> 6 == 2), "version 7, variant of the RFC");
    }

    #[test]
    fn a_clock_that_goes_back_makes_no_earlier_id() {
        let last = AtomicU64::new(0);
        assert_eq!(next_tick(&last, 5), 5 << COUNTER_BITS);
        assert_eq!(next_tick(&last, 5), (5 << COUNTER_BITS) + 1);
        assert_eq!(next_tick(&last, 3), (5 << COUNTER_BITS) + 2);
        assert_eq!(next_tick(&last, 6), 6 << COUNTER_BITS);
    }
}
