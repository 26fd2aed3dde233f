//! A person's key pairs, the signed statement that names the public halves, and its fingerprint
//! (protocol section 7).
//!
//! Promise: low-order X25519 keys are refused wherever a public key comes in; the fingerprint
//! carries 103.4 bits. Must never: show a private key.

use super::context::{AccountContext, KeyGen};
use super::encoding::pae;
use super::public::{Said, said};
use super::{SUITE, hazmat, label, words};
use crate::secret::{Ed25519Seed, X25519Secret};
use bech32::{Bech32, Hrp};
use rand_core::CryptoRngCore;
use std::fmt;
use std::ops::Deref;

/// The two private keys; independent of each other.
pub struct KeyPairs {
    /// For agreement.
    pub x25519: X25519Secret,
    /// For signatures.
    pub ed25519: Ed25519Seed,
}

/// The two public keys and their generation, as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKeys {
    /// Which keys these are.
    pub key_gen: KeyGen,
    /// Ed25519 public key (RFC 8032), 32 bytes.
    pub ed25519: [u8; 32],
    /// X25519 public key (RFC 7748), 32 bytes.
    pub x25519: [u8; 32],
}

/// An identity: the public halves of key pairs, or what somebody said that they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicIdentity {
    said: PublicKeys,
}

impl Deref for PublicIdentity {
    type Target = PublicKeys;

    fn deref(&self) -> &PublicKeys {
        &self.said
    }
}

/// The identity does not hold: bad signature or a low-order key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the identity statement is not valid")]
pub struct IdentityRejected;

said! {
    /// Ed25519 over the identity statement, 64 bytes.
    #[derive(Debug)]
    IdentitySignature, 64
}

impl KeyPairs {
    /// Two fresh, independent keys.
    pub fn make(rng: &mut dyn CryptoRngCore) -> Self {
        Self { x25519: X25519Secret::make(rng), ed25519: Ed25519Seed::make(rng) }
    }

    /// The public halves.
    pub fn public(&self, key_gen: KeyGen) -> PublicIdentity {
        // EXPOSE: the public keys are computed from the private ones.
        let said = PublicKeys {
            key_gen,
            ed25519: hazmat::ed25519_public(self.ed25519.expose()),
            x25519: hazmat::x25519_public(self.x25519.expose()),
        };
        PublicIdentity { said }
    }

    /// Signs the statement about the public halves.
    pub fn sign(&self, key_gen: KeyGen, context: &AccountContext) -> IdentitySignature {
        let statement = self.public(key_gen).statement(context);
        // EXPOSE: the seed signs its own identity statement.
        IdentitySignature { said: Said(hazmat::ed25519_sign(self.ed25519.expose(), &statement)) }
    }
}

impl PublicIdentity {
    /// As a server, or a file of this program, says it; [`PublicIdentity::verify`] judges it.
    pub const fn heard(said: PublicKeys) -> Self {
        Self { said }
    }

    /// `ID = PAE("firstkey/v1/identity", suite, realm_id, account_id, key_gen u32be, ed_pk, x_pk)`.
    pub fn statement(&self, context: &AccountContext) -> Vec<u8> {
        pae(&[
            label::IDENTITY,
            &[SUITE],
            &context.realm.0,
            &context.account.0,
            &self.key_gen.0.to_be_bytes(),
            &self.ed25519,
            &self.x25519,
        ])
    }

    /// Checks the signature strictly and the X25519 key for low order.
    pub fn verify(&self, signature: &IdentitySignature, context: &AccountContext) -> Result<(), IdentityRejected> {
        let sound = hazmat::x25519_is_contributory(&self.x25519)
            && hazmat::ed25519_verify(&self.ed25519, &self.statement(context), &signature.0);
        sound.then_some(()).ok_or(IdentityRejected)
    }

    /// The fingerprint of these keys in this account.
    pub fn fingerprint(&self, context: &AccountContext) -> Fingerprint {
        Fingerprint(hazmat::sha512(&pae(&[label::FINGERPRINT, &context.realm.0, &context.account.0, &self.ed25519])))
    }

    /// The X25519 key as an age recipient, `age1...`.
    pub fn recipient(&self) -> String {
        bech32::encode::<Bech32>(Hrp::parse_unchecked("age"), &self.x25519)
            .expect("invariant: 32 bytes are within Bech32's length")
    }
}

/// SHA-512 of the identity key in its account; shown as eight words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 64]);

impl Fingerprint {
    /// The eight words: the first 256 bits as a big-endian integer, repeatedly mod 7776, first
    /// remainder first.
    pub fn words(&self) -> [&'static str; 8] {
        words::phrase_from_digest(self.0.first_chunk().expect("invariant: 64 bytes"))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().join(" "))
    }
}
