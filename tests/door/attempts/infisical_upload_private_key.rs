//! Neither a private key nor what Argon2id made of a password can be sent to a server of the other
//! dialect.

use firstkey_infisical::door::{Call, Member, Request};
use firstkey_core::secret::{MasterKey, X25519Secret};
use firstkey_core::wire::origin::Origin;

fn upload(origin: &Origin, private: &X25519Secret, derived: &MasterKey) -> Request {
    Request::to(origin, Call::CompleteInvite).field(Member::PublicKey, private).field(Member::ProtectedKey, derived).build()
}

fn main() {}
