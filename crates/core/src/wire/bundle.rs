//! What an account consists of on the server: the settings, four envelopes, the identity, the
//! recovery key. Sent once, read back, compared.
//!
//! Promise: a [`Bundle`] is well formed (lengths, whitelist, one generation, a valid identity
//! signature where [`Bundle::verify`] was called). Must never: open anything; that is `crypto`'s.

use super::disclose::RecoveryPublic;
use super::fields::Fields;
use super::refusal::Refusal;
use crate::crypto::context::{AccountContext, KeyGen};
use crate::crypto::envelope::{
    AccountKeyByPassword, AccountKeyByRecovery, Ed25519ByAccountKey, Envelope, Kind, X25519ByAccountKey,
};
use crate::crypto::identity::{IdentitySignature, PublicIdentity};
use crate::crypto::kdf::KdfBlock;

/// The four envelopes of an account.
pub struct Envelopes {
    /// Type 1.
    pub by_password: Envelope<AccountKeyByPassword>,
    /// Type 2.
    pub by_recovery: Envelope<AccountKeyByRecovery>,
    /// Type 3.
    pub x25519: Envelope<X25519ByAccountKey>,
    /// Type 4.
    pub ed25519: Envelope<Ed25519ByAccountKey>,
}

impl Envelopes {
    /// Reads `{"1": .., "2": .., "3": .., "4": ..}`.
    pub fn read(mut fields: Fields) -> Result<Self, Refusal> {
        fn one<K: Kind>(fields: &mut Fields, name: &'static str) -> Result<Envelope<K>, Refusal> {
            use base64ct::{Base64UrlUnpadded, Encoding};
            let text = fields.text(name)?;
            let bytes = Base64UrlUnpadded::decode_vec(&text).map_err(|_| Refusal::Keys)?;
            Envelope::read(&bytes).map_err(|_| Refusal::Keys)
        }
        let envelopes = Self {
            by_password: one(&mut fields, "1")?,
            by_recovery: one(&mut fields, "2")?,
            x25519: one(&mut fields, "3")?,
            ed25519: one(&mut fields, "4")?,
        };
        fields.finish()?;
        Ok(envelopes)
    }

    fn generations(&self) -> [KeyGen; 4] {
        [self.by_password.key_gen(), self.by_recovery.key_gen(), self.x25519.key_gen(), self.ed25519.key_gen()]
    }
}

/// Everything the server holds for a person's keys, except the OPAQUE record, which never comes
/// back.
pub struct Bundle {
    /// Salt and settings.
    pub kdf_block: KdfBlock,
    /// The sealed keys.
    pub envelopes: Envelopes,
    /// The public keys.
    pub identity: PublicIdentity,
    /// Their signature.
    pub signature: IdentitySignature,
    /// The public key of the recovery code.
    pub recovery_public: RecoveryPublic,
}

impl Bundle {
    /// Takes the members of a bundle out of `fields`; the caller finishes what else is in there.
    pub fn take(fields: &mut Fields) -> Result<Self, Refusal> {
        let kdf_block = KdfBlock::read(&fields.bytes("kdf_block")?).map_err(Refusal::Kdf)?;
        let envelopes = Envelopes::read(fields.object("envelopes")?)?;
        let identity = read_identity(fields.object("identity")?)?;
        let signature = IdentitySignature(fields.bytes("signature")?);
        let recovery_public = RecoveryPublic(fields.bytes("recovery_public")?);
        Ok(Self { kdf_block, envelopes, identity, signature, recovery_public })
    }

    /// Whether the parts fit each other and the account: one generation, one block, a valid
    /// identity.
    pub fn verify(&self, context: &AccountContext) -> Result<(), Refusal> {
        let fits = self.envelopes.by_password.kdf_block() == self.kdf_block
            && self.envelopes.generations().iter().all(|key_gen| *key_gen == self.identity.key_gen);
        if !fits {
            return Err(Refusal::Keys);
        }
        self.identity.verify(&self.signature, context).map_err(|_| Refusal::Keys)
    }

    /// The first member in which `returned` differs from what was sent.
    pub fn difference(&self, returned: &Self) -> Option<&'static str> {
        let (sent, got) = (&self.envelopes, &returned.envelopes);
        [
            ("kdf_block", self.kdf_block == returned.kdf_block),
            ("envelope 1", sent.by_password.as_bytes() == got.by_password.as_bytes()),
            ("envelope 2", sent.by_recovery.as_bytes() == got.by_recovery.as_bytes()),
            ("envelope 3", sent.x25519.as_bytes() == got.x25519.as_bytes()),
            ("envelope 4", sent.ed25519.as_bytes() == got.ed25519.as_bytes()),
            ("identity", self.identity == returned.identity),
            ("signature", self.signature == returned.signature),
            ("recovery_public", self.recovery_public == returned.recovery_public),
        ]
        .into_iter()
        .find_map(|(name, same)| (!same).then_some(name))
    }
}

/// Reads `{"key_gen", "ed25519", "x25519"}`.
pub fn read_identity(mut fields: Fields) -> Result<PublicIdentity, Refusal> {
    let key_gen = u32::try_from(fields.whole("key_gen")?).map_err(|_| Refusal::Malformed("key_gen"))?;
    let identity =
        PublicIdentity { key_gen: KeyGen(key_gen), ed25519: fields.bytes("ed25519")?, x25519: fields.bytes("x25519")? };
    fields.finish()?;
    Ok(identity)
}
