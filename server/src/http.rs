//! What both HTTP interfaces share: the running server, and reading a body within limits.

use crate::clock::Clock;
use crate::keys::ServerKeys;
use crate::log::Log;
use crate::origin::Origin;
use crate::store::Store;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, header};
use firstkey::crypto::context::RealmId;
use futures_util::StreamExt;
use std::time::Duration;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(15);

/// Most bytes that are taken in of a body that is refused.
const DRAINED: usize = 4 * 1024 * 1024;

/// The running server: what every request may use. Nothing in it changes.
pub(crate) struct App {
    pub(crate) realm: RealmId,
    pub(crate) origin: Origin,
    pub(crate) store: Store,
    pub(crate) keys: ServerKeys,
    pub(crate) clock: Clock,
    /// How long an invitation lives, in seconds.
    pub(crate) invite_ttl: i64,
    pub(crate) log: Log,
}

/// Why a body was not read.
pub(crate) enum BodyRefused {
    TooLarge,
    Broken,
}

/// Reads at most `limit` bytes.
pub(crate) async fn read_body(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, BodyRefused> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        drain(body).await;
        return Err(BodyRefused::TooLarge);
    }
    match tokio::time::timeout(BODY_TIME, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // An announced length was within the limit, so only a chunked body can be too large here.
        Ok(Err(_)) if announced.is_none() => Err(BodyRefused::TooLarge),
        Ok(Err(_)) | Err(_) => Err(BodyRefused::Broken),
    }
}

/// Takes in some of what is too large and forgets it: a client that is still sending hears a broken connection instead of the answer.
async fn drain(body: Body) {
    let mut left = DRAINED;
    let mut chunks = body.into_data_stream();
    let draining = async {
        while let Some(Ok(chunk)) = chunks.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
    };
    drop(tokio::time::timeout(BODY_TIME, draining).await);
}
