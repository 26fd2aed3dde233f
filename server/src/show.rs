//! What `show` gives: an account as the server holds it, in a form that a reviewer can check with
//! tools of their own.

use crate::address;
use crate::letters::ShownLetter;
use crate::realm::{Realm, RealmError};
use crate::store::{Bundle, Stored};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::context::{AccountId, OrgId, RealmId};
use firstkey_core::crypto::statement::Statement;
use serde::Serialize;
use std::collections::BTreeMap;

/// An account as it is stored; bytes as base64url without padding, absent values null.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// As UUID text.
    pub account_id: String,
    /// As UUID text.
    pub realm_id: String,
    /// The mailbox that was proven; until then, the address that the organisation names now.
    pub email: Option<String>,
    /// `staged`, `invited`, `waiting`, `complete`, `suspended` or `removed`: see
    /// `docs/LIFECYCLE.md`.
    pub state: String,
    /// 47 bytes.
    pub kdf_block: Option<String>,
    /// 192 bytes.
    pub opaque_record: Option<String>,
    /// Ed25519 public key, 32 bytes.
    pub recovery_public: Option<String>,
    /// The public keys and the signature over them.
    pub identity: Option<ShownIdentity>,
    /// The sealed keys, by type 1 to 4.
    pub envelopes: Option<BTreeMap<u8, String>>,
    /// What the account's key says of all this, where it has said something.
    pub statement: Option<ShownStatement>,
    /// The fingerprint of the key that an earlier, removed account with this address had: this
    /// account's key is another one.
    pub earlier_fingerprint: Option<String>,
    /// The last letters about it, newest first.
    pub letters: Vec<ShownLetter>,
}

/// The public half of an account's keys.
#[derive(Clone, Debug, Serialize)]
pub struct ShownIdentity {
    /// Which keys these are; 1 for the first.
    pub key_gen: u32,
    /// 32 bytes.
    pub ed25519: String,
    /// 32 bytes.
    pub x25519: String,
    /// 64 bytes.
    pub signature: String,
}

/// The bundle statement.
#[derive(Clone, Debug, Serialize)]
pub struct ShownStatement {
    /// Counts the states of the account.
    pub counter: u64,
    /// 33 bytes for each part: its number, and its SHA-256.
    pub digests: String,
    /// 64 bytes.
    pub signature: String,
}

impl From<&Statement> for ShownStatement {
    fn from(statement: &Statement) -> Self {
        Self {
            counter: statement.counter,
            digests: Base64UrlUnpadded::encode_string(&statement.digests.encode()),
            signature: Base64UrlUnpadded::encode_string(&statement.signature),
        }
    }
}

impl Realm {
    /// Everything that is stored on the account of whom an organisation knows by that address,
    /// account id, SCIM id or user name.
    pub async fn show_named(&self, name: &str, org: Option<OrgId>) -> Result<Shown, RealmError> {
        Ok(Shown::new(self.id, self.stored_named(name, org).await?))
    }

    /// Everything that is stored on the account of this address.
    pub async fn show(&self, email: &str) -> Result<Shown, RealmError> {
        let stored = self.store.stored(address::key(email)).await?;
        stored.map(|stored| Shown::new(self.id, stored)).ok_or_else(|| RealmError::NoSuchPerson(email.to_owned()))
    }
}

impl Shown {
    fn new(realm: RealmId, stored: Stored) -> Self {
        let bundle = stored.bundle.as_ref();
        let bytes = |of: fn(&Bundle) -> &[u8]| bundle.map(|bundle| Base64UrlUnpadded::encode_string(of(bundle)));
        Self {
            account_id: AccountId::heard(stored.account_id).to_string(),
            realm_id: realm.to_string(),
            email: stored.email,
            state: stored.state,
            kdf_block: bytes(|bundle| &bundle.kdf_block),
            opaque_record: bytes(|bundle| &bundle.opaque_record),
            recovery_public: bytes(|bundle| &bundle.recovery_public),
            identity: bundle.map(|bundle| ShownIdentity {
                key_gen: bundle.key_gen,
                ed25519: Base64UrlUnpadded::encode_string(&bundle.ed25519),
                x25519: Base64UrlUnpadded::encode_string(&bundle.x25519),
                signature: Base64UrlUnpadded::encode_string(&bundle.signature),
            }),
            envelopes: bundle.map(|bundle| {
                let encoded = bundle.envelopes.iter().map(|envelope| Base64UrlUnpadded::encode_string(envelope));
                (1..).zip(encoded).collect()
            }),
            statement: bundle.and_then(|bundle| bundle.statement.as_ref().map(ShownStatement::from)),
            earlier_fingerprint: stored.earlier_fingerprint,
            letters: stored.letters.into_iter().map(ShownLetter::new).collect(),
        }
    }
}
