//! Text of no particular meaning cannot be uploaded.

use firstkey::wire::origin::Origin;
use firstkey::wire::outbound::{Endpoint, Outbound};

fn upload(origin: &Origin, value: &String) -> Outbound {
    Outbound::post(origin, Endpoint::EnrolComplete).field("value", value).build()
}

fn main() {}
