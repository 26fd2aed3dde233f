//! Fuzz body: what is remembered, as it may be found on a disk: pins of own accounts and records of
//! colleagues.
//!
//! Oracle: what is read survives writing and reading; the keys, ids and signature of a record that
//! is read are those that its owner signed, whatever was edited.

use super::honest_directory::Listed;
use super::seen;
use firstkey_core::crypto::context::KeyGen;
use firstkey_core::crypto::identity::IdentitySignature;
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::peer::Peer;
use firstkey_core::wire::origin::Origin;

/// A good record.
pub fn good() -> Peer {
    let listed = Listed::new([5; 16], "grace@example.org", 1, 1);
    let signature: IdentitySignature = listed.pairs.sign(KeyGen(1), &listed.context);
    Peer {
        origin: Origin::read("https://keys.example.org").expect("invariant: a good origin"),
        context: listed.context,
        email: listed.email.clone(),
        identity: listed.identity(1),
        signature,
        compared: false,
    }
}

/// The first byte chooses: 0 and the rest is a file; else triples of offset (two bytes) and XOR
/// edit a good record.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    if *choice == 0 {
        as_they_are(rest);
        return;
    }
    let good = good();
    let mut file = good.encode();
    for edit in rest.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % file.len();
        file[at] ^= edit[2];
    }
    as_they_are(&file);
    if let Ok(read) = Peer::read(&file) {
        assert_eq!(read.context, good.context, "another account passed");
        assert_eq!(read.identity, good.identity, "other keys passed");
        assert_eq!(read.signature, good.signature, "another signature passed");
    }
}

fn as_they_are(file: &[u8]) {
    if let Ok(pin) = Pin::read(file) {
        assert_eq!(Pin::read(&pin.encode()).as_ref(), Ok(&pin));
        assert_eq!(seen::unfit(&pin.email), None, "the address of a pin");
        for joined in &pin.memberships {
            assert_eq!(seen::unfit(joined.organisation.as_str()), None, "an organisation of a pin");
        }
    }
    if let Ok(peer) = Peer::read(file) {
        assert_eq!(Peer::read(&peer.encode()).as_ref(), Ok(&peer));
        assert!(peer.identity.verify(&peer.signature, &peer.context).is_ok());
        assert_eq!(peer.email, peer.email.to_ascii_lowercase());
        assert_eq!(seen::unfit(&peer.email), None, "the address of a colleague");
    }
}
