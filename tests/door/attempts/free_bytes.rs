//! A request is built member by member; there is no way in for a body, a header or a path of one's
//! own.

use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::{Endpoint, Outbound};

fn forge(origin: &Origin) -> Outbound {
    Outbound {
        origin: origin.clone(),
        endpoint: Endpoint::Claim,
        target: "/v1/elsewhere".to_owned(),
        body: b"{}".to_vec(),
        disclosed: Vec::new(),
        signature: None,
    }
}

fn main() {}
