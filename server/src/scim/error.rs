//! SCIM errors (RFC 7644 section 3.12).

use super::MEDIA_TYPE;
use crate::store::StoreError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The detail error keywords of RFC 7644 table 9 that are used here.
#[derive(Clone, Copy, Debug)]
pub(super) enum Type {
    InvalidFilter,
    Uniqueness,
    Mutability,
    InvalidSyntax,
    InvalidPath,
    NoTarget,
    InvalidValue,
}

impl Type {
    fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
        }
    }
}

/// An error on its way out.
#[derive(Debug)]
pub(super) struct ScimError {
    status: u16,
    kind: Option<Type>,
    detail: &'static str,
}

impl ScimError {
    pub(super) fn new(status: u16, detail: &'static str) -> Self {
        Self { status, kind: None, detail }
    }

    /// 400 with a keyword.
    pub(super) fn bad(kind: Type, detail: &'static str) -> Self {
        Self { status: 400, kind: Some(kind), detail }
    }

    /// 409: the userName is taken.
    pub(super) fn taken() -> Self {
        Self {
            status: 409,
            kind: Some(Type::Uniqueness),
            detail: "A user with this userName, or with this e-mail address, exists in the organisation.",
        }
    }

    pub(super) fn no_such_user() -> Self {
        Self::new(404, "There is no such user.")
    }
}

impl From<StoreError> for ScimError {
    fn from(_: StoreError) -> Self {
        Self::new(503, "The server cannot answer now; nothing was changed.")
    }
}

impl IntoResponse for ScimError {
    fn into_response(self) -> Response {
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": self.status.to_string(),
            "detail": self.detail,
        });
        if let Some(kind) = self.kind {
            body["scimType"] = kind.as_str().into();
        }
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if self.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"firstkey SCIM\""));
        }
        response
    }
}
