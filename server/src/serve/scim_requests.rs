//! The middleware that writes down what identity providers ask: it begins the note that the routes
//! write into, gives the request its id, and makes the row when the answer is there.
//!
//! Promise: every request below `/scim/v2` has a row, whoever refused it; the answer says its id.

use crate::http::App;
use crate::limits::{Source, method_name};
use crate::rng::fresh_ordered_id;
use crate::scim;
use crate::scim_log::{Answered, Note, caller_id, without_values};
use crate::store::Credential;
use crate::token::hash_of_scim_bearer;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

/// Where a request's id stands, ours and the caller's.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers, and writes down what a SCIM request came to.
pub(super) async fn record(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let Some(path) = scim::path_of(request.uri().path()).map(str::to_owned) else { return next.run(request).await };
    let started = Instant::now();
    let note = Note::default();
    request.extensions_mut().insert(note.clone());
    let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let source = request.extensions().get::<Source>().map_or(unknown, |source| source.0);
    let credential = credential(request.headers());
    let caller_id = request.headers().get(REQUEST_ID).and_then(|id| caller_id(id.to_str().ok()?));
    let method = method_name(request.method());
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let id = fresh_ordered_id();
    let mut response = next.run(request).await;
    let refused = response.extensions().get::<scim::Refused>();
    let answered = Answered {
        at: app.clock.now(),
        credential,
        caller_id,
        source: source.to_string(),
        method,
        status: response.status().as_u16(),
        millis: i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX),
        target: &format!("{path}{query}"),
        path: &path,
        scim_type: refused.and_then(|refused| refused.scim_type),
        detail: refused.map(|refused| without_values(&refused.detail)),
        why: refused.map(|refused| refused.why),
    };
    app.scim_log.put(answered.row(id, note.take(), &app.keys.fakes));
    if let Ok(id) = HeaderValue::from_str(&uuid::Uuid::from_bytes(id).to_string()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn credential(headers: &HeaderMap) -> Credential {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Credential::None };
    let token = value.to_str().ok().and_then(|text| text.split_once(' ')).map(|(_, token)| token.trim());
    token.and_then(hash_of_scim_bearer).map_or(Credential::Unreadable, Credential::Token)
}
