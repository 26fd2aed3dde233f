//! Envelopes: self-describing sealed keys (protocol section 6).
//!
//! Promise: an envelope opens only under the key, the kind, the account, the realm and the
//! generation that it was sealed for. The commitment is checked in constant time before the cipher
//! is touched, so one ciphertext never opens under two keys. Every failure is the one
//! [`EnvelopeRejected`]. Must never: say why an envelope was rejected, or hand out a plaintext that
//! was not wholly checked.
//!
//! ```text
//! magic "FKEY" | ver 1 | suite | type | flags 0 | key_gen u32be | kdf_block (type 1 only) | env_salt[32] | nonce[24] | commit[32] | ct_len u16be | ct
//! ```

use super::context::{AccountContext, KeyGen};
use super::encoding::pae;
use super::kdf::KdfBlock;
use super::kek::{ByAccountKey, ByPassword, ByRecovery, Kek};
use super::{SUITE, hazmat, label};
use crate::secret::{AccountKey, Ed25519Seed, FixedSecret, X25519Secret};
use rand_core::CryptoRngCore;
use std::marker::PhantomData;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const MAGIC: &[u8; 4] = b"FKEY";
const VERSION: u8 = 1;
const FIXED_HEADER: usize = 12;
const SALT: usize = 32;
const NONCE: usize = 24;
const COMMIT: usize = 32;
const CONTENT: usize = 32;
const CIPHERTEXT: usize = CONTENT + hazmat::TAG_LEN;

/// The envelope cannot be used, for whatever reason: one answer, so that it is no oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed key was rejected: it was not made for this account with this secret, or it was changed")]
pub struct EnvelopeRejected;

mod sealed {
    pub trait Sealed {}
}

/// What an envelope holds and under what; the four kinds of version 1.
pub trait Kind: sealed::Sealed {
    /// The purpose of the key that seals it.
    type By;
    /// What is inside.
    type Content: FixedSecret;
    /// The type byte.
    const TYPE: u8;
    /// Whether the header carries a [`KdfBlock`].
    const HAS_KDF: bool = false;
}

macro_rules! kind {
    ($(#[$doc:meta])* $name:ident, $type:literal, $by:ty, $content:ty, $kdf:literal) => {
        $(#[$doc])*
        pub enum $name {}
        impl sealed::Sealed for $name {}
        impl Kind for $name {
            type By = $by;
            type Content = $content;
            const TYPE: u8 = $type;
            const HAS_KDF: bool = $kdf;
        }
    };
}

kind! {
    /// Type 1: the account key under the password.
    AccountKeyByPassword, 1, ByPassword, AccountKey, true
}
kind! {
    /// Type 2: the account key under the recovery code.
    AccountKeyByRecovery, 2, ByRecovery, AccountKey, false
}
kind! {
    /// Type 3: the X25519 private key under the account key.
    X25519ByAccountKey, 3, ByAccountKey, X25519Secret, false
}
kind! {
    /// Type 4: the Ed25519 seed under the account key.
    Ed25519ByAccountKey, 4, ByAccountKey, Ed25519Seed, false
}

/// An envelope of kind `K` whose structure was checked; its contents are still untrusted until
/// [`Envelope::open`].
pub struct Envelope<K: Kind> {
    bytes: Vec<u8>,
    kind: PhantomData<K>,
}

impl<K: Kind> Envelope<K> {
    const HEADER: usize = FIXED_HEADER + if K::HAS_KDF { KdfBlock::LEN } else { 0 } + SALT + NONCE;

    /// Length in bytes, the same for every envelope of the kind: 197 for type 1, 150 for the
    /// others.
    pub const LEN: usize = Self::HEADER + COMMIT + 2 + CIPHERTEXT;

    fn seal_kind(
        kek: &Kek<K::By>,
        content: &K::Content,
        context: &AccountContext,
        key_gen: KeyGen,
        block: Option<&KdfBlock>,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<Self, EnvelopeRejected> {
        let mut bytes = Vec::with_capacity(Self::LEN);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&[VERSION, SUITE, K::TYPE, 0]);
        bytes.extend_from_slice(&key_gen.0.to_be_bytes());
        if let Some(block) = block {
            bytes.extend_from_slice(&block.encode());
        }
        let mut fresh = [0; SALT + NONCE];
        rng.fill_bytes(&mut fresh);
        bytes.extend_from_slice(&fresh);

        let aad = associated_data(&bytes, context);
        let keys = derive_keys(&fresh[..SALT], kek, &aad);
        let nonce = array(&fresh[SALT..]);
        // EXPOSE: this is the one place where a key is encrypted.
        let ciphertext = hazmat::aead_seal(keys.encryption(), &nonce, &aad, content.expose_slice());
        bytes.extend_from_slice(keys.commitment());
        bytes.extend_from_slice(&u16::try_from(CIPHERTEXT).expect("invariant: 48 fits").to_be_bytes());
        bytes.extend_from_slice(&ciphertext);

        // Nothing leaves that was not opened here and found equal: a flipped bit in memory must not
        // lock a person out for ever.
        let sealed = Self::read(&bytes)?;
        let opened = sealed.open(kek, context, key_gen)?;
        // EXPOSE: compared in constant time with what went in.
        let same: bool = opened.expose_slice().ct_eq(content.expose_slice()).into();
        if same { Ok(sealed) } else { Err(EnvelopeRejected) }
    }

    /// Checks length, magic, version, suite, type, flags and, for type 1, the profile whitelist.
    /// Runs before any Argon2id.
    pub fn read(bytes: &[u8]) -> Result<Self, EnvelopeRejected> {
        let length_at = Self::HEADER + COMMIT;
        let whole = bytes.len() == Self::LEN
            && &bytes[..4] == MAGIC
            && bytes[4..8] == [VERSION, SUITE, K::TYPE, 0]
            && usize::from(u16::from_be_bytes([bytes[length_at], bytes[length_at + 1]])) == CIPHERTEXT;
        if !whole {
            return Err(EnvelopeRejected);
        }
        let envelope = Self { bytes: bytes.to_vec(), kind: PhantomData };
        if K::HAS_KDF {
            envelope.block()?;
        }
        Ok(envelope)
    }

    fn block(&self) -> Result<KdfBlock, EnvelopeRejected> {
        KdfBlock::read(&array(&self.bytes[FIXED_HEADER..FIXED_HEADER + KdfBlock::LEN])).map_err(|_| EnvelopeRejected)
    }

    /// The generation that the header claims; authentic only once [`Envelope::open`] succeeded.
    pub fn key_gen(&self) -> KeyGen {
        KeyGen(u32::from_be_bytes(array(&self.bytes[8..12])))
    }

    /// Opens, in the order of protocol section 6: structure (already read), generation, commitment,
    /// cipher, length.
    pub fn open(
        &self,
        kek: &Kek<K::By>,
        context: &AccountContext,
        key_gen: KeyGen,
    ) -> Result<K::Content, EnvelopeRejected> {
        let (header, rest) = self.bytes.split_at(Self::HEADER);
        let (commit, rest) = rest.split_at(COMMIT);
        if self.key_gen() != key_gen {
            return Err(EnvelopeRejected);
        }
        let fresh = &header[Self::HEADER - SALT - NONCE..];
        let aad = associated_data(header, context);
        let keys = derive_keys(&fresh[..SALT], kek, &aad);
        if !bool::from(keys.commitment().ct_eq(commit)) {
            return Err(EnvelopeRejected);
        }
        let plaintext =
            hazmat::aead_open(keys.encryption(), &array(&fresh[SALT..]), &aad, &rest[2..]).ok_or(EnvelopeRejected)?;
        K::Content::from_slice(&plaintext).ok_or(EnvelopeRejected)
    }

    /// The exact bytes, for the wire.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Envelope<AccountKeyByPassword> {
    /// Seals AK under KEK_pw; the block that led there is part of the header.
    pub fn seal(
        kek: &Kek<ByPassword>,
        content: &AccountKey,
        context: &AccountContext,
        key_gen: KeyGen,
        block: &KdfBlock,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<Self, EnvelopeRejected> {
        Self::seal_kind(kek, content, context, key_gen, Some(block), rng)
    }

    /// The block in the header, whitelisted; authentic only once opened.
    pub fn kdf_block(&self) -> KdfBlock {
        self.block().expect("invariant: checked by `read`")
    }
}

macro_rules! plain_seal {
    ($kind:ty) => {
        impl Envelope<$kind> {
            /// Seals `content` under `kek`.
            pub fn seal(
                kek: &Kek<<$kind as Kind>::By>,
                content: &<$kind as Kind>::Content,
                context: &AccountContext,
                key_gen: KeyGen,
                rng: &mut dyn CryptoRngCore,
            ) -> Result<Self, EnvelopeRejected> {
                Self::seal_kind(kek, content, context, key_gen, None, rng)
            }
        }
    };
}
plain_seal!(AccountKeyByRecovery);
plain_seal!(X25519ByAccountKey);
plain_seal!(Ed25519ByAccountKey);

/// `AAD = PAE("firstkey/v1/env", hdr, realm_id, account_id)`.
fn associated_data(header: &[u8], context: &AccountContext) -> Vec<u8> {
    pae(&[label::ENVELOPE, header, &context.realm.0, &context.account.0])
}

/// `K_enc(32) || K_com(32)`.
struct WrapKeys(Zeroizing<[u8; 64]>);

impl WrapKeys {
    fn encryption(&self) -> &[u8; 32] {
        self.0.first_chunk().expect("invariant: 64 bytes")
    }

    fn commitment(&self) -> &[u8; 32] {
        self.0.last_chunk().expect("invariant: 64 bytes")
    }
}

fn derive_keys<P>(salt: &[u8], kek: &Kek<P>, aad: &[u8]) -> WrapKeys {
    let mut keys = Zeroizing::new([0; 64]);
    // EXPOSE: the KEK enters the envelope's own keys.
    hazmat::hkdf(salt, kek.expose(), &pae(&[label::WRAP, &hazmat::sha512(aad)]), keys.as_mut_slice());
    WrapKeys(keys)
}

fn array<const N: usize>(slice: &[u8]) -> [u8; N] {
    slice.try_into().expect("invariant: the caller slices exactly N bytes")
}
