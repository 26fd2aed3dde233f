//! Bytes of no particular meaning cannot be uploaded.

use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::{Endpoint, Outbound};

fn upload(origin: &Origin, value: &[u8; 32]) -> Outbound {
    Outbound::post(origin, Endpoint::EnrolComplete).field("value", value).build()
}

fn main() {}
