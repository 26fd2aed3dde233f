//! The other side of the handshake, for tests and fuzzing: what a real server computes.
//!
//! Promise: made from the facts, with no code of the client's but the group. Must never: be part of
//! a program that somebody uses.

use super::{Form, GROUP, MULTIPLIER, NUMBER, bytes, form, power_of_generator};
use crypto_bigint::{U256, U4096};
use firstkey_core::crypto::hazmat::sha256;
use firstkey_core::secret::SrpExponent;

/// A pending handshake.
#[derive(Clone)]
pub(super) struct Pending {
    public: [u8; NUMBER],
    proof: [u8; 32],
}

impl Pending {
    /// Answers `client` for the account of `verifier` with the secret `b`.
    pub(super) fn answer(client: &[u8; NUMBER], verifier: &[u8; NUMBER], b: &SrpExponent) -> Self {
        let v = form(&U4096::from_be_slice(verifier));
        let public = bytes(&MULTIPLIER.mul(&v).add(&power_of_generator(b)));
        let u = U256::from_be_slice(&sha256(&[&client[..], &public].concat()));
        let a = form(&U4096::from_be_slice(client));
        let shared: Form = a.mul(&v.pow(&u)).pow(&U256::from_be_slice(b.expose()));
        let key = sha256(&bytes(&shared));
        let proof = sha256(&[&client[..], &public, &key].concat());
        Self { public, proof }
    }

    /// B.
    pub(super) fn public(&self) -> &[u8; NUMBER] {
        &self.public
    }

    /// Whether that is M1.
    pub(super) fn accepts(&self, proof: &[u8]) -> bool {
        proof == self.proof
    }
}

/// N as 512 bytes.
pub(super) fn modulus() -> [u8; NUMBER] {
    let mut out = [0; NUMBER];
    out.copy_from_slice(GROUP.modulus().to_be_bytes().as_ref());
    out
}
