//! A reset of a person's keys, for when password and kit are both lost.

use crate::realm::{INVITE_TTL, Realm, RealmError};
use crate::store::ResetStart;

/// A reset that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetStarted {
    /// The generation of the keys that it makes.
    pub key_gen: u32,
    /// When its link ends, in seconds since 1970.
    pub expires_at: i64,
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
    /// Starts a reset of the keys of the person at this address; `by` goes into the audit log. A
    /// running server delivers the letters.
    pub async fn reset_person(&self, email: &str, by: &str, ttl: Option<i64>) -> Result<ResetStarted, ResetRefused> {
        let (ttl, now) = (ttl.unwrap_or(INVITE_TTL), self.clock.now());
        let started = self.store.start_reset(email.to_owned(), by.to_owned(), ttl, now).await;
        match started.map_err(RealmError::from)? {
            ResetStart::Queued { key_gen, expires_at } => Ok(ResetStarted { key_gen, expires_at }),
            ResetStart::Unknown => Err(RealmError::NoSuchPerson(email.to_owned()).into()),
            ResetStart::Unfinished => Err(ResetRefused::Unfinished(email.to_owned())),
            ResetStart::Inactive => Err(ResetRefused::Suspended(email.to_owned())),
            ResetStart::Removed => Err(ResetRefused::Removed(email.to_owned())),
        }
    }
}
