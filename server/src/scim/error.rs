//! SCIM errors (RFC 7644 section 3.12).

use super::answer::answer;
use super::filter::FilterError;
use crate::store::StoreError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::borrow::Cow;

/// The detail error keywords of RFC 7644 table 9 that are used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
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

/// Why a request was refused, for the log of requests; stands beside the answer.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) scim_type: Option<&'static str>,
    pub(crate) detail: Cow<'static, str>,
    /// In one word.
    pub(crate) why: &'static str,
}

/// An error on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScimError {
    pub(crate) status: u16,
    pub(crate) kind: Option<Type>,
    detail: Cow<'static, str>,
    /// Seconds.
    retry_after: Option<i64>,
}

impl ScimError {
    pub(super) fn new(status: u16, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, kind: None, detail: detail.into(), retry_after: None }
    }

    /// 400 with a keyword.
    pub(super) fn bad(kind: Type, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: Some(kind), ..Self::new(400, detail) }
    }

    /// What is wrong, as a sentence.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// 409: the name is taken.
    pub(super) fn taken(detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: Some(Type::Uniqueness), ..Self::new(409, detail) }
    }

    /// 429: the caller asks too much.
    pub(crate) fn too_many(seconds: i64) -> Self {
        let detail = "Too many requests; nothing was changed. Come again after the seconds in Retry-After.";
        Self { retry_after: Some(seconds), ..Self::new(429, detail) }
    }

    /// 503: others were always faster.
    pub(super) fn contended() -> Self {
        let detail =
            "Others changed the resource again and again meanwhile; nothing was changed. Send the request again.";
        Self { retry_after: Some(1), ..Self::new(503, detail) }
    }

    /// Why, in one word of `docs/SCIM.md`.
    fn why(&self) -> &'static str {
        match (self.status, self.kind) {
            (401, _) => "token-refused",
            (404, _) => "not-found",
            (409, _) => "name-taken",
            (412, _) => "changed-meanwhile",
            (413, _) => "too-large",
            (429, _) => "rate-limited",
            (500.., _) if self.retry_after == Some(StoreError::RETRY_AFTER) => "database",
            (501, _) => "not-offered",
            (500.., _) => "contended",
            _ => "not-understood",
        }
    }

    pub(super) fn no_such_user() -> Self {
        Self::new(404, "There is no such user.")
    }

    pub(super) fn no_such_group() -> Self {
        Self::new(404, "There is no such group.")
    }

    /// 412: the resource is not in the version that the provider has seen.
    pub(super) fn changed_meanwhile() -> Self {
        Self::new(412, "The resource is no longer in the version that If-Match names; read it again.")
    }
}

impl From<StoreError> for ScimError {
    fn from(error: StoreError) -> Self {
        let detail = match error {
            StoreError::Uncertain => {
                "The server lost its database at the last moment; read the resource before trying again."
            }
            _ => "The server cannot answer now; nothing was changed.",
        };
        Self { retry_after: Some(StoreError::RETRY_AFTER), ..Self::new(503, detail) }
    }
}

impl From<FilterError> for ScimError {
    fn from(error: FilterError) -> Self {
        Self::bad(Type::InvalidFilter, error.0)
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
        let mut response = answer(status, &body);
        let why = self.why();
        response.extensions_mut().insert(Refused { scim_type: self.kind.map(Type::as_str), detail: self.detail, why });
        let headers = response.headers_mut();
        if self.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"firstkey SCIM\""));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_database_says_whether_anything_may_have_been_changed() {
        let detail = |error| ScimError::from(error).detail.to_string();
        assert!(detail(StoreError::Closed).contains("nothing was changed"));
        assert!(detail(StoreError::Uncertain).contains("read the resource before trying again"));
    }
}
