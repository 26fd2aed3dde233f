//! A reset of a person's keys, for when password and kit are both lost.

use crate::realm::{INVITE_TTL, Realm, RealmError};
use crate::store::ResetStart;
use firstkey_core::crypto::context::OrgId;

/// A reset that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetStarted {
    /// The generation of the keys that it makes.
    pub key_gen: u32,
    /// When its link ends, in seconds since 1970.
    pub expires_at: i64,
}

/// Somebody whose keys may be reset.
#[derive(Clone, Debug)]
pub struct Resettable {
    account: [u8; 16],
    /// As the administrator named them.
    named: String,
    /// Where the letter goes.
    pub email: Option<String>,
}

/// No reset was started.
#[derive(Debug, thiserror::Error)]
pub enum ResetRefused {
    /// The person is unknown, or the store failed.
    #[error(transparent)]
    Realm(#[from] RealmError),
    /// There are no keys yet.
    #[error(
        "{0} has not finished the account, so there are no keys to reset. To send the invitation again: invite resend {0}"
    )]
    Unfinished(String),
    /// Nobody may use the account now.
    #[error("{0} is suspended. Have the identity provider activate the person first. The keys are still there.")]
    Suspended(String),
    /// The account is over.
    #[error("{0} was removed. Provisioning this address again makes a new account with new keys.")]
    Removed(String),
}

impl Realm {
    /// Whose keys a reset would be about: the one of this address, account id, SCIM id or user
    /// name.
    pub async fn resettable(&self, name: &str, org: Option<OrgId>) -> Result<Resettable, RealmError> {
        let stored = self.stored_named(name, org).await?;
        Ok(Resettable { account: stored.account_id, named: name.to_owned(), email: stored.email })
    }

    /// Starts a reset of their keys; `by` goes into the audit log. A running server delivers the
    /// letters.
    pub async fn start_reset(
        &self,
        whom: &Resettable,
        by: &str,
        ttl: Option<i64>,
    ) -> Result<ResetStarted, ResetRefused> {
        let (ttl, now) = (ttl.unwrap_or(INVITE_TTL), self.clock.now());
        let started = self.store.start_reset(whom.account, by.to_owned(), ttl, now).await;
        let named = || whom.named.clone();
        match started.map_err(RealmError::from)? {
            ResetStart::Queued { key_gen, expires_at } => Ok(ResetStarted { key_gen, expires_at }),
            ResetStart::Unknown => Err(RealmError::NoSuchPerson(named()).into()),
            ResetStart::Unfinished => Err(ResetRefused::Unfinished(named())),
            ResetStart::Inactive => Err(ResetRefused::Suspended(named())),
            ResetStart::Removed => Err(ResetRefused::Removed(named())),
        }
    }

    /// Both at once.
    pub async fn reset_person(&self, name: &str, by: &str, ttl: Option<i64>) -> Result<ResetStarted, ResetRefused> {
        self.start_reset(&self.resettable(name, None).await?, by, ttl).await
    }
}
