//! What `firstkey-server show EMAIL --json` prints: an account as the server holds it, read from a
//! file.
//!
//! Promise: the parts of the account are read as strictly as those that come by the network.
//! Members beside them are passed over, since a newer server may print more. Must never: judge
//! whether the parts fit each other, or open anything.

use super::bundle::{Bundle, Envelopes, read_identity, read_statement};
use super::disclose::RecoveryPublic;
use super::fields::Fields;
use super::json::{self, Value};
use super::refusal::Refusal;
use super::text::Printable;
use crate::crypto::context::{AccountContext, AccountId, RealmId};
use crate::crypto::identity::IdentitySignature;
use crate::crypto::kdf::KdfBlock;
use uuid::Uuid;

/// An account as it is shown.
pub struct Shown {
    /// Realm and account.
    pub context: AccountContext,
    /// The person's address, as the file has it.
    pub email: Option<Printable>,
    /// What the server calls its state.
    pub state: Printable,
    /// Its keys; nothing where it was never completed.
    pub bundle: Option<Bundle>,
}

impl Shown {
    /// Reads it.
    pub fn read(file: &[u8]) -> Result<Self, Refusal> {
        let value = json::read(file).map_err(|_| Refusal::NotJson)?;
        let mut fields = Fields::open("account", value)?;
        let context = AccountContext {
            realm: RealmId::heard(id(&mut fields, "realm_id")?),
            account: AccountId::heard(id(&mut fields, "account_id")?),
        };
        let email = fields.text_or_null("email")?.map(|email| Printable::from_untrusted(&email));
        let state = Printable::from_untrusted(&fields.text("state")?);
        let bundle = bundle(&mut fields)?;
        Ok(Self { context, email, state, bundle })
    }
}

/// As UUID text.
fn id(fields: &mut Fields, name: &'static str) -> Result<[u8; 16], Refusal> {
    let text = fields.text(name)?;
    Uuid::try_parse(&text).map(Uuid::into_bytes).map_err(|_| Refusal::Malformed(name))
}

/// The parts, if there is any of them; a server of before shows no statement.
fn bundle(fields: &mut Fields) -> Result<Option<Bundle>, Refusal> {
    let identity = fields.take("identity")?;
    if identity == Value::Null {
        return Ok(None);
    }
    let mut identity = Fields::open("identity", identity)?;
    let signature = IdentitySignature::heard(identity.bytes("signature")?);
    Ok(Some(Bundle {
        kdf_block: KdfBlock::read(&fields.bytes("kdf_block")?).map_err(Refusal::Kdf)?,
        envelopes: Envelopes::read(fields.object("envelopes")?)?,
        identity: read_identity(identity)?,
        signature,
        recovery_public: RecoveryPublic::heard(fields.bytes("recovery_public")?),
        statement: fields
            .take_optional("statement")
            .filter(|value| *value != Value::Null)
            .map(read_statement)
            .transpose()?,
    }))
}
