//! The erasure of what is left of a removed person.

use super::uuid;
use crate::address;
use crate::realm::{Realm, RealmError, org_options};
use crate::store::{FormerAccount, Whom};
use firstkey_core::crypto::context::OrgId;
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What an erasure would take; made by [`Realm::erasable`] alone.
#[derive(Debug)]
pub struct Erasable {
    accounts: Vec<[u8; 16]>,
}

/// What was erased.
#[derive(Clone, Debug, Serialize)]
pub struct Erased {
    /// The accounts, as UUID text.
    pub account_ids: Vec<String>,
    /// Whether the database's own files are rid of it: false if somebody read meanwhile, null where
    /// the database does that by itself (PostgreSQL).
    pub files_cleared: Option<bool>,
}

/// Nothing is erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseRefused {
    /// The store failed.
    #[error(transparent)]
    Realm(#[from] RealmError),
    /// Somebody has the person.
    #[error(
        "{whom} belongs to an organisation, so nothing was erased. Have the identity provider remove the person first:\n{orgs}"
    )]
    Present {
        /// Whom the administrator named.
        whom: String,
        /// A line for each organisation.
        orgs: String,
    },
    /// The brake has tripped, and the person may come back.
    #[error(
        "{whom} rests because very many people left at once, so nothing was erased. If that was meant, run `brake release`:\n{orgs}"
    )]
    Rests {
        /// Whom the administrator named.
        whom: String,
        /// A line for each organisation.
        orgs: String,
    },
    /// Nothing is left.
    #[error(
        "Nothing is stored of a removed person with the address or account id {0}. `person list --state removed` lists removed people."
    )]
    Nobody(String),
    /// Different organisations had somebody there.
    #[error("Several organisations had somebody at {whom}. Name the one that you mean:\n{orgs}")]
    Several {
        /// Whom the administrator named.
        whom: String,
        /// A line for each, with the option that names it.
        orgs: String,
    },
}

impl Realm {
    /// What is left of the removed person of this address or account id; of those whom that
    /// organisation had, if one is named.
    pub async fn erasable(&self, whom: &str, org: Option<OrgId>) -> Result<Erasable, EraseRefused> {
        let meant = match Uuid::try_parse(whom) {
            Ok(id) => Whom::Account(*id.as_bytes()),
            Err(_) => Whom::Mailbox(address::key(whom)),
        };
        let former = self.store.former(meant).await.map_err(RealmError::from)?;
        let present = |orgs: &[([u8; 16], String)]| {
            let orgs = org_options(orgs.iter().map(|(id, name)| (*id, name.as_str())));
            EraseRefused::Present { whom: whom.to_owned(), orgs }
        };
        if !former.present.is_empty() {
            return Err(present(&former.present));
        }
        if !former.resting.is_empty() {
            let orgs = org_options(former.resting.iter().map(|(id, name)| (*id, name.as_str())));
            return Err(EraseRefused::Rests { whom: whom.to_owned(), orgs });
        }
        let is_meant = |one: &FormerAccount| org.is_none_or(|org| one.orgs.iter().any(|(id, _)| *id == org.0));
        let left: Vec<FormerAccount> = former.accounts.into_iter().filter(is_meant).collect();
        if left.is_empty() {
            // A user name or SCIM id is known as long as the organisation has its person.
            return Err(match self.named(whom, org).await {
                Ok(named) => present(&[(named.key.org, named.organisation)]),
                Err(RealmError::NoSuchPerson(_)) => EraseRefused::Nobody(whom.to_owned()),
                Err(error) => error.into(),
            });
        }
        if org.is_none() && left.iter().any(|one| one.orgs != left[0].orgs) {
            let orgs: BTreeMap<_, _> = left.iter().flat_map(|one| one.orgs.iter().cloned()).collect();
            let orgs = org_options(orgs.iter().map(|(id, name)| (*id, name.as_str())));
            return Err(EraseRefused::Several { whom: whom.to_owned(), orgs });
        }
        Ok(Erasable { accounts: left.into_iter().map(|one| one.account).collect() })
    }

    /// Erases it; `by` goes into the audit log.
    pub async fn erase(&self, what: Erasable, by: &str) -> Result<Erased, RealmError> {
        let erased = self.store.erase(what.accounts, by.to_owned(), self.clock.now()).await?;
        let cleared = self.store.compact().await?;
        let files_cleared = self.store.is_a_file().then_some(cleared);
        Ok(Erased { account_ids: erased.into_iter().map(uuid).collect(), files_cleared })
    }
}
