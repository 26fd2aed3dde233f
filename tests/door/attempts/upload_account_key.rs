//! The account key cannot be uploaded.

use firstkey::secret::AccountKey;
use firstkey::wire::origin::Origin;
use firstkey::wire::outbound::{Endpoint, Outbound};

fn upload(origin: &Origin, value: &AccountKey) -> Outbound {
    Outbound::post(origin, Endpoint::EnrolComplete).field("value", value).build()
}

fn main() {}
