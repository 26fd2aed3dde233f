//! A private key cannot be uploaded.

use firstkey_core::secret::Ed25519Seed;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::{Endpoint, Outbound};

fn upload(origin: &Origin, value: &Ed25519Seed) -> Outbound {
    Outbound::post(origin, Endpoint::EnrolComplete).field("value", value).build()
}

fn main() {}
