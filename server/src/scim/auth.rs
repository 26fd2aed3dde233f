//! Who asks: the organisation that a bearer token belongs to (RFC 6750). Every failure is the same
//! answer.

use super::error::ScimError;
use crate::http::{App, bearer};
use crate::scim_log::Note;
use crate::token::hash_of_scim_bearer;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::sync::Arc;

/// The organisation whose identity provider is asking.
#[derive(Clone, Copy)]
pub(super) struct Organisation(pub(super) [u8; 16]);

impl FromRequestParts<Arc<App>> for Organisation {
    type Rejection = ScimError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ScimError> {
        let refused = || ScimError::new(401, "A valid bearer token is needed.");
        let token = bearer(&parts.headers).ok_or_else(refused)?;
        let hash = hash_of_scim_bearer(token.trim()).ok_or_else(refused)?;
        let owner = app.store.owner_of_token(hash, app.clock.now()).await?.ok_or_else(refused)?;
        let org = Self(owner.org);
        Note::of(parts).say(|told| told.keeps_values = owner.keeps_values);
        // For whatever reads the body after this.
        parts.extensions.insert(org);
        Ok(org)
    }
}
