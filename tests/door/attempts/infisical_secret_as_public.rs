//! Neither a key nor a text of somebody's own can be called a public value of the other dialect.

use firstkey_core::secret::{MasterKey, X25519Secret};
use firstkey_infisical::door::{Name, Organisation, PersonName};
use firstkey_infisical::keys::{PublicKey, Salt};
use firstkey_infisical::srp::{ClientProof, ClientPublic, Verifier};

fn keys(key: &X25519Secret, derived: &MasterKey) -> (PublicKey, Salt, ClientProof, ClientPublic, Verifier) {
    let wide = [key.expose()[0]; 512];
    (PublicKey(*key.expose()), Salt(*derived.expose()), ClientProof(*derived.expose()), ClientPublic(wide), Verifier(wide))
}

fn texts<'a>(password: &'a str) -> (Name<'a>, PersonName<'a>, Organisation<'a>) {
    (Name(password), PersonName(password), Organisation(password))
}

fn main() {}
