//! A password cannot be sent to a server of the other dialect.

use firstkey_infisical::door::{Call, Member, Request};
use firstkey_core::secret::TypedPassword;
use firstkey_core::wire::origin::Origin;

fn upload(origin: &Origin, value: &TypedPassword) -> Request {
    Request::to(origin, Call::CompleteInvite).field(Member::Verifier, value).build()
}

fn main() {}
