//! Rate limits: a token bucket for each SCIM token, source and account.
//!
//! Promises: the tables are bounded, however many callers there are; a refusal says when to try
//! again. Must never: keep a token, only its hash.

use crate::token::TokenHash;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// The least that a SCIM token may be held to, in requests a second: what the most demanding
/// identity provider asks of a server.
pub const LEAST_FOR_SCIM: u32 = 25;
/// Most callers that are remembered.
const CALLERS: usize = 10_000;

/// So many a second, and so many at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// What may go on for ever.
    pub per_second: u32,
    /// What may come at once.
    pub burst: u32,
}

/// What each kind of caller may ask; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// A SCIM token.
    pub scim: Option<Rate>,
    /// A source of requests to `/v1` and `/i`, and of requests with wrong SCIM tokens.
    pub source: Option<Rate>,
    /// Logins to one account.
    pub account: Option<Rate>,
}

impl Limits {
    /// What a server for many people begins with.
    pub const USUAL: Self = Self {
        scim: Some(Rate { per_second: 100, burst: 2000 }),
        source: Some(Rate { per_second: 50, burst: 1000 }),
        account: Some(Rate { per_second: 2, burst: 100 }),
    };
}

/// Come again after so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Later(pub(crate) i64);

/// The buckets of a running server.
pub(crate) struct Limiter {
    scim: Buckets<[u8; 32]>,
    source: Buckets<IpAddr>,
    account: Buckets<[u8; 32]>,
}

impl Limiter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            scim: Buckets::new(limits.scim),
            source: Buckets::new(limits.source),
            account: Buckets::new(limits.account),
        }
    }

    /// From now on other limits hold; nobody is forgotten.
    pub(crate) fn set(&self, limits: Limits) {
        self.scim.set(limits.scim);
        self.source.set(limits.source);
        self.account.set(limits.account);
    }

    /// One more login step for an account; `key` is whatever stands for the account, existing or
    /// not.
    pub(crate) fn login(&self, key: &[u8], now: i64) -> Result<(), Later> {
        self.account.take(TokenHash::of(key).0, now)
    }

    /// One more request from a source, as [`Source::counted`](super::Source::counted).
    pub(crate) fn source(&self, source: IpAddr, now: i64) -> Result<(), Later> {
        self.source.take(source, now)
    }

    /// One more request with a SCIM token that was valid before; `None` if it has no bucket.
    pub(crate) fn known_scim_token(&self, token: TokenHash, now: i64) -> Option<Result<(), Later>> {
        self.scim.knows(&token.0).then(|| self.scim.take(token.0, now))
    }

    /// The first request with a SCIM token was answered: the token is valid and gets a bucket.
    pub(crate) fn valid_scim_token(&self, token: TokenHash, now: i64) {
        // The request is answered already, so there is nothing to refuse.
        let _ = self.scim.take(token.0, now);
    }

    /// A SCIM token was refused: it has no bucket from now on.
    pub(crate) fn invalid_scim_token(&self, token: TokenHash) {
        self.scim.forget(&token.0);
    }
}

struct Buckets<K> {
    rate: Mutex<Option<Rate>>,
    callers: Mutex<HashMap<K, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: u32,
    at: i64,
}

impl Bucket {
    fn refilled(self, rate: Rate, now: i64) -> Self {
        // A clock that was set back gives nothing and takes nothing.
        let passed = u32::try_from(now.saturating_sub(self.at).max(0)).unwrap_or(u32::MAX);
        let tokens = self.tokens.saturating_add(passed.saturating_mul(rate.per_second)).min(rate.burst);
        Self { tokens, at: now }
    }
}

impl<K: Copy + Eq + Hash> Buckets<K> {
    fn new(rate: Option<Rate>) -> Self {
        Self { rate: Mutex::new(rate), callers: Mutex::default() }
    }

    fn set(&self, rate: Option<Rate>) {
        *self.rate.lock().unwrap_or_else(PoisonError::into_inner) = rate;
    }

    fn take(&self, key: K, now: i64) -> Result<(), Later> {
        let Some(rate) = *self.rate.lock().unwrap_or_else(PoisonError::into_inner) else { return Ok(()) };
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= CALLERS && !callers.contains_key(&key) {
            make_room(&mut callers, rate, now);
        }
        let bucket = callers.entry(key).or_insert(Bucket { tokens: rate.burst, at: now });
        *bucket = bucket.refilled(rate, now);
        match bucket.tokens.checked_sub(1) {
            Some(left) => {
                bucket.tokens = left;
                Ok(())
            }
            None => Err(Later(1)),
        }
    }

    fn knows(&self, key: &K) -> bool {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    fn forget(&self, key: &K) {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// Forgets whoever has a full bucket again; if nobody has, the fullest.
fn make_room<K: Copy + Eq + Hash>(callers: &mut HashMap<K, Bucket>, rate: Rate, now: i64) {
    callers.retain(|_, bucket| bucket.refilled(rate, now).tokens < rate.burst);
    if callers.len() >= CALLERS
        && let Some(fullest) = callers.iter().max_by_key(|(_, b)| b.refilled(rate, now).tokens).map(|(key, _)| *key)
    {
        callers.remove(&fullest);
    }
}

#[cfg(test)]
mod tests {
    use super::{Buckets, CALLERS, LEAST_FOR_SCIM, Later, Limits, Rate};

    #[test]
    fn twenty_five_requests_a_second_go_on_for_ever() {
        let least = Rate { per_second: LEAST_FOR_SCIM, burst: LEAST_FOR_SCIM };
        for rate in [least, Limits::USUAL.scim.expect("a limit")] {
            let buckets = Buckets::new(Some(rate));
            for second in 0..3600 {
                for request in 0..LEAST_FOR_SCIM {
                    assert_eq!(buckets.take(1, second), Ok(()), "{rate:?}: request {request} of second {second}");
                }
            }
        }
    }

    #[test]
    fn a_burst_ends_and_time_fills_the_bucket_again() {
        let buckets = Buckets::new(Some(Rate { per_second: 2, burst: 5 }));
        let taken = |now: i64| (0..100).filter(|_| buckets.take("a", now).is_ok()).count();
        assert_eq!([taken(0), taken(0), taken(1), taken(3), taken(1000)], [5, 0, 2, 4, 5]);
        assert_eq!(buckets.take("a", 1000), Err(Later(1)));
        assert_eq!(buckets.take("b", 1000), Ok(()), "others have their own");
        assert_eq!(taken(10), 0, "a clock that was set back gives nothing");
        assert_eq!(taken(12), 4, "and does not stop for ever");
    }

    #[test]
    fn however_many_callers_there_are_the_table_stays_bounded_and_keeps_who_asks_too_much() {
        let buckets = Buckets::new(Some(Rate { per_second: 1, burst: 3 }));
        for _ in 0..3 {
            assert_eq!(buckets.take(usize::MAX, 0), Ok(()));
        }
        for caller in 0..3 * CALLERS {
            assert_eq!(buckets.take(caller, 0), Ok(()));
        }
        assert!(buckets.callers.lock().expect("not poisoned").len() <= CALLERS);
        assert_eq!(buckets.take(usize::MAX, 0), Err(Later(1)), "a flood of others does not wash an empty bucket away");
    }

    #[test]
    fn without_a_rate_nothing_is_refused_or_remembered() {
        let buckets = Buckets::new(None);
        assert!((0..100_000).all(|_| buckets.take(1, 0).is_ok()));
        assert!(buckets.callers.lock().expect("not poisoned").is_empty());
    }
}
