//! Tokens: 32 random bytes that are shown once and stored as SHA-256 only.
//!
//! A token has 256 bits of entropy, so its plain hash cannot be reversed and needs no salt. Must
//! never: be logged, stored or compared byte by byte.

use crate::rng::SystemRng;
use base64ct::{Base64UrlUnpadded, Encoding};
use rand_core::RngCore;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What secret scanners look for.
const SCIM_PREFIX: &str = "fksc_";

/// SHA-256 of a token.
#[derive(Clone, Copy)]
pub(crate) struct TokenHash(pub(crate) [u8; 32]);

impl TokenHash {
    /// The hash of a token's 32 bytes.
    pub(crate) fn of(token: &[u8]) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// Equality in constant time.
    pub(crate) fn matches(&self, other: &[u8]) -> bool {
        self.0.ct_eq(other).into()
    }
}

/// A token in clear, on its way to the one who will hold it; wiped afterwards.
pub(crate) struct Token(Zeroizing<[u8; 32]>);

impl Token {
    /// Mints one.
    pub(crate) fn mint() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        SystemRng::new().fill_bytes(bytes.as_mut_slice());
        Self(bytes)
    }

    /// What may be stored.
    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash::of(self.0.as_slice())
    }

    /// 43 characters of base64url, for the mail or the answer that hands it over.
    pub(crate) fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(Base64UrlUnpadded::encode_string(self.0.as_slice()))
    }

    /// The form that an identity provider is given.
    pub(crate) fn reveal_for_scim(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{SCIM_PREFIX}{}", self.reveal().as_str()))
    }
}

/// The hash of what stood behind `Authorization: Bearer`, if it has a SCIM token's form.
pub(crate) fn hash_of_scim_bearer(bearer: &str) -> Option<TokenHash> {
    let encoded = bearer.strip_prefix(SCIM_PREFIX)?;
    let mut bytes = Zeroizing::new([0; 32]);
    let decoded = Base64UrlUnpadded::decode(encoded, bytes.as_mut_slice()).ok()?;
    (decoded.len() == 32).then(|| TokenHash::of(decoded))
}
