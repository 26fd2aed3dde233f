//! An account's keys as this dialect keeps them.
//!
//! ```text
//! password --Argon2id(salt as 64 ASCII digits)--> derived --AES-256-GCM--> protectedKey = K as 64 hex digits
//! K --AES-256-GCM--> encryptedPrivateKey = X25519 private key as 44 base64 characters
//! password --SRP (salt as 32 bytes)--> verifier
//! ```
//!
//! Promise: what is sealed here opens with the clients of the time, byte for byte; what is opened
//! here has exactly the one length and spelling that those write. IVs are 16 random bytes, each
//! used once. Must never: seal or open anything else under these keys, or accept a key pair that
//! does not belong together.

use super::hexadecimal;
use super::srp::{self, Verifier};
use aes_gcm::AesGcm;
use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::aes::Aes256;
use base64ct::{Base64, Encoding};
use firstkey_core::crypto::hazmat;
use firstkey_core::secret::{AccountKey, MasterKey, SrpExponent, TypedPassword, X25519Secret};
use rand_core::CryptoRngCore;
use std::marker::PhantomData;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Argon2id: KiB of memory, passes, lanes. The one setting of this dialect.
pub const ARGON2: (u32, u32, u32) = (65_536, 3, 1);
/// Bytes of a tag.
const TAG: usize = 16;
/// Characters of 32 bytes in base64.
const KEY_TEXT: usize = 44;

/// 32 random bytes; Argon2id takes their hexadecimal text, SRP the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Salt([u8; 32]);

impl Salt {
    /// Fresh.
    pub fn make(rng: &mut dyn CryptoRngCore) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The bytes: what SRP takes for its salt.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 lower-case digits.
    pub fn read(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hexadecimal::read(text.as_bytes(), &mut bytes).then_some(Self(bytes))
    }

    /// 64 lower-case digits: what Argon2id takes for its salt.
    pub fn text(&self) -> String {
        hexadecimal::write(&self.0).to_string()
    }
}

/// A password on its way to Argon2id.
pub struct StretchJob {
    /// As typed.
    pub password: TypedPassword,
    /// Whose text is the salt.
    pub salt: Salt,
}

mod purpose {
    pub trait Sealed {}
}

/// What is sealed under what: no ciphertext is taken for another. Sealed.
pub trait Purpose: purpose::Sealed {
    /// Bytes of the plaintext.
    const PLAINTEXT: usize;
}

/// K under the key that Argon2id made of the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protected {}
/// The private key under K.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Private {}
/// The private key under the text of the emergency kit's secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backup {}

impl purpose::Sealed for Protected {}
impl Purpose for Protected {
    const PLAINTEXT: usize = 64;
}
impl purpose::Sealed for Private {}
impl Purpose for Private {
    const PLAINTEXT: usize = KEY_TEXT;
}
impl purpose::Sealed for Backup {}
impl Purpose for Backup {
    const PLAINTEXT: usize = KEY_TEXT;
}

/// AES-256-GCM: ciphertext, IV and tag, each by itself as they travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed<P> {
    ciphertext: Vec<u8>,
    iv: Vec<u8>,
    tag: [u8; TAG],
    purpose: PhantomData<P>,
}

impl<P: Purpose> Sealed<P> {
    fn seal(key: &[u8; 32], plaintext: &[u8], rng: &mut dyn CryptoRngCore) -> Self {
        let mut iv = [0; 16];
        rng.fill_bytes(&mut iv);
        Self::seal_with(key, plaintext, iv)
    }

    fn seal_with(key: &[u8; 32], plaintext: &[u8], iv: [u8; 16]) -> Self {
        debug_assert_eq!(plaintext.len(), P::PLAINTEXT);
        let mut ciphertext = plaintext.to_vec();
        let tag = AesGcm::<Aes256, U16>::new(key.into())
            .encrypt_inout_detached(&iv.into(), &[], ciphertext.as_mut_slice().into())
            .expect("invariant: plaintexts are tens of bytes, far below the cipher's limit");
        Self { ciphertext, iv: iv.to_vec(), tag: tag.into(), purpose: PhantomData }
    }

    fn open(&self, key: &[u8; 32]) -> Result<Zeroizing<Vec<u8>>, KeysRejected> {
        let mut plaintext = Zeroizing::new(self.ciphertext.clone());
        let buffer = plaintext.as_mut_slice().into();
        let opened = if let Ok(iv) = <[u8; 16]>::try_from(self.iv.as_slice()) {
            AesGcm::<Aes256, U16>::new(key.into()).decrypt_inout_detached(&iv.into(), &[], buffer, &self.tag.into())
        } else if let Ok(iv) = <[u8; 12]>::try_from(self.iv.as_slice()) {
            AesGcm::<Aes256, U12>::new(key.into()).decrypt_inout_detached(&iv.into(), &[], buffer, &self.tag.into())
        } else {
            return Err(KeysRejected);
        };
        opened.map_err(|_| KeysRejected)?;
        Ok(plaintext)
    }

    /// Reads the three texts of an answer: canonical base64, an IV of 16 bytes (12 from some
    /// servers' own accounts), a tag of 16, a ciphertext of the one length that its purpose has.
    pub fn read(ciphertext: &str, iv: &str, tag: &str) -> Option<Self> {
        let decode = |text: &str| if text.len() > 128 { None } else { Base64::decode_vec(text).ok() };
        let (ciphertext, iv) = (decode(ciphertext)?, decode(iv)?);
        let tag = decode(tag)?.try_into().ok()?;
        let fits = ciphertext.len() == P::PLAINTEXT && matches!(iv.len(), 12 | 16);
        fits.then_some(Self { ciphertext, iv, tag, purpose: PhantomData })
    }

    /// SHA-256 over its three texts.
    pub fn digest(&self) -> [u8; 32] {
        hazmat::sha256(self.texts().join("\n").as_bytes())
    }

    /// Ciphertext, IV and tag in base64, as they travel.
    pub fn texts(&self) -> [String; 3] {
        [&self.ciphertext[..], &self.iv, &self.tag].map(Base64::encode_string)
    }
}

/// Something did not open, or did not belong together. Says no more, so that nobody learns more
/// from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the keys do not open or do not belong together")]
pub struct KeysRejected;

/// An X25519 public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Reads 44 characters of base64.
    pub fn read(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let read = text.len() == KEY_TEXT && Base64::decode(text, &mut bytes).is_ok_and(|read| read.len() == 32);
        read.then_some(Self(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// In base64.
    pub fn text(&self) -> String {
        Base64::encode_string(&self.0)
    }

    /// Of this private key.
    pub fn of(secret: &X25519Secret) -> Self {
        // EXPOSE: the public half is computed from the private one.
        Self(hazmat::x25519_public(secret.expose()))
    }
}

/// Everything that a server keeps of an account's keys, beside the verifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vault {
    /// K, sealed.
    pub protected_key: Sealed<Protected>,
    /// The private key, sealed.
    pub private_key: Sealed<Private>,
    /// The public key.
    pub public_key: PublicKey,
}

/// What the password becomes: one for the server's proof, one for the keys.
pub struct Unlocked {
    /// For SRP.
    pub x: SrpExponent,
    /// For `protectedKey`.
    pub derived: MasterKey,
    /// What both were made with.
    pub salt: Salt,
}

/// A password's new lock around a private key: salt, verifier, ciphertexts.
#[derive(Clone)]
pub struct Lock {
    /// Salt of both derivations.
    pub salt: Salt,
    /// For the server.
    pub verifier: Verifier,
    /// The sealed keys.
    pub vault: Vault,
}

impl Vault {
    /// The private key.
    pub fn open(&self, derived: &MasterKey) -> Result<X25519Secret, KeysRejected> {
        // EXPOSE: AES key of `protectedKey`.
        let text = self.protected_key.open(derived.expose())?;
        let mut key = Zeroizing::new([0; 32]);
        if !hexadecimal::read(&text, &mut key) {
            return Err(KeysRejected);
        }
        let secret = read_private(&self.private_key.open(&key)?)?;
        if bool::from(PublicKey::of(&secret).0.ct_eq(&self.public_key.0)) { Ok(secret) } else { Err(KeysRejected) }
    }

    /// SHA-256 over the six ciphertext texts and the public key: pinned, so that an older vault is
    /// noticed.
    pub fn digest(&self) -> [u8; 32] {
        let texts =
            self.protected_key.texts().into_iter().chain(self.private_key.texts()).chain([self.public_key.text()]);
        hazmat::sha256(texts.collect::<Vec<_>>().join("\n").as_bytes())
    }
}

impl Lock {
    /// Seals `secret` for whoever knows what `unlocked` was made of. Opened again before it is
    /// given out: a fault must not become an account.
    pub fn make(secret: &X25519Secret, unlocked: &Unlocked, rng: &mut dyn CryptoRngCore) -> Result<Self, KeysRejected> {
        let key = AccountKey::make(rng);
        // EXPOSE: K is sealed as its hexadecimal text; the private key under K itself.
        let text = hexadecimal::write(key.expose());
        let vault = Vault {
            // EXPOSE: AES key.
            protected_key: Sealed::seal(unlocked.derived.expose(), text.as_bytes(), rng),
            private_key: seal_private(key.expose(), secret, rng),
            public_key: PublicKey::of(secret),
        };
        let opened = vault.open(&unlocked.derived)?;
        if !opened.matches(secret) {
            return Err(KeysRejected);
        }
        Ok(Self { salt: unlocked.salt, verifier: Verifier::derive(&unlocked.x), vault })
    }
}

impl Sealed<Backup> {
    /// Seals the private key under `key`, the 32 characters of a kit's secret.
    pub fn of_private(key: &[u8; 32], secret: &X25519Secret, rng: &mut dyn CryptoRngCore) -> Self {
        seal_private(key, secret, rng)
    }

    /// The private key.
    pub fn private(&self, key: &[u8; 32]) -> Result<X25519Secret, KeysRejected> {
        read_private(&self.open(key)?)
    }
}

/// What SRP needs of a password; Argon2id is somebody else's work.
pub fn srp_exponent(identity: &str, password: &TypedPassword, salt: &Salt) -> SrpExponent {
    srp::exponent(identity, password, &salt.0)
}

fn seal_private<P: Purpose>(key: &[u8; 32], secret: &X25519Secret, rng: &mut dyn CryptoRngCore) -> Sealed<P> {
    let mut text = Zeroizing::new([0; KEY_TEXT]);
    // EXPOSE: the private key's base64 text is what is sealed.
    let text = Base64::encode(secret.expose(), text.as_mut_slice()).expect("invariant: 44 characters hold 32 bytes");
    Sealed::seal(key, text.as_bytes(), rng)
}

fn read_private(text: &[u8]) -> Result<X25519Secret, KeysRejected> {
    let mut bytes = Zeroizing::new([0; 32]);
    let decoded = Base64::decode(text, bytes.as_mut_slice()).map_err(|_| KeysRejected)?;
    if decoded.len() != 32 {
        return Err(KeysRejected);
    }
    Ok(X25519Secret::from_bytes(&bytes))
}

#[cfg(test)]
mod tests;
