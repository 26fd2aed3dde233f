//! The middleware that refuses a caller who asks too much, before anything else looks at the
//! request.
//!
//! Promises: no source and no SCIM token has more than a few requests answered at one time; a valid
//! SCIM token is never held to less than 25 requests a second, whoever else floods
//! the server from the same address.

use crate::api::Problem;
use crate::http::App;
use crate::limits::{Later, Limiter, Source};
use crate::scim::ScimError;
use crate::token::{TokenHash, hash_of_scim_bearer};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Refuses what is too much, before anything else looks at it.
pub(super) async fn apply(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let now = app.clock.now();
    let path = request.uri().path();
    let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let source = request.extensions().get::<Source>().map_or(unknown, |source| source.counted());
    let is_scim = path == "/scim/v2" || path.starts_with("/scim/v2/");
    let token = if is_scim { bearer(request.headers()) } else { None };
    let Some(holding) = app.in_flight.begin(source, token).await else {
        return if is_scim { ScimError::too_many(1).into_response() } else { Problem::too_many(1).into_response() };
    };
    let mut response = answered(&app, source, now, request, next).await;
    response.extensions_mut().insert(holding);
    response
}

async fn answered(app: &App, source: IpAddr, now: i64, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path == "/scim/v2" || path.starts_with("/scim/v2/") {
        return identity_provider(&app.limits, source, now, request, next).await;
    }
    if (path.starts_with("/v1/") || path == "/i" || path.starts_with("/i%") || path.starts_with("/i/"))
        && let Err(Later(seconds)) = app.limits.source(source, now)
    {
        return Problem::too_many(seconds).into_response();
    }
    next.run(request).await
}

/// Only a token that was valid before has a bucket. Requests with a wrong token count for their
/// source, so they cannot use up the share of a valid token.
async fn identity_provider(limits: &Limiter, source: IpAddr, now: i64, request: Request, next: Next) -> Response {
    let token = bearer(request.headers());
    let known = token.and_then(|token| limits.known_scim_token(token, now));
    if let Some(Err(Later(seconds))) = known {
        return ScimError::too_many(seconds).into_response();
    }
    let response = next.run(request).await;
    if response.status() == StatusCode::UNAUTHORIZED {
        if let Some(token) = token {
            limits.invalid_scim_token(token);
        }
        return match limits.source(source, now) {
            Ok(()) => response,
            Err(Later(seconds)) => ScimError::too_many(seconds).into_response(),
        };
    }
    if let (Some(token), None) = (token, known) {
        limits.valid_scim_token(token, now);
    }
    response
}

fn bearer(headers: &HeaderMap) -> Option<TokenHash> {
    let (_, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    hash_of_scim_bearer(token.trim())
}
