//! The account key cannot be uploaded.

use firstkey_core::secret::AccountKey;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::{Endpoint, Outbound};

fn upload(origin: &Origin, value: &AccountKey) -> Outbound {
    Outbound::post(origin, Endpoint::EnrolComplete).field("value", value).build()
}

fn main() {}
