//! Good answers on their way out, with the realm's signature where the client must know who answers
//! (protocol section 8).

use super::problem::{Name, Problem};
use super::request::Exact;
use crate::http::App;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use firstkey_core::crypto::realm_key::{AnswerSignature, AnswerTo};
use serde::Serialize;

/// The body as JSON; nothing between may keep it.
pub(super) fn answer<T: Serialize>(body: &T) -> Result<Response, Problem> {
    json(body).map(of)
}

/// The same, signed as the answer to that request, which is about this invite or account.
pub(super) fn signed<T: Serialize>(
    app: &App,
    request: &Exact,
    subject: &[u8; 16],
    body: &T,
) -> Result<Response, Problem> {
    let body = json(body)?;
    let origin = app.origin.as_str();
    let answer_to = AnswerTo { origin, path: &request.path, subject, request: request.digest() };
    let signature = AnswerSignature::sign(&app.keys.realm, &answer_to, &body).text();
    let value = HeaderValue::try_from(signature).map_err(|_| Problem::new(Name::Internal))?;
    let mut response = of(body);
    response.headers_mut().insert(HeaderName::from_static(AnswerSignature::HEADER), value);
    Ok(response)
}

fn json<T: Serialize>(body: &T) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(body).map_err(|_| Problem::new(Name::Internal))
}

fn of(json: Vec<u8>) -> Response {
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, json).into_response()
}
