//! How often and how soon an unanswered request is sent again.
//!
//! Promise: bounded; the same bytes each time, which the caller keeps. Must never: look at a clock.

use std::time::Duration;

/// Tries after the first.
const RETRIES: u32 = 4;
/// The longest that a server's `Retry-After` is obeyed within one run.
const LONGEST: Duration = Duration::from_secs(30);

/// Counts the tries of one request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Retry {
    tries: u32,
}

impl Retry {
    /// Whether the request was sent more than once: the answer may then be to a repetition of what
    /// was already done.
    pub fn repeated(self) -> bool {
        self.tries > 0
    }

    /// How long to wait before the next try; `None` when it is time to give up. 1, 2, 4, 8 seconds,
    /// or what the server asked for if that is longer.
    pub fn next(&mut self, retry_after: Option<u32>) -> Option<Duration> {
        let asked = retry_after.map_or(Duration::ZERO, |seconds| Duration::from_secs(u64::from(seconds)));
        if self.tries >= RETRIES || asked > LONGEST {
            return None;
        }
        self.tries += 1;
        Some(Duration::from_secs(1 << (self.tries - 1)).max(asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end() {
        let mut retry = Retry::default();
        let waits: Vec<_> = std::iter::from_fn(|| retry.next(None)).map(|wait| wait.as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8]);
    }

    #[test]
    fn a_longer_wish_of_the_server_is_obeyed_up_to_a_limit() {
        assert_eq!(Retry::default().next(Some(5)), Some(Duration::from_secs(5)));
        assert_eq!(Retry::default().next(Some(30)), Some(LONGEST));
        assert_eq!(Retry::default().next(Some(31)), None);
    }
}
