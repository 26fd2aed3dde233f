//! What an account consists of on the server: the settings, four envelopes, the identity, the
//! recovery key. Sent once, read back, compared.
//!
//! Promise: a [`Bundle`] is well formed (lengths, whitelist, one generation, a valid identity
//! signature, and a statement that is signed and fits, where [`Bundle::verify`] was called). Must
//! never: open anything; that is `crypto`'s.

use super::disclose::RecoveryPublic;
use super::fields::Fields;
use super::json::Value;
use super::refusal::Refusal;
use crate::crypto::context::{AccountContext, KeyGen};
use crate::crypto::envelope::{
    AccountKeyByPassword, AccountKeyByRecovery, Ed25519ByAccountKey, Envelope, Kind, X25519ByAccountKey,
};
use crate::crypto::identity::{IdentitySignature, PublicIdentity, PublicKeys};
use crate::crypto::kdf::KdfBlock;
use crate::crypto::statement::{Counted, Digests, Statement};
use base64ct::{Base64UrlUnpadded, Encoding};

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
    /// What the account's own key says of all this; none in an account that no program has signed
    /// for yet, and from a server that keeps none.
    pub statement: Option<Statement>,
}

impl Bundle {
    /// Takes the members of a bundle out of `fields`, but for the statement, which the caller reads
    /// as the message has it; the caller finishes what else is in there.
    pub fn take(fields: &mut Fields) -> Result<Self, Refusal> {
        let kdf_block = KdfBlock::read(&fields.bytes("kdf_block")?).map_err(Refusal::Kdf)?;
        let envelopes = Envelopes::read(fields.object("envelopes")?)?;
        let identity = read_identity(fields.object("identity")?)?;
        let signature = IdentitySignature::heard(fields.bytes("signature")?);
        let recovery_public = RecoveryPublic::heard(fields.bytes("recovery_public")?);
        Ok(Self { kdf_block, envelopes, identity, signature, recovery_public, statement: None })
    }

    /// The digests that a statement lists of it.
    pub fn digests(&self, context: &AccountContext) -> Digests {
        let envelopes = &self.envelopes;
        let bytes = [
            envelopes.by_password.as_bytes(),
            envelopes.by_recovery.as_bytes(),
            envelopes.x25519.as_bytes(),
            envelopes.ed25519.as_bytes(),
        ];
        Digests::of(context, &self.identity, &self.signature, bytes, &self.recovery_public.0)
    }

    /// Whether the parts fit each other and the account: one generation, one block, a valid
    /// identity; and, where there is a statement, that the account's key signed it for these parts.
    pub fn verify(&self, context: &AccountContext) -> Result<(), Refusal> {
        let fits = self.envelopes.by_password.kdf_block() == self.kdf_block
            && self.envelopes.generations().iter().all(|key_gen| *key_gen == self.identity.key_gen);
        if !fits {
            return Err(Refusal::Keys);
        }
        self.identity.verify(&self.signature, context).map_err(|_| Refusal::Keys)?;
        let Some(statement) = &self.statement else { return Ok(()) };
        let holds = statement.is_signed_by(&self.identity, context)
            && statement.digests.missing(&self.digests(context)).is_none();
        if holds { Ok(()) } else { Err(Refusal::Statement) }
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
            ("statement", self.statement == returned.statement),
        ]
        .into_iter()
        .find_map(|(name, same)| (!same).then_some(name))
    }
}

/// Reads `{"key_gen", "ed25519", "x25519"}`.
pub fn read_identity(mut fields: Fields) -> Result<PublicIdentity, Refusal> {
    let key_gen = u32::try_from(fields.whole("key_gen")?).map_err(|_| Refusal::Malformed("key_gen"))?;
    let identity = PublicIdentity::heard(PublicKeys {
        key_gen: KeyGen(key_gen),
        ed25519: fields.bytes("ed25519")?,
        x25519: fields.bytes("x25519")?,
    });
    fields.finish()?;
    Ok(identity)
}

/// Reads `{"counter", "digests", "signature"}`; whether it holds is for [`Bundle::verify`].
pub fn read_statement(value: Value) -> Result<Statement, Refusal> {
    let mut fields = Fields::open("statement", value)?;
    let counter = fields.whole("counter")?;
    let digests = Base64UrlUnpadded::decode_vec(&fields.text("digests")?).ok().and_then(|bytes| Digests::read(&bytes));
    let statement = Statement::heard(Counted {
        counter,
        digests: digests.ok_or(Refusal::Malformed("digests"))?,
        signature: fields.bytes("signature")?,
    });
    fields.finish()?;
    if counter == 0 { Err(Refusal::Malformed("counter")) } else { Ok(statement) }
}
