//! Who asks: the organisation that a bearer token belongs to (RFC 6750). Every failure is the same answer.

use super::error::ScimError;
use crate::http::App;
use crate::token::hash_of_scim_bearer;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use std::sync::Arc;

/// The organisation whose identity provider is asking.
#[derive(Clone, Copy)]
pub(super) struct Organisation(pub(super) [u8; 16]);

impl FromRequestParts<Arc<App>> for Organisation {
    type Rejection = ScimError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ScimError> {
        let refused = || ScimError::new(401, "A valid bearer token is needed.");
        let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return Err(refused()) };
        let text = value.to_str().map_err(|_| refused())?;
        let (scheme, token) = text.split_once(' ').ok_or_else(refused)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(refused());
        }
        let hash = hash_of_scim_bearer(token.trim()).ok_or_else(refused)?;
        app.store.organisation_of_token(hash, app.clock.now()).await?.map(Self).ok_or_else(refused)
    }
}
