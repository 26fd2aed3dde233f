//! Key-encryption keys: each one derived for one purpose, which its type names (protocol section
//! 5).
//!
//! Promise: deterministic derivations only. Must never: make a key that two purposes could share,
//! or skip the account context.

use super::context::AccountContext;
use super::encoding::pae;
use super::hazmat;
use super::kdf::KdfBlock;
use super::label;
use crate::secret::{AccountKey, Ed25519Seed, ExportKey, MasterKey, OpaquePassword, PreKey, RecoveryCode, SecretKey};
use std::marker::PhantomData;
use zeroize::Zeroizing;

/// Purpose: wraps AK under the password.
pub enum ByPassword {}
/// Purpose: wraps AK under the recovery code.
pub enum ByRecovery {}
/// Purpose: seals private keys under AK.
pub enum ByAccountKey {}

/// A key-encryption key for the purpose `P`; wiped on drop.
pub struct Kek<P> {
    bytes: Box<Zeroizing<[u8; 32]>>,
    purpose: PhantomData<P>,
}

impl<P> Kek<P> {
    fn derive(salt: &[u8], ikm: &[u8], name: &[u8], context: &AccountContext) -> Self {
        let mut bytes = Box::new(Zeroizing::new([0; 32]));
        hazmat::hkdf(salt, ikm, &pae(&[name, &context.encode()]), bytes.as_mut_slice());
        Self { bytes, purpose: PhantomData }
    }

    /// The bytes, for the envelope's own derivation.
    pub(super) fn expose(&self) -> &[u8; 32] {
        &self.bytes
    }
}

/// What MK becomes: one half goes into OPAQUE, the other stays here.
pub struct PasswordKeys {
    /// The OPAQUE password.
    pub auth: OpaquePassword,
    /// The half of KEK_pw that no server influences.
    pub pre: PreKey,
}

/// `prk_pw`, then `auth` and `pre`. `secret_key` must be present exactly when `block.two_secret` is
/// set.
///
/// # Errors
/// [`SecondSecretMismatch`] if it is not.
pub fn derive_password_keys(
    master: &MasterKey,
    context: &AccountContext,
    block: &KdfBlock,
    secret_key: Option<&SecretKey>,
) -> Result<PasswordKeys, SecondSecretMismatch> {
    if block.two_secret != secret_key.is_some() {
        return Err(SecondSecretMismatch);
    }
    let mut seed = Zeroizing::new(Vec::with_capacity(label::TWO_SECRET.len() + 1 + SecretKey::LEN));
    seed.extend_from_slice(label::TWO_SECRET);
    seed.push(u8::from(block.two_secret));
    if let Some(key) = secret_key {
        // EXPOSE: the second secret enters the key schedule here and nowhere else.
        seed.extend_from_slice(key.expose());
    }
    let salt = Zeroizing::new(hazmat::sha512(&seed));
    let (encoded, block) = (context.encode(), block.encode());
    // EXPOSE: MK is the input of both derivations.
    let expand =
        |name: &[u8], out: &mut [u8; 64]| hazmat::hkdf(&*salt, master.expose(), &pae(&[name, &encoded, &block]), out);
    Ok(PasswordKeys {
        auth: OpaquePassword::filled_by(|out| expand(label::AUTH, out)),
        pre: PreKey::filled_by(|out| expand(label::ENC, out)),
    })
}

/// The block says that a second secret takes part and none was given, or the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the account's settings and the secret key that was given do not fit")]
pub struct SecondSecretMismatch;

impl Kek<ByPassword> {
    /// KEK_pw, from the client's half and from OPAQUE's export key.
    pub fn derive_from_password(pre: &PreKey, export: &ExportKey, context: &AccountContext) -> Self {
        // EXPOSE: both halves enter KEK_pw.
        Self::derive(pre.expose(), export.expose(), label::KEK_PASSWORD, context)
    }
}

impl Kek<ByAccountKey> {
    /// KEK_ak.
    pub fn derive_from_account_key(key: &AccountKey, context: &AccountContext) -> Self {
        // EXPOSE: AK enters KEK_ak.
        Self::derive(label::AK, key.expose(), label::KEK_ACCOUNT, context)
    }
}

impl Kek<ByRecovery> {
    /// KEK_rc.
    pub fn derive_from_recovery_code(code: &RecoveryCode, context: &AccountContext) -> Self {
        // EXPOSE: the recovery code enters KEK_rc.
        Self::derive(label::RECOVERY, code.expose(), label::KEK_RECOVERY, context)
    }
}

/// `rc_seed`: the Ed25519 seed that signs recoveries; the server stores only its public key.
pub fn derive_recovery_seed(code: &RecoveryCode, context: &AccountContext) -> Ed25519Seed {
    let info = pae(&[label::RECOVERY_SIGN, &context.encode()]);
    // EXPOSE: the recovery code enters its signing seed.
    Ed25519Seed::filled_by(|out| hazmat::hkdf(label::RECOVERY, code.expose(), &info, out))
}

/// What the recovery seed signs to prove the code: `PAE("firstkey/v1/recovery-proof", realm_id,
/// account_id, origin, challenge)`.
pub fn recovery_proof_message(context: &AccountContext, origin: &str, challenge: &[u8; 32]) -> Vec<u8> {
    pae(&[label::RECOVERY_PROOF, &context.realm.0, &context.account.0, origin.as_bytes(), challenge])
}
