//! SCIM 2.0 for identity providers (RFC 7643, 7644): Users, as far as provisioning and deprovisioning need them.
//!
//! Promises: one organisation per token, and no request reaches another's people; `password` is accepted and thrown away before anything else looks at it;
//! an operation that is not understood is refused, never ignored, because an ignored deactivation leaves somebody in. Must never: touch keys.

mod auth;
mod error;
mod filter;
mod patch;
mod person;
mod users;

use crate::http::{App, BodyRefused, read_body};
use crate::json;
use axum::Router;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use error::{ScimError, Type};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Largest body, in bytes.
const BODY: usize = 1024 * 1024;
const MEDIA_TYPE: &str = "application/scim+json";

/// The routes below `/scim/v2`.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/Users", get(users::list).post(users::create))
        .route("/Users/{id}", get(users::read).put(users::replace).patch(users::patch).delete(users::delete))
        .fallback(async || ScimError::new(404, "There is nothing here."))
        .method_not_allowed_fallback(async || ScimError::new(405, "This path does not take that method."))
}

/// A resource or list on its way out.
fn answer(status: StatusCode, location: Option<&str>, body: &Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(value) = location.and_then(|location| HeaderValue::from_str(location).ok()) {
        headers.insert(header::LOCATION, value);
    }
    response
}

/// A JSON object from a body of the right type and size.
struct Document(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Document {
    type Rejection = ScimError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ScimError> {
        let (parts, body) = request.into_parts();
        let media = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let media = media.split(';').next().unwrap_or("").trim();
        let known = media.eq_ignore_ascii_case(MEDIA_TYPE) || media.eq_ignore_ascii_case("application/json");
        if !known || parts.headers.contains_key(header::CONTENT_ENCODING) {
            return Err(ScimError::new(415, "The request must be application/scim+json without an encoding."));
        }
        let body = read_body(&parts.headers, body, BODY).await.map_err(|refused| match refused {
            BodyRefused::TooLarge => ScimError::new(413, "The request is larger than 1 MiB."),
            BodyRefused::Broken => ScimError::bad(Type::InvalidSyntax, "The body did not arrive whole."),
        })?;
        json::document(&body).map(Self).map_err(|_| {
            ScimError::bad(
                Type::InvalidSyntax,
                "The body is not one JSON object without duplicate keys, nested at most 16 deep.",
            )
        })
    }
}
