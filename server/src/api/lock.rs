//! What a password opens, and what a recovery code opens: everything that can be checked of it
//! without opening anything.

use crate::opaque;
use crate::store::Policy;
use firstkey_core::crypto::context::KeyGen;
use firstkey_core::crypto::envelope::{AccountKeyByPassword, AccountKeyByRecovery, Envelope, Kind};
use firstkey_core::crypto::kdf::KdfBlock;

/// The block, the record and envelope 1 of one password.
pub(super) fn check_password(
    policy: &Policy,
    key_gen: KeyGen,
    block: &[u8; KdfBlock::LEN],
    record: &[u8; 192],
    one: &[u8],
) -> Result<KdfBlock, &'static str> {
    let read = KdfBlock::read(block).map_err(|_| "kdf_block is not one of the four profiles.")?;
    if read.profile.id() < policy.min_profile {
        return Err("kdf_block is below the organisation's least profile.");
    }
    match (policy.secret_key.as_str(), read.two_secret) {
        ("off", true) => return Err("The organisation does not use secret keys."),
        ("required", false) => return Err("The organisation requires a secret key."),
        _ => {}
    }
    if envelope::<AccountKeyByPassword>(one, key_gen)?.kdf_block().encode() != *block {
        return Err("kdf_block is not the one inside envelope 1.");
    }
    if !opaque::is_record(record) {
        return Err("opaque_upload is no OPAQUE record.");
    }
    Ok(read)
}

/// Envelope 2.
pub(super) fn check_kit(key_gen: KeyGen, two: &[u8]) -> Result<(), &'static str> {
    envelope::<AccountKeyByRecovery>(two, key_gen).map(drop)
}

/// An envelope of that kind and generation.
pub(super) fn envelope<K: Kind>(bytes: &[u8], key_gen: KeyGen) -> Result<Envelope<K>, &'static str> {
    let envelope = Envelope::<K>::read(bytes).map_err(|_| "An envelope has the wrong form or type.")?;
    if envelope.key_gen() == key_gen { Ok(envelope) } else { Err("An envelope is of another key_gen.") }
}
