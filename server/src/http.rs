//! What both HTTP interfaces share: the running server, reading a body within limits, and bearer
//! tokens.

use crate::clock::Clock;
use crate::keys::ServerKeys;
use crate::limits::{InFlight, Large, Limiter, Metrics, Registrations, TooSlow};
use crate::log::Log;
use crate::origin::Origin;
use crate::scim_log::ScimLog;
use crate::store::Store;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, header};
use firstkey_core::crypto::context::RealmId;
use futures_util::StreamExt;
use std::error::Error;
use std::sync::Mutex;

/// Most bytes that are taken in of a body that is refused.
const DRAINED: usize = 8 * 1024 * 1024;

/// The running server: what every request may use. Nothing in it changes but what is counted.
pub(crate) struct App {
    pub(crate) realm: RealmId,
    pub(crate) origin: Origin,
    /// Whom people may ask, of the realm.
    pub(crate) contact: Option<String>,
    pub(crate) store: Store,
    pub(crate) keys: ServerKeys,
    pub(crate) clock: Clock,
    /// The flags with which a command finds this server: with a blank before them, or empty.
    pub(crate) command_flags: String,
    /// How long an invitation lives, in seconds.
    pub(crate) invite_ttl: i64,
    /// How long what is left of removed people is kept, in seconds; for ever if not given.
    pub(crate) erase_removed_after: Option<i64>,
    pub(crate) log: Log,
    /// How much one caller may ask.
    pub(crate) limits: Limiter,
    /// How often an invite's person registered a password today.
    pub(crate) registrations: Registrations,
    /// Requests that are being answered.
    pub(crate) in_flight: InFlight,
    /// What large requests share.
    pub(crate) large: Large,
    /// What is counted.
    pub(crate) metrics: Metrics,
    /// What identity providers asked, and what was done.
    pub(crate) scim_log: ScimLog,
    /// Why it could not do its work when somebody asked last, for the log: changes are told.
    pub(crate) unready: Mutex<Option<&'static str>>,
}

/// The token of the one `Authorization: Bearer` header (RFC 6750); none if there are several.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Why a body was not read.
pub(crate) enum BodyRefused {
    TooLarge,
    Broken,
}

/// The length that a body is said to have.
pub(crate) fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok())
}

/// Reads at most `limit` bytes.
pub(crate) async fn read_body(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, BodyRefused> {
    let announced = announced(headers);
    if announced.is_some_and(|length| length > limit as u64) {
        drain(body).await;
        return Err(BodyRefused::TooLarge);
    }
    // How long it may take is the connection's affair.
    match to_bytes(body, limit).await {
        Ok(bytes) => Ok(bytes),
        // An announced length was within the limit, so only a chunked body can be too large here.
        Err(error) if announced.is_none() && !is_slow(&error) => Err(BodyRefused::TooLarge),
        Err(_) => Err(BodyRefused::Broken),
    }
}

fn is_slow(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<TooSlow>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Takes in some of what is too large and forgets it: a client that is still sending hears a broken
/// connection instead of the answer.
async fn drain(body: Body) {
    let mut left = DRAINED;
    let mut chunks = body.into_data_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        left = left.saturating_sub(chunk.len());
        if left == 0 {
            break;
        }
    }
}
