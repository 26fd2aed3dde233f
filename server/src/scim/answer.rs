//! Answers on their way out: media type, version and address of what is sent.

use super::etag;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// The media type of SCIM documents (RFC 7644 section 8.1).
pub(super) const MEDIA_TYPE: &str = "application/scim+json";

/// A list or description on its way out.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    described(status, body.to_string().into())
}

/// A body of our media type.
fn described(status: StatusCode, body: Body) -> Response {
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A resource on its way out, with its address and version.
pub(super) fn sent(status: StatusCode, location: &str, version: i64, shown: Map<String, Value>) -> Response {
    sent_as(status, location, version, Value::Object(shown).to_string().into())
}

/// The same of a resource that is text already, or becomes it while it is sent.
pub(super) fn sent_as(status: StatusCode, location: &str, version: i64, body: Body) -> Response {
    let mut response = described(status, body);
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(location) {
        headers.insert(header::LOCATION, value.clone());
        headers.insert(header::CONTENT_LOCATION, value);
    }
    if let Ok(value) = HeaderValue::from_str(&etag::tag(version)) {
        headers.insert(header::ETAG, value);
    }
    response
}

/// 304: the provider has this version.
pub(super) fn not_modified(version: i64) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, etag::tag(version))]).into_response()
}

/// A list (RFC 7644 section 3.4.2): `resources` are those from the `start`th on, of `total`.
pub(super) fn listed(total: i64, start: i64, resources: &[Value]) -> Response {
    let mut list = list(total, start, resources.len());
    list["Resources"] = resources.into();
    answer(StatusCode::OK, &list)
}

/// A list of one that becomes text while it is sent: what comes before it, and what after.
pub(super) fn around_one(total: i64, start: i64) -> (String, String) {
    let mut before = list(total, start, 1).to_string();
    before.pop();
    (format!("{before},\"Resources\":["), "]}".to_owned())
}

/// A list as a body.
pub(super) fn listed_as(body: Body) -> Response {
    described(StatusCode::OK, body)
}

fn list(total: i64, start: i64, here: usize) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": here,
    })
}
