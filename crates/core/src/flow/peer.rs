//! What is remembered of a colleague: public keys by which files are sealed for them.
//!
//! Promise: a record holds the person's own signature over these keys, and is read only if that
//! holds; an address leads to one account in a realm. Must never: hold anything secret, or be
//! replaced without the person who uses it.

use super::checkpoint::{Unreadable, bytes, encode, text};
use crate::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use crate::crypto::identity::{Fingerprint, IdentitySignature, PublicIdentity, PublicKeys};
use crate::wire::directory::Words;
use crate::wire::inbound::read_email;
use crate::wire::origin::Origin;
use serde::{Deserialize, Serialize};

/// A colleague, as remembered on this computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The server whose directory showed them.
    pub origin: Origin,
    /// Realm and account.
    pub context: AccountContext,
    /// The address that was asked for, in lower case.
    pub email: String,
    /// The public keys.
    pub identity: PublicIdentity,
    /// Their own signature over these keys.
    pub signature: IdentitySignature,
    /// Whether the words of the fingerprint were typed here, so that a person had them from
    /// somewhere else.
    pub compared: bool,
}

/// Why a colleague's keys are not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerTrouble {
    /// No address has this form.
    NoAddress,
    /// The keys behind the address are others than the remembered ones.
    Changed {
        /// Whose.
        email: String,
        /// What is remembered.
        before: Fingerprint,
        /// What the server shows.
        now: Fingerprint,
        /// Whether another account stands behind the address.
        other_account: bool,
        /// Whether the server says that the account that is remembered was removed.
        removed: bool,
    },
    /// The keys are of an older generation than the remembered ones.
    Older {
        /// Whose.
        email: String,
    },
    /// The server shows the account of somebody else behind this address.
    SomebodyElse {
        /// The address that was asked for.
        email: String,
        /// Under which address this account is remembered.
        known_as: String,
        /// What the server shows.
        now: Fingerprint,
    },
    /// The words that were typed are not those of the keys that the server shows.
    OtherWords {
        /// Whose.
        email: String,
        /// What the server shows.
        now: Fingerprint,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PeerFile {
    version: u32,
    origin: String,
    realm_id: String,
    account_id: String,
    email: String,
    key_gen: u32,
    ed25519: String,
    x25519: String,
    signature: String,
    fingerprint: String,
    compared: bool,
}

const VERSION: u32 = 1;

/// An address as people are remembered by it: what may stand in one, in lower case.
pub fn address(typed: &str) -> Option<String> {
    read_email(typed.trim().to_ascii_lowercase()).ok()
}

impl Peer {
    /// The fingerprint of these keys.
    pub fn fingerprint(&self) -> Fingerprint {
        self.identity.fingerprint(&self.context)
    }

    /// Whether these words are that fingerprint.
    pub fn is_called(&self, words: &Words) -> bool {
        self.fingerprint().to_string() == words.as_str()
    }

    /// The bytes for the disk.
    pub fn encode(&self) -> Vec<u8> {
        encode(&PeerFile {
            version: VERSION,
            origin: self.origin.as_str().to_owned(),
            realm_id: text(&self.context.realm.0),
            account_id: text(&self.context.account.0),
            email: self.email.clone(),
            key_gen: self.identity.key_gen.0,
            ed25519: text(&self.identity.ed25519),
            x25519: text(&self.identity.x25519),
            signature: text(&self.signature.0),
            fingerprint: self.fingerprint().to_string(),
            compared: self.compared,
        })
    }

    /// Reads them back; the signature must hold, and the fingerprint be that of the keys.
    pub fn read(file: &[u8]) -> Result<Self, Unreadable> {
        let file: PeerFile = serde_json::from_slice(file).map_err(|_| Unreadable)?;
        let peer = Self {
            origin: Origin::read(&file.origin).map_err(|_| Unreadable)?,
            context: AccountContext {
                realm: RealmId::heard(bytes(&file.realm_id)?),
                account: AccountId::heard(bytes(&file.account_id)?),
            },
            email: address(&file.email).filter(|email| *email == file.email).ok_or(Unreadable)?,
            identity: PublicIdentity::heard(PublicKeys {
                key_gen: KeyGen(file.key_gen),
                ed25519: bytes(&file.ed25519)?,
                x25519: bytes(&file.x25519)?,
            }),
            signature: IdentitySignature::heard(bytes(&file.signature)?),
            compared: file.compared,
        };
        peer.identity.verify(&peer.signature, &peer.context).map_err(|_| Unreadable)?;
        let whole = file.version == VERSION && peer.fingerprint().to_string() == file.fingerprint;
        if whole { Ok(peer) } else { Err(Unreadable) }
    }
}
