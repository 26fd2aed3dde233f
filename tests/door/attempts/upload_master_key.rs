//! MK cannot be uploaded.

use firstkey::secret::MasterKey;
use firstkey::wire::origin::Origin;
use firstkey::wire::outbound::{Endpoint, Outbound};

fn upload(origin: &Origin, value: &MasterKey) -> Outbound {
    Outbound::post(origin, Endpoint::EnrolComplete).field("value", value).build()
}

fn main() {}
