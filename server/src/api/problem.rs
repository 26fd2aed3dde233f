//! Errors on the wire: problem documents (RFC 9457) with the names of `docs/WIRE.md`.

use crate::keys::NoSuchKey;
use crate::life::{Admission, Unusable};
use crate::store::StoreError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The complete list.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Name {
    InviteUnknown,
    InviteExpired,
    InviteUsed,
    InviteWithdrawn,
    OtherAccount,
    PersonUnknown,
    Suspended,
    Removed,
    ClaimStale,
    Conflict,
    ChangedMeanwhile,
    Invalid,
    LoginFailed,
    RecoveryFailed,
    SessionEnded,
    SessionPurpose,
    TooMany,
    NotFound,
    Method,
    TooLarge,
    MediaType,
    Unavailable,
    Internal,
}

impl Name {
    fn parts(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::InviteUnknown => ("invite-unknown", 404, "There is no such invitation."),
            Self::InviteExpired => ("invite-expired", 410, "The invitation has expired."),
            Self::InviteUsed => ("invite-used", 410, "The invitation was used; the account is complete."),
            Self::InviteWithdrawn => ("invite-withdrawn", 410, "The invitation was withdrawn."),
            Self::OtherAccount => ("other-account", 403, "The invitation is for another account."),
            Self::PersonUnknown => (
                "person-unknown",
                404,
                "None of your organisations has a person with this address and a finished account.",
            ),
            Self::Suspended => ("suspended", 403, "The organisation has suspended this person."),
            Self::Removed => ("removed", 403, "The organisation has removed this person."),
            Self::ClaimStale => ("claim-stale", 409, "The invitation was opened again elsewhere since."),
            Self::Conflict => ("conflict", 409, "The same request came with other contents before."),
            Self::ChangedMeanwhile => {
                ("changed-meanwhile", 409, "The account was changed since. Read it again; nothing was stored.")
            }
            Self::Invalid => ("invalid", 400, "The request is not valid."),
            Self::LoginFailed => ("login-failed", 403, "The login did not succeed."),
            Self::RecoveryFailed => ("recovery-failed", 403, "The recovery did not succeed."),
            Self::SessionEnded => ("session-ended", 401, "There is no such session, or it is over. Log in again."),
            Self::SessionPurpose => ("session-purpose", 403, "This session is not good for that."),
            Self::TooMany => ("too-many", 429, "Too many tries. Wait a little."),
            Self::NotFound => ("not-found", 404, "There is nothing here."),
            Self::Method => ("method", 405, "This path does not take that method."),
            Self::TooLarge => ("too-large", 413, "The request is too large."),
            Self::MediaType => ("media-type", 415, "The request must be application/json without an encoding."),
            Self::Unavailable => ("unavailable", 503, "The server cannot answer now; nothing was changed."),
            Self::Internal => ("internal", 500, "The server made a mistake."),
        }
    }
}

/// Why a link is void whose person has finished an account with another organisation meanwhile.
const JOIN_INSTEAD: &str = "You have an account by now. A newer letter asks you to join the organisation with it.";

/// An error on its way out.
#[derive(Debug)]
pub(crate) struct Problem {
    name: Name,
    detail: Option<&'static str>,
    contact: Option<String>,
    at: Option<i64>,
    retry_after: Option<i64>,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<i64>,
}

impl Problem {
    pub(crate) fn new(name: Name) -> Self {
        Self { name, detail: None, contact: None, at: None, retry_after: None }
    }

    /// The request's contents are wrong in this way.
    pub(crate) fn invalid(detail: &'static str) -> Self {
        Self { detail: Some(detail), ..Self::new(Name::Invalid) }
    }

    /// Too many logins; try again in `seconds`.
    pub(crate) fn too_many(seconds: i64) -> Self {
        Self { retry_after: Some(seconds.max(1)), ..Self::new(Name::TooMany) }
    }
}

impl From<Unusable> for Problem {
    fn from(why: Unusable) -> Self {
        let detail = match why {
            Unusable::Withdrawn { asked_to_join: true, .. } => Some(JOIN_INSTEAD),
            _ => None,
        };
        let (name, at, contact) = match why {
            Unusable::Expired { at, contact } => (Name::InviteExpired, Some(at), contact),
            Unusable::Used { at, contact } => (Name::InviteUsed, at, contact),
            Unusable::Withdrawn { at, contact, .. } => (Name::InviteWithdrawn, at, contact),
            Unusable::Suspended { at, contact } => (Name::Suspended, at, contact),
            Unusable::Removed { at, contact } => (Name::Removed, at, contact),
        };
        Self { contact, at, detail, ..Self::new(name) }
    }
}

impl From<Admission> for Problem {
    fn from(standing: Admission) -> Self {
        match standing {
            // Nothing stands in the way of an active account, so a login that ends here ends like
            // any that failed.
            Admission::Active => Self::new(Name::LoginFailed),
            Admission::Suspended { contact } => Self { contact, ..Self::new(Name::Suspended) },
            Admission::Removed { contact } => Self { contact, ..Self::new(Name::Removed) },
        }
    }
}

/// Another server of the deployment has rotated the key, and the new file is not here yet.
impl From<NoSuchKey> for Problem {
    fn from(_: NoSuchKey) -> Self {
        Self::new(Name::Unavailable)
    }
}

impl From<StoreError> for Problem {
    fn from(_: StoreError) -> Self {
        Self { retry_after: Some(StoreError::RETRY_AFTER), ..Self::new(Name::Unavailable) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (name, status, title) = self.name.parts();
        let document = Document {
            r#type: format!("urn:firstkey:problem:{name}"),
            title,
            status,
            detail: self.detail,
            contact: self.contact.as_deref(),
            at: self.at,
        };
        let json = serde_json::to_vec(&document).unwrap_or_default();
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, json).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if matches!(self.name, Name::SessionEnded) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
