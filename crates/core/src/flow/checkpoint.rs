//! What a run leaves on the disk: the checkpoint of an upload whose fate is open, and the pin of an
//! account that was completed.
//!
//! Promise: both hold only bytes that were about to be sent anyway and public facts. Must never:
//! hold a key, a password, a code or the invite's token.

use crate::crypto::context::{AccountContext, AccountId, InviteId, KeyGen, RealmId};
use crate::crypto::identity::{Fingerprint, PublicIdentity, PublicKeys};
use crate::crypto::opaque::ServerKey;
use crate::crypto::statement::Digests;
use crate::flow::held::Held;
use crate::wire::completion::Completion;
use crate::wire::inbound::ProblemName;
use crate::wire::origin::Origin;
use crate::wire::outbound::{Outbound, RequestSignature};
use crate::wire::text::{Printable, is_one_line};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};

/// A saved file cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the saved file is cut off, altered, or of another version")]
pub struct Unreadable;

/// The exact signed upload, and what is needed to finish after it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The invite it belongs to.
    pub invite: InviteId,
    /// Realm and account.
    pub context: AccountContext,
    /// The person's address.
    pub email: String,
    /// The inviting organisation, as it called itself.
    pub organisation: String,
    /// The server's OPAQUE key as it was at registration.
    pub server_key: ServerKey,
    /// The request; resuming sends these bytes again.
    pub request: Outbound,
    /// What the server said last, if it did not take it. It may be sent again all the same.
    pub refused: Option<NotTaken>,
}

/// Why a server did not take a saved upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// The invite was claimed again after it was signed.
    ClaimStale,
    /// The invite expired.
    Expired,
    /// The invite was used: another upload was stored with it.
    Used,
    /// The invite was withdrawn.
    Withdrawn,
    /// The organisation removed the person.
    Removed,
}

impl NotTaken {
    const ALL: [Self; 5] = [Self::ClaimStale, Self::Expired, Self::Used, Self::Withdrawn, Self::Removed];

    /// The name of the problem, as the protocol and exit codes have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClaimStale => "claim-stale",
            Self::Expired => "invite-expired",
            Self::Used => "invite-used",
            Self::Withdrawn => "invite-withdrawn",
            Self::Removed => "removed",
        }
    }

    /// For a problem that says that this very upload was not stored.
    pub fn of(problem: &ProblemName) -> Option<Self> {
        match problem {
            ProblemName::ClaimStale => Some(Self::ClaimStale),
            ProblemName::InviteExpired => Some(Self::Expired),
            ProblemName::InviteUsed => Some(Self::Used),
            ProblemName::InviteWithdrawn => Some(Self::Withdrawn),
            ProblemName::Removed => Some(Self::Removed),
            _ => None,
        }
    }
}

/// What is remembered of a completed account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The server.
    pub origin: Origin,
    /// The invite that was accepted on this computer, if it was.
    pub invite: Option<InviteId>,
    /// Realm and account.
    pub context: AccountContext,
    /// The person's address.
    pub email: String,
    /// The public keys.
    pub identity: PublicIdentity,
    /// The server's OPAQUE key.
    pub server_key: ServerKey,
    /// What was accepted from this computer, oldest first.
    pub memberships: Vec<Membership>,
    /// Whether a secret key stands beside the password.
    pub two_secret: bool,
    /// Its locks as they were when it was last opened here; none in a pin of a program that did not
    /// remember them.
    pub held: Option<Held>,
}

/// An organisation that an account was brought into from this computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// What it called itself.
    pub organisation: Printable,
    /// The invite.
    pub invite: InviteId,
}

impl Pin {
    /// Whether this invite was accepted from this computer.
    pub fn accepted(&self, invite: InviteId) -> bool {
        self.invite == Some(invite) || self.memberships.iter().any(|joined| joined.invite == invite)
    }

    /// The fingerprint of the pinned keys.
    pub fn fingerprint(&self) -> Fingerprint {
        self.identity.fingerprint(&self.context)
    }
}

impl Checkpoint {
    /// The keys of the upload.
    fn identity(&self) -> Option<PublicIdentity> {
        // What was read from a file, or is about to be saved, is whole.
        Completion::read(self.request.body()).ok().map(|completion| completion.bundle.identity)
    }

    /// The generation of its keys.
    pub fn key_gen(&self) -> KeyGen {
        self.identity().map_or(KeyGen::FIRST, |identity| identity.key_gen)
    }

    /// Whether its account was read back on this computer with other keys, of the same generation
    /// or a later one. Whoever finished it now would have a server put keys back that were
    /// replaced.
    pub fn is_outdated(&self, pins: &[Pin]) -> bool {
        let pinned = pins.iter().find(|pin| pin.context == self.context).map(|pin| pin.identity);
        pinned.is_some_and(|pinned| {
            self.identity().is_none_or(|saved| saved != pinned && saved.key_gen <= pinned.key_gen)
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointFile {
    version: u32,
    origin: String,
    invite_id: String,
    realm_id: String,
    account_id: String,
    email: String,
    organisation: String,
    server_key: String,
    body: String,
    signature: String,
    // Left out where there is none, so that files of before read, and are written as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PinFile {
    version: u32,
    origin: String,
    invite_id: Option<String>,
    realm_id: String,
    account_id: String,
    email: String,
    server_key: String,
    key_gen: u32,
    ed25519: String,
    x25519: String,
    fingerprint: String,
    memberships: Vec<MembershipFile>,
    // Left out where it is false, so that files of before read, and are written as before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    two_secret: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<HeldFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeldFile {
    counter: Option<u64>,
    digests: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MembershipFile {
    organisation: String,
    invite_id: String,
}

const VERSION: u32 = 1;

pub(super) fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

pub(super) fn bytes<const N: usize>(text: &str) -> Result<[u8; N], Unreadable> {
    let mut out = [0; N];
    let decoded = Base64UrlUnpadded::decode(text, &mut out).map_err(|_| Unreadable)?;
    if decoded.len() == N { Ok(out) } else { Err(Unreadable) }
}

pub(super) fn encode(file: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec_pretty(file).expect("invariant: plain structs of text and numbers always serialise")
}

fn read_held(file: HeldFile) -> Result<Held, Unreadable> {
    let digests = Base64UrlUnpadded::decode_vec(&file.digests).map_err(|_| Unreadable)?;
    let counts = file.counter != Some(0);
    let digests = Digests::read(&digests).filter(|_| counts).ok_or(Unreadable)?;
    Ok(Held { counter: file.counter, digests })
}

impl Checkpoint {
    /// The bytes for the disk.
    pub fn encode(&self) -> Vec<u8> {
        let signature = self.request.signature().map_or([0; 64], |signed| *signed.bytes());
        encode(&CheckpointFile {
            version: VERSION,
            origin: self.request.origin().as_str().to_owned(),
            invite_id: text(&self.invite.0),
            realm_id: text(&self.context.realm.0),
            account_id: text(&self.context.account.0),
            email: self.email.clone(),
            organisation: self.organisation.clone(),
            server_key: text(&self.server_key),
            body: text(self.request.body()),
            signature: text(&signature),
            refused: self.refused.map(|why| why.name().to_owned()),
        })
    }

    /// Reads them back; the upload inside must be whole and belong to the account.
    pub fn read(file: &[u8]) -> Result<Self, Unreadable> {
        let file: CheckpointFile = serde_json::from_slice(file).map_err(|_| Unreadable)?;
        if file.version != VERSION {
            return Err(Unreadable);
        }
        if !is_one_line(&file.email) {
            return Err(Unreadable);
        }
        let invite = InviteId::heard(bytes(&file.invite_id)?);
        let context = AccountContext {
            realm: RealmId::heard(bytes(&file.realm_id)?),
            account: AccountId::heard(bytes(&file.account_id)?),
        };
        let origin = Origin::read(&file.origin).map_err(|_| Unreadable)?;
        let body = Base64UrlUnpadded::decode_vec(&file.body).map_err(|_| Unreadable)?;
        let completion = Completion::read(&body).map_err(|_| Unreadable)?;
        completion.bundle.verify(&context).map_err(|_| Unreadable)?;
        // The request is built anew through the door; if that does not give the saved bytes, they
        // are not ours.
        let rebuilt = completion.request(&origin);
        if rebuilt.body() != body {
            return Err(Unreadable);
        }
        let signature = RequestSignature::heard(invite, bytes(&file.signature)?);
        let request = rebuilt.with_signature(signature);
        let not_taken = |name: String| NotTaken::ALL.into_iter().find(|why| why.name() == name).ok_or(Unreadable);
        Ok(Self {
            invite,
            context,
            email: file.email,
            organisation: file.organisation,
            server_key: bytes(&file.server_key)?,
            request,
            refused: file.refused.map(not_taken).transpose()?,
        })
    }
}

impl Pin {
    /// The bytes for the disk.
    pub fn encode(&self) -> Vec<u8> {
        encode(&PinFile {
            version: VERSION,
            origin: self.origin.as_str().to_owned(),
            invite_id: self.invite.map(|invite| text(&invite.0)),
            realm_id: text(&self.context.realm.0),
            account_id: text(&self.context.account.0),
            email: self.email.clone(),
            server_key: text(&self.server_key),
            key_gen: self.identity.key_gen.0,
            ed25519: text(&self.identity.ed25519),
            x25519: text(&self.identity.x25519),
            fingerprint: self.fingerprint().to_string(),
            memberships: self
                .memberships
                .iter()
                .map(|joined| MembershipFile {
                    organisation: joined.organisation.as_str().to_owned(),
                    invite_id: text(&joined.invite.0),
                })
                .collect(),
            two_secret: self.two_secret,
            held: self
                .held
                .as_ref()
                .map(|held| HeldFile { counter: held.counter, digests: text(&held.digests.encode()) }),
        })
    }

    /// Reads them back; the fingerprint must be that of the keys, and the address one line that
    /// moves no cursor.
    pub fn read(file: &[u8]) -> Result<Self, Unreadable> {
        let file: PinFile = serde_json::from_slice(file).map_err(|_| Unreadable)?;
        let pin = Self {
            origin: Origin::read(&file.origin).map_err(|_| Unreadable)?,
            invite: file.invite_id.as_deref().map(|text| bytes(text).map(InviteId::heard)).transpose()?,
            context: AccountContext {
                realm: RealmId::heard(bytes(&file.realm_id)?),
                account: AccountId::heard(bytes(&file.account_id)?),
            },
            email: file.email,
            identity: PublicIdentity::heard(PublicKeys {
                key_gen: KeyGen(file.key_gen),
                ed25519: bytes(&file.ed25519)?,
                x25519: bytes(&file.x25519)?,
            }),
            server_key: bytes(&file.server_key)?,
            memberships: file
                .memberships
                .iter()
                .map(|joined| {
                    let organisation = Printable::from_untrusted(&joined.organisation);
                    Ok(Membership { organisation, invite: InviteId::heard(bytes(&joined.invite_id)?) })
                })
                .collect::<Result<_, Unreadable>>()?,
            two_secret: file.two_secret,
            held: file.held.map(read_held).transpose()?,
        };
        let whole =
            file.version == VERSION && is_one_line(&pin.email) && pin.fingerprint().to_string() == file.fingerprint;
        if whole { Ok(pin) } else { Err(Unreadable) }
    }
}
