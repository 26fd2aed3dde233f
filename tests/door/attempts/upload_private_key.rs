//! A private key cannot be uploaded.

use firstkey::secret::Ed25519Seed;
use firstkey::wire::origin::Origin;
use firstkey::wire::outbound::{Endpoint, Outbound};

fn upload(origin: &Origin, value: &Ed25519Seed) -> Outbound {
    Outbound::post(origin, Endpoint::EnrolComplete).field("value", value).build()
}

fn main() {}
