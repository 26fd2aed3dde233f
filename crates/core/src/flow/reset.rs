//! New keys for an account that is complete: which offers are taken for that, and what the person
//! has to know before.
//!
//! Promise: what this computer remembers decides: the next generation and no other, and only where
//! the offer says that it is a reset. Must never: let old keys be replaced without a question of
//! its own.

use super::checkpoint::Pin;
use crate::crypto::context::KeyGen;
use crate::crypto::identity::Fingerprint;
use crate::wire::inbound::Reset;
use crate::wire::origin::Origin;
use crate::wire::refusal::Refusal;
use crate::wire::text::Printable;

/// What would happen, for the person who has to agree.
#[derive(Clone, Debug)]
pub struct Replacement {
    /// The server.
    pub origin: Origin,
    /// The organisation.
    pub organisation: Printable,
    /// Whose keys.
    pub email: String,
    /// Whom to call.
    pub contact: Option<Printable>,
    /// The generation of the new keys.
    pub key_gen: KeyGen,
    /// When an administrator started it, seconds since 1970.
    pub started_at: u64,
    /// The fingerprint of the keys that this computer remembers and that would be replaced.
    pub known: Option<Fingerprint>,
}

/// The generation of the keys that an offer is for.
///
/// # Errors
/// `AlreadyComplete` if this computer remembers keys of the account and the offer does not say that
/// it replaces them; `KeyGeneration` if it does not say the next one, or where nothing is
/// remembered, one that cannot be next to any.
pub fn judge(offered: Option<Reset>, pinned: Option<&Pin>) -> Result<KeyGen, Refusal> {
    match (offered, pinned) {
        (None, None) => Ok(KeyGen::FIRST),
        // A completed account never takes new keys by an ordinary invite; a server that offers it
        // wants ours replaced.
        (None, Some(_)) => Err(Refusal::AlreadyComplete),
        (Some(reset), Some(pin)) if pin.identity.key_gen.0.checked_add(1) == Some(reset.key_gen.0) => Ok(reset.key_gen),
        (Some(reset), None) if reset.key_gen > KeyGen::FIRST => Ok(reset.key_gen),
        (Some(_), _) => Err(Refusal::KeyGeneration),
    }
}
