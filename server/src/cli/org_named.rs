//! An organisation as an administrator names it.
//!
//! Promise: what is meant is one organisation, or nothing is done and the answer lists those that
//! it could be.

use crate::realm::{Realm, RealmError};
use firstkey_core::crypto::context::OrgId;
use std::convert::Infallible;
use std::str::FromStr;

/// What was typed: an id or a name. The database knows which organisation that is.
#[derive(Clone, Debug)]
pub(super) struct OrgNamed(String);

impl FromStr for OrgNamed {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl OrgNamed {
    /// Which one it is.
    pub(super) async fn find(&self, realm: &Realm) -> Result<OrgId, RealmError> {
        realm.organisation_named(&self.0).await
    }

    /// The same where none need be named.
    pub(super) async fn find_if_named(named: Option<&Self>, realm: &Realm) -> Result<Option<OrgId>, RealmError> {
        match named {
            Some(named) => named.find(realm).await.map(Some),
            None => Ok(None),
        }
    }
}
