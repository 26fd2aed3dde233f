//! Names of things: realm, account, organisation, invite, and the context that binds every key to
//! its account.
//!
//! Promise: ids are opaque 16-byte values minted by the server; nothing here is secret. Must never:
//! hold an e-mail or user name, which SCIM may rename.

use super::SUITE;
use super::encoding::pae;
use super::public::said;
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        said!($(#[$doc])* $name, 16);

        impl $name {
            /// The 16 bytes.
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.said.0
            }
        }

        impl fmt::Display for $name {
            /// As UUID text (RFC 9562), lower case.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                uuid::Uuid::from_bytes(self.said.0).hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

id! {
    /// A deployment of the account server; made once, stable when its host name changes.
    RealmId
}
id! {
    /// One person's account in a realm; immutable.
    AccountId
}
id! {
    /// One organisation in a realm.
    OrgId
}
id! {
    /// One invite; public, unlike its token.
    InviteId
}
id! {
    /// One login conversation between its first and its last message.
    LoginId
}
id! {
    /// One challenge of a recovery.
    ChallengeId
}
id! {
    /// One session of an account.
    SessionId
}

impl SessionId {
    /// Reads UUID text, as it is shown to people.
    pub fn read(text: &str) -> Option<Self> {
        uuid::Uuid::try_parse(text.trim()).ok().map(|id| Self::heard(id.into_bytes()))
    }
}

impl RealmId {
    /// Reads UUID text, as a kit and `firstkey status --json` show it; `None` for anything else.
    pub fn read(text: &str) -> Option<Self> {
        uuid::Uuid::try_parse(text.trim()).ok().map(|id| Self::heard(id.into_bytes()))
    }
}

/// How many times the keys of an account were replaced; 1 for the first keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyGen(pub u32);

impl KeyGen {
    /// The generation of the keys that enrolment makes.
    pub const FIRST: Self = Self(1);
}

/// Which account of which realm a key belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountContext {
    /// The deployment.
    pub realm: RealmId,
    /// The account in it.
    pub account: AccountId,
}

impl AccountContext {
    /// `ctx = PAE(suite, realm_id, account_id)`.
    pub fn encode(&self) -> Vec<u8> {
        pae(&[&[SUITE], &self.realm.0, &self.account.0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_session_is_read_as_it_is_shown_and_nothing_else_is_one() {
        let shown = uuid::Uuid::from_bytes([0xa7; 16]).to_string();
        assert_eq!(SessionId::read(&shown), Some(SessionId::heard([0xa7; 16])));
        assert_eq!(SessionId::read(&format!(" {shown}\n")), Some(SessionId::heard([0xa7; 16])));
        for text in ["", "all", &shown[1..], &format!("{shown}0")] {
            assert_eq!(SessionId::read(text), None, "{text}");
        }
    }
}
