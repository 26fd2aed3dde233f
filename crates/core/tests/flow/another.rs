//! A pin of something else than it was: another account, another realm, other keys.

use firstkey_core::crypto::context::{AccountId, KeyGen, RealmId};
use firstkey_core::crypto::identity::{PublicIdentity, PublicKeys};
use firstkey_core::flow::checkpoint::Pin;

fn turned<const N: usize>(bytes: [u8; N]) -> [u8; N] {
    let mut bytes = bytes;
    bytes[0] ^= 1;
    bytes
}

pub(crate) fn account(pin: &mut Pin) {
    pin.context.account = AccountId::heard(turned(pin.context.account.0));
}

pub(crate) fn realm(pin: &mut Pin) {
    pin.context.realm = RealmId::heard(turned(pin.context.realm.0));
}

pub(crate) fn agreement_key(pin: &mut Pin) {
    pin.identity = PublicIdentity::heard(PublicKeys { x25519: turned(pin.identity.x25519), ..*pin.identity });
}

pub(crate) fn signing_key(pin: &mut Pin) {
    pin.identity = PublicIdentity::heard(PublicKeys { ed25519: turned(pin.identity.ed25519), ..*pin.identity });
}

pub(crate) fn generation(pin: &mut Pin, number: u32) {
    pin.identity = PublicIdentity::heard(PublicKeys { key_gen: KeyGen(number), ..*pin.identity });
}
