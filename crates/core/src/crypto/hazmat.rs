//! The primitives of this protocol but for OPAQUE's (`opaque`): Argon2id, HKDF-SHA-512, SHA-2,
//! XChaCha20-Poly1305, X25519, Ed25519.
//!
//! Promise: each function is one primitive with fixed parameters and no policy; it is used by the
//! files that `.ci/reasons` lists, which give it one. The crates leave what they worked on in their
//! part of the stack: each function that takes a secret overwrites it (`stack`), and `.ci/reasons`
//! looks whether it does. Must never: decide anything; keep a secret in a buffer of its own that is
//! not wiped.

use super::stack::{DEEP, SHALLOW, wiped_after};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{AeadInPlace, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use hkdf::Hkdf;
use sha2::{Digest, Sha256, Sha512};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

pub use argon2::Block;

/// Length of the Poly1305 tag in bytes.
pub const TAG_LEN: usize = 16;

/// Argon2id refused its parameters or its memory: a programming error, since profiles are a
/// whitelist.
#[derive(Debug, thiserror::Error)]
#[error("Argon2id refused its parameters")]
pub struct BadArgon2Parameters;

/// Argon2id version 1.3, 32 bytes of output, over memory that the caller owns and wipes (RFC 9106).
pub fn argon2id(
    password: &[u8],
    salt: &[u8],
    (m_kib, t, p): (u32, u32, u32),
    memory: &mut [Block],
    out: &mut [u8; 32],
) -> Result<(), BadArgon2Parameters> {
    let params = Params::new(m_kib, t, p, Some(32)).map_err(|_| BadArgon2Parameters)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    wiped_after::<SHALLOW, _>(|| argon2.hash_password_into_with_memory(password, salt, out, memory))
        .map_err(|_| BadArgon2Parameters)
}

/// HKDF-SHA-512: extract with `salt`, expand with `info` (RFC 5869).
pub fn hkdf(salt: &[u8], ikm: &[u8], info: &[u8], out: &mut [u8]) {
    wiped_after::<SHALLOW, _>(|| Hkdf::<Sha512>::new(Some(salt), ikm).expand(info, out))
        .expect("invariant: outputs are at most 64 bytes, far below 255 hash lengths");
}

/// SHA-512.
pub fn sha512(data: &[u8]) -> [u8; 64] {
    wiped_after::<SHALLOW, _>(|| Sha512::digest(data).into())
}

/// SHA-256.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    wiped_after::<SHALLOW, _>(|| Sha256::digest(data).into())
}

/// XChaCha20-Poly1305: ciphertext with the tag behind it. Not key-committing by itself; see
/// `envelope`.
pub fn aead_seal(key: &[u8; 32], nonce: &[u8; 24], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(plaintext.len() + TAG_LEN);
    out.extend_from_slice(plaintext);
    let tag = wiped_after::<SHALLOW, _>(|| {
        XChaCha20Poly1305::new(key.into()).encrypt_in_place_detached(nonce.into(), aad, &mut out)
    })
    .expect("invariant: plaintexts are tens of bytes, far below the cipher's limit");
    out.extend_from_slice(&tag);
    out
}

/// The plaintext, or `None` if the tag does not fit.
pub fn aead_open(key: &[u8; 32], nonce: &[u8; 24], aad: &[u8], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let split = ciphertext.len().checked_sub(TAG_LEN)?;
    let (body, tag) = ciphertext.split_at(split);
    let mut plaintext = Zeroizing::new(body.to_vec());
    let tag = Tag::from_slice(tag);
    wiped_after::<SHALLOW, _>(|| {
        XChaCha20Poly1305::new(key.into()).decrypt_in_place_detached(nonce.into(), aad, &mut plaintext, tag)
    })
    .ok()?;
    Some(plaintext)
}

/// The X25519 public key of `secret` (RFC 7748).
pub fn x25519_public(secret: &[u8; 32]) -> [u8; 32] {
    wiped_after::<DEEP, _>(|| PublicKey::from(&StaticSecret::from(*secret)).to_bytes())
}

/// The shared secret of `secret` and the public key `theirs` (RFC 7748); `None` for a low-order
/// key, with which everybody shares it.
pub fn x25519_agree(secret: &[u8; 32], theirs: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
    let shared = wiped_after::<DEEP, _>(|| StaticSecret::from(*secret).diffie_hellman(&PublicKey::from(*theirs)));
    shared.was_contributory().then(|| Zeroizing::new(shared.to_bytes()))
}

/// Whether a Diffie-Hellman with this public key depends on the other side's secret; false for
/// low-order points, whatever bit 255 says.
pub fn x25519_is_contributory(public: &[u8; 32]) -> bool {
    StaticSecret::from([0x77; 32]).diffie_hellman(&PublicKey::from(*public)).was_contributory()
}

/// The Ed25519 public key of `seed` (RFC 8032).
pub fn ed25519_public(seed: &[u8; 32]) -> [u8; 32] {
    wiped_after::<DEEP, _>(|| SigningKey::from_bytes(seed).verifying_key().to_bytes())
}

/// An Ed25519 signature (RFC 8032).
pub fn ed25519_sign(seed: &[u8; 32], message: &[u8]) -> [u8; 64] {
    wiped_after::<DEEP, _>(|| SigningKey::from_bytes(seed).sign(message).to_bytes())
}

/// Strict verification: canonical S, no small-order keys.
pub fn ed25519_verify(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(public)
        .is_ok_and(|key| key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok())
}
