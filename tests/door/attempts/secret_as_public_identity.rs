//! A private key cannot be put into the place of a public one.

use firstkey_core::crypto::context::KeyGen;
use firstkey_core::crypto::identity::{KeyPairs, PublicIdentity};

fn rename(pairs: &KeyPairs) -> PublicIdentity {
    let mut public = pairs.public(KeyGen::FIRST);
    public.ed25519 = *pairs.ed25519.expose();
    PublicIdentity { key_gen: KeyGen::FIRST, ed25519: *pairs.ed25519.expose(), x25519: *pairs.x25519.expose() }
}

fn main() {}
