//! A request as it came in: the exact body, checked for type, size and form.

use super::problem::{Name, Problem};
use crate::http::{BodyRefused, read_body};
use crate::json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// Largest body, in bytes.
const BODY: usize = 64 * 1024;

/// A body of the right type and size, not yet read, with what a signature covers.
pub(crate) struct Exact {
    pub(crate) headers: HeaderMap,
    pub(crate) path: String,
    pub(crate) body: Bytes,
}

impl Exact {
    /// SHA-256 of the body.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.body).into()
    }

    /// The message in the body; unknown members, duplicate keys and trailing bytes are refused.
    pub(crate) fn message<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        json::message(&self.body)
            .map_err(|_| Problem::invalid("The body is not the one JSON object that this path takes."))
    }
}

impl<S: Send + Sync> FromRequest<S> for Exact {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let json = parts
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"application/json"));
        if !json || parts.headers.contains_key(header::CONTENT_ENCODING) {
            return Err(Problem::new(Name::MediaType));
        }
        let body = read_body(&parts.headers, body, BODY).await.map_err(|refused| match refused {
            BodyRefused::TooLarge => Problem::new(Name::TooLarge),
            BodyRefused::Broken => Problem::invalid("The body did not arrive whole."),
        })?;
        Ok(Self { headers: parts.headers, path: parts.uri.path().to_owned(), body })
    }
}
