//! How often and how soon a request is sent again that was refused by a limiter, or not answered
//! before it arrived.
//!
//! Promise: bounded. These servers count the requests of an address, so that people behind one
//! address wait for each other: what the limiter asks for (a minute, usually) is obeyed. Once a
//! code is used up, or a person has done all their work, a run waits as long as the tokens of these
//! servers last (15 minutes), less what the rest takes. Must never: look at a clock.

use std::time::Duration;

/// Seconds that a run waits in all for one request where giving up costs nothing.
const SHORT: u64 = 90;
/// The same where it costs a code, or the person's work.
const LONG: u64 = 600;
/// The longest wait between two tries, in seconds, where the server names none.
const OWN_LONGEST: u64 = 30;
/// Tries after the first, by the same two cases.
const TRIES: [u32; 2] = [4, 30];

/// Counts the tries of one request, and what they waited.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    long: bool,
    tries: u32,
    waited: u64,
}

impl Patience {
    /// None used yet; long if giving up costs something.
    pub(super) fn new(long: bool) -> Self {
        Self { long, tries: 0, waited: 0 }
    }

    /// Whether giving up costs something.
    pub(super) fn is_long(self) -> bool {
        self.long
    }

    /// How long to wait before the next try; `None` when it is time to give up. 1, 2, 4 ...
    /// seconds, or what the server asked for if that is longer.
    pub(super) fn next(&mut self, asked: Option<u32>) -> Option<Duration> {
        let own = (1 << self.tries.min(5)).min(OWN_LONGEST);
        let wait = own.max(asked.map_or(0, u64::from));
        let budget = if self.long { LONG } else { SHORT };
        if self.tries >= TRIES[usize::from(self.long)] || self.waited.saturating_add(wait) > budget {
            return None;
        }
        self.tries += 1;
        self.waited += wait;
        Some(Duration::from_secs(wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(long: bool, asked: Option<u32>) -> Vec<u64> {
        let mut patience = Patience::new(long);
        std::iter::from_fn(|| patience.next(asked)).map(|wait| wait.as_secs()).collect()
    }

    #[test]
    fn where_nothing_is_lost_it_is_short_and_a_minute_is_obeyed() {
        assert_eq!(all(false, None), [1, 2, 4, 8]);
        assert_eq!(all(false, Some(60)), [60]);
        assert!(all(false, Some(91)).is_empty());
    }

    #[test]
    fn where_something_would_be_lost_it_waits_for_several_windows_and_ends() {
        assert_eq!(all(true, Some(60)).len(), 10);
        assert_eq!(all(true, None)[..7], [1, 2, 4, 8, 16, 30, 30]);
        for asked in [None, Some(0), Some(1), Some(59), Some(600), Some(601), Some(u32::MAX)] {
            let waits = all(true, asked);
            assert!(waits.iter().sum::<u64>() <= LONG && waits.len() <= 30, "{asked:?} {waits:?}");
        }
    }
}
