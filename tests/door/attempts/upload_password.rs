//! A password cannot be uploaded.

use firstkey::secret::Password;
use firstkey::wire::origin::Origin;
use firstkey::wire::outbound::{Endpoint, Outbound};

fn upload(origin: &Origin, value: &Password) -> Outbound {
    Outbound::post(origin, Endpoint::EnrolComplete).field("value", value).build()
}

fn main() {}
