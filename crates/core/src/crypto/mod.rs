//! Keys: how they are derived, sealed, opened and named.
//!
//! Promise: pure functions; randomness is an argument. Must never: read a clock, a file, the
//! network or the environment, or print.
//!
//! ```text
//!  password --prepare--> Argon2id(salt, profile) --> MK
//!                                                    |  HKDF (+ optional secret key)
//!                                   auth (64) <------+------> pre (64)
//!                                     |                          |
//!                                OPAQUE with the server          |
//!                                     |                          |
//!                                  xk (64) ------ HKDF ----------+--> KEK_pw --seals--> AK   (envelope 1)
//!  recovery code (128 bits) ------------- HKDF --------------------> KEK_rc --seals--> AK   (envelope 2)
//!                           `------------ HKDF --------------------> rc_seed (signs recoveries)
//!  AK (random) -------------------------- HKDF --------------------> KEK_ak --seals--> X25519 key   (envelope 3)
//!                                                                           `-seals--> Ed25519 seed (envelope 4)
//! ```

pub mod context;
pub(crate) mod crockford;
pub mod encoding;
pub mod envelope;
pub mod hazmat;
pub mod hierarchy;
pub mod identity;
pub mod kdf;
pub mod kek;
pub mod opaque;
pub mod prepare;
pub mod public;
pub mod realm_key;
pub mod recovery;
pub mod stack;
pub mod statement;
pub mod strength;
pub mod words;

/// The only suite of version 1: Argon2id, HKDF-SHA-512, OPAQUE-3DH on ristretto255,
/// XChaCha20-Poly1305 with commitment, X25519, Ed25519.
pub const SUITE: u8 = 0x01;

/// Every label that separates one use of a key or hash from another, once (protocol sections 5 to
/// 8).
pub mod label {
    /// Salt prefix of the password's HKDF: where the second secret enters.
    pub const TWO_SECRET: &[u8] = b"firstkey/v1/2skd";
    /// `auth`, the OPAQUE password.
    pub const AUTH: &[u8] = b"firstkey/v1/auth";
    /// `pre`, the client's half of KEK_pw.
    pub const ENC: &[u8] = b"firstkey/v1/enc";
    /// KEK_pw.
    pub const KEK_PASSWORD: &[u8] = b"firstkey/v1/kek/password";
    /// Extract salt for AK.
    pub const AK: &[u8] = b"firstkey/v1/ak";
    /// KEK_ak.
    pub const KEK_ACCOUNT: &[u8] = b"firstkey/v1/kek/account";
    /// Extract salt for the recovery code.
    pub const RECOVERY: &[u8] = b"firstkey/v1/recovery";
    /// KEK_rc.
    pub const KEK_RECOVERY: &[u8] = b"firstkey/v1/kek/recovery";
    /// The recovery signature key.
    pub const RECOVERY_SIGN: &[u8] = b"firstkey/v1/recovery-sign";
    /// What the recovery signature key signs.
    pub const RECOVERY_PROOF: &[u8] = b"firstkey/v1/recovery-proof";
    /// Check symbols of a written recovery code.
    pub const RECOVERY_CHECK: &[u8] = b"firstkey/v1/recovery-check";
    /// Associated data of an envelope.
    pub const ENVELOPE: &[u8] = b"firstkey/v1/env";
    /// Encryption and commitment key of an envelope.
    pub const WRAP: &[u8] = b"firstkey/v1/wrap";
    /// The identity statement.
    pub const IDENTITY: &[u8] = b"firstkey/v1/identity";
    /// The bundle statement.
    pub const BUNDLE: &[u8] = b"firstkey/v1/bundle";
    /// The fingerprint.
    pub const FINGERPRINT: &[u8] = b"firstkey/v1/fingerprint";
    /// OPAQUE's login context.
    pub const OPAQUE: &[u8] = b"firstkey/v1/opaque";
    /// Request signatures by the claim key.
    pub const REQUEST: &[u8] = b"firstkey/v1/request";

    /// What a link says of the realm's signing key.
    pub const LINK: &[u8] = b"firstkey/v1/link";
    /// Answers that the realm's key signs.
    pub const ANSWER: &[u8] = b"firstkey/v1/answer";
    /// The seed of the realm's key, made from what the server keeps.
    pub const REALM_KEY: &[u8] = b"firstkey/v1/realm-key";

    /// All of them, for the test that no two are equal.
    pub const ALL: [&[u8]; 21] = [
        TWO_SECRET,
        AUTH,
        ENC,
        KEK_PASSWORD,
        AK,
        KEK_ACCOUNT,
        RECOVERY,
        KEK_RECOVERY,
        RECOVERY_SIGN,
        RECOVERY_PROOF,
        RECOVERY_CHECK,
        ENVELOPE,
        WRAP,
        IDENTITY,
        BUNDLE,
        FINGERPRINT,
        OPAQUE,
        REQUEST,
        LINK,
        ANSWER,
        REALM_KEY,
    ];
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn no_label_serves_two_uses() {
        for (i, a) in label::ALL.iter().enumerate() {
            for b in &label::ALL[i + 1..] {
                assert_ne!(a, b);
            }
        }
    }
}
