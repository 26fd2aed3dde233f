//! What a run of `flow_any` begins with beside an honest server: what the organisation asks for,
//! where the server is, and what this computer remembers. One byte says all of it; 0 is the usual.

use super::scene::Scene;
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use firstkey_core::crypto::identity::{PublicIdentity, PublicKeys};
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::wire::origin::Origin;
use serde_json::json;

/// Where the server may be: a usual name, one in punycode, a port, this computer.
pub const ORIGINS: [&str; 4] = [
    "https://keys.example.org",
    "https://keys.xn--bcher-kva.example",
    "https://keys.example.org:8443",
    "http://127.0.0.1:8080",
];
/// The second server, of which a pin may speak.
pub const OTHER_ORIGIN: &str = "https://keys.example.net";
/// Hosts that are numbers to some parser, or no names: never to be asked.
pub const ODD_HOSTS: [&str; 8] =
    ["0x7f.1", "127.1", "2130706433", "0177.0.0.1", "keys.example.org.0x7f", "[::ffff:7f00:1]", "10.0.0.1", "intranet"];

/// Sets the scene as `choice` says.
///
/// Bits 0 and 1: the least profile, 2, 1, 3 or 4. Bits 2 and 3: which of [`ORIGINS`]. Bits 4 and 5:
/// no pin, one of a colleague's account here, one of another realm here, one of this realm
/// elsewhere. Bit 6: a pin of this very account. Bit 7: a secret key is required.
pub fn set(scene: &mut Scene, choice: u8) {
    let server = &mut scene.server;
    server.offer["policy"]["min_profile"] = json!([2, 1, 3, 4][usize::from(choice & 3)]);
    ORIGINS[usize::from(choice >> 2 & 3)].clone_into(&mut server.origin);
    if choice & 0x80 != 0 {
        server.offer["policy"]["secret_key"] = json!("required");
    }
    let (here, realm, account) = (server.origin.clone(), server.realm, server.account);
    let other = [0x77; 16];
    match choice >> 4 & 3 {
        1 => scene.shelf.pins.push(pin(&here, realm, other).encode()),
        2 => scene.shelf.pins.push(pin(&here, other, other).encode()),
        3 => scene.shelf.pins.push(pin(OTHER_ORIGIN, realm, other).encode()),
        _ => {}
    }
    if choice & 0x40 != 0 {
        scene.shelf.pins.push(pin(&here, realm, account).encode());
    }
}

/// What is remembered of an account with keys that nobody has.
fn pin(origin: &str, realm: [u8; 16], account: [u8; 16]) -> Pin {
    Pin {
        origin: Origin::read(origin).expect("invariant: a good origin"),
        invite: None,
        context: AccountContext { realm: RealmId::heard(realm), account: AccountId::heard(account) },
        email: "grace@example.org".to_owned(),
        identity: PublicIdentity::heard(PublicKeys { key_gen: KeyGen::FIRST, ed25519: [3; 32], x25519: [4; 32] }),
        server_key: [5; 32],
        memberships: Vec::new(),
        two_secret: false,
        held: None,
    }
}
