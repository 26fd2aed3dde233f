//! A key cannot be put into the header of a signature.

use firstkey_core::crypto::context::InviteId;
use firstkey_core::secret::PreKey;
use firstkey_core::wire::outbound::RequestSignature;

fn rename(invite: InviteId, key: &PreKey) -> RequestSignature {
    RequestSignature { invite, signature: *key.expose() }
}

fn main() {}
