//! What a login conversation proves: the password, or the recovery code.

use super::db::{Db, values};
use super::error::Result;

/// What is proven at the end of a conversation. Each way is counted by itself: whoever guesses at
/// one must not be able to close the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Password,
    Recovery,
}

impl Way {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Recovery => "recovery",
        }
    }

    pub(super) fn read(word: &str) -> Option<Self> {
        [Self::Password, Self::Recovery].into_iter().find(|way| way.as_str() == word)
    }

    /// Seconds that a conversation may take.
    pub(super) fn life(self) -> i64 {
        match self {
            Self::Password => 120,
            Self::Recovery => 600,
        }
    }

    /// What the audit log calls a proof that holds, one that does not, and one that holds for a
    /// person who may not come in.
    pub(super) fn events(self) -> [&'static str; 3] {
        match self {
            Self::Password => ["login.succeeded", "login.failed", "login.barred"],
            Self::Recovery => ["recovery.proven", "recovery.failed", "recovery.barred"],
        }
    }
}

/// Ends the conversations of an account that would prove what is no longer so. They stay counted.
pub(super) fn end_running(db: &Db, way: Way, account: [u8; 16]) -> Result<()> {
    db.execute("UPDATE login SET expires_at = 0 WHERE account_id = ?1 AND way = ?2", &values![account, way.as_str()])?;
    Ok(())
}
