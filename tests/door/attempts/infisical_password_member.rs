//! There is no member called `password`.

use firstkey_infisical::door::{Call, Member, Name, Request};
use firstkey_core::wire::origin::Origin;

fn upload(origin: &Origin) -> Request {
    Request::to(origin, Call::CompleteInvite).field(Member::Password, &Name("x")).build()
}

fn main() {}
