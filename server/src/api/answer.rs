//! Good answers on their way out.

use super::problem::{Name, Problem};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The body as JSON; nothing between may keep it.
pub(super) fn answer<T: Serialize>(body: &T) -> Result<Response, Problem> {
    let json = serde_json::to_vec(body).map_err(|_| Problem::new(Name::Internal))?;
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, json).into_response())
}
