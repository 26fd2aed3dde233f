//! The recovery code cannot be uploaded.

use firstkey_core::secret::RecoveryCode;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::{Endpoint, Outbound};

fn upload(origin: &Origin, value: &RecoveryCode) -> Outbound {
    Outbound::post(origin, Endpoint::EnrolComplete).field("value", value).build()
}

fn main() {}
