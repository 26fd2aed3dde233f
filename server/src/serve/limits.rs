//! How much one caller may ask: a bucket of tokens for each SCIM token, source and account.
//!
//! Promises: a valid SCIM token is never held to less than 25 requests a second, whoever else floods the server from the same place; the tables are bounded, however
//! many callers there are; a refusal says when to come again. Must never: keep an address or a token, only what is derived from them.

use super::source::Source;
use crate::api::Problem;
use crate::http::App;
use crate::token::{TokenHash, hash_of_scim_bearer};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// The least that a SCIM token may be held to, in requests a second: what the most demanding identity provider asks of a server.
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

    /// One more login step for an account; `key` is whatever stands for the account, existing or not.
    pub(crate) fn login(&self, key: &[u8], now: i64) -> Result<(), Later> {
        self.account.take(TokenHash::of(key).0, now)
    }
}

struct Buckets<K> {
    rate: Option<Rate>,
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
        Self { rate, callers: Mutex::default() }
    }

    fn take(&self, key: K, now: i64) -> Result<(), Later> {
        let Some(rate) = self.rate else { return Ok(()) };
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

/// Refuses what is too much, before anything else looks at it.
pub(super) async fn apply(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let now = app.clock.now();
    let path = request.uri().path();
    let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let source = request.extensions().get::<Source>().map_or(unknown, |source| source.counted());
    if path == "/scim/v2" || path.starts_with("/scim/v2/") {
        return identity_provider(&app.limits, source, now, request, next).await;
    }
    if (path.starts_with("/v1/") || path == "/i")
        && let Err(Later(seconds)) = app.limits.source.take(source, now)
    {
        return Problem::too_many(seconds).into_response();
    }
    next.run(request).await
}

/// Only tokens that were good before have a bucket: whoever sends wrong ones is counted by where they come from, and cannot use up what belongs to a good one.
async fn identity_provider(limits: &Limiter, source: IpAddr, now: i64, request: Request, next: Next) -> Response {
    let token = bearer(request.headers());
    let known = token.filter(|token| limits.scim.knows(token));
    if let Some(Err(Later(seconds))) = known.map(|token| limits.scim.take(token, now)) {
        return scim_too_many(seconds);
    }
    let response = next.run(request).await;
    if response.status() == StatusCode::UNAUTHORIZED {
        if let Some(token) = token {
            limits.scim.forget(&token);
        }
        return match limits.source.take(source, now) {
            Ok(()) => response,
            Err(Later(seconds)) => scim_too_many(seconds),
        };
    }
    if let (Some(token), None) = (token, known) {
        // The first request of a token is never refused; it opens the bucket.
        let _ = limits.scim.take(token, now);
    }
    response
}

fn bearer(headers: &HeaderMap) -> Option<[u8; 32]> {
    let (_, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    hash_of_scim_bearer(token.trim()).map(|hash| hash.0)
}

fn scim_too_many(seconds: i64) -> Response {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": "429",
        "detail": "Too many requests; nothing was changed. Come again after the seconds in Retry-After.",
    });
    let headers = [
        (header::CONTENT_TYPE, "application/scim+json".to_owned()),
        (header::RETRY_AFTER, seconds.to_string()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (StatusCode::TOO_MANY_REQUESTS, headers, body.to_string()).into_response()
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
