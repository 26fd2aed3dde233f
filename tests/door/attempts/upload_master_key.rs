//! MK cannot be uploaded.

use firstkey_core::secret::MasterKey;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::{Endpoint, Outbound};

fn upload(origin: &Origin, value: &MasterKey) -> Outbound {
    Outbound::post(origin, Endpoint::EnrolComplete).field("value", value).build()
}

fn main() {}
