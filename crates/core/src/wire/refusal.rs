//! Why something that a server sent is not used.
//!
//! Promise: each variant is one broken rule; [`Refusal::blame`] says what kind of trouble it is.
//! Must never: carry server text other than [`Printable`].

use super::text::Printable;
use crate::crypto::kdf::KdfRefused;

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not strict JSON, or over 64 KiB.
    NotJson,
    /// A body, or the headers, larger than this program reads.
    TooLarge,
    /// A member is missing or not of its type.
    Malformed(&'static str),
    /// Neither `application/json` nor `application/problem+json`.
    ContentType,
    /// A page for a browser where an answer of an account server belongs.
    WebPage,
    /// A redirect; this program goes nowhere but where the invite says.
    Redirect,
    /// A compressed or otherwise encoded body.
    Encoded,
    /// An error that is not one of the protocol's.
    Status(u16),
    /// An error of the protocol, but none that fits this request.
    Problem(Printable),
    /// A member that has no business there: a salt, a key, or simply unknown.
    Unexpected {
        /// The object.
        place: &'static str,
        /// The member.
        name: Printable,
    },
    /// A protocol version or suite that this program does not speak.
    Unspoken,
    /// Argon2id parameters that are not used here.
    Kdf(KdfRefused),
    /// A policy weaker than the built-in one.
    WeakPolicy(&'static str),
    /// This server is pinned here with another realm, or this realm under another server.
    RealmChanged,
    /// The server offers new keys for an account that was completed here.
    AlreadyComplete,
    /// A reset that is not for the next generation of keys.
    KeyGeneration,
    /// The answer names another account than the one that was asked about.
    OtherAccount,
    /// The receipt is not the digest of what was sent.
    Receipt,
    /// What the server returns differs from what was sent; the member that differs.
    Differs(&'static str),
    /// A sealed key, a key pair or the identity statement did not hold.
    Keys,
    /// The account's own statement about its bundle is not signed by its key, or speaks of other
    /// parts.
    Statement,
    /// The server's OPAQUE message was not acceptable during enrolment.
    Opaque,
    /// An answer that the realm's own key must sign, and has not.
    NotTheRealm,
    /// Another server than the one that is pinned on this managed computer.
    NotManagedServer,
    /// The right server, but its realm or its key is not the one that is pinned on this managed
    /// computer.
    NotManagedRealm,
}

/// What kind of trouble a refusal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// It would have weakened or changed something that protects the person.
    Security,
    /// It is no sensible answer.
    Nonsense,
}

impl Refusal {
    /// Whether to treat it as a danger or as nonsense.
    pub fn blame(&self) -> Blame {
        match self {
            Self::NotJson
            | Self::TooLarge
            | Self::Malformed(_)
            | Self::ContentType
            | Self::WebPage
            | Self::Encoded
            | Self::Status(_)
            | Self::Problem(_) => Blame::Nonsense,
            Self::Redirect
            | Self::Unexpected { .. }
            | Self::Unspoken
            | Self::Kdf(_)
            | Self::WeakPolicy(_)
            | Self::RealmChanged
            | Self::AlreadyComplete
            | Self::KeyGeneration
            | Self::OtherAccount
            | Self::Receipt
            | Self::Differs(_)
            | Self::Keys
            | Self::Statement
            | Self::Opaque
            | Self::NotTheRealm
            | Self::NotManagedServer
            | Self::NotManagedRealm => Blame::Security,
        }
    }
}
